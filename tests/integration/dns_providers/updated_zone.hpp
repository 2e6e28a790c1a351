// UpdatedZone: a zone at a server that takes dynamic updates, for the conformance suite: asked directly,
// changed by BIND's nsupdate, and for the plugin behind a relay.
//
// Threads: as PeerZone says.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "paynamed/testing/dns_conformance.hpp"
#include "tests/fakes/dns/dns_relay.hpp"
#include "tests/fakes/dns/zone_reader.hpp"

namespace paynamed::dns_providers {

class UpdatedZone : public testing::PeerZone {
 public:
  // The server listens at 127.0.0.1; the key is for HMAC-SHA256, its secret in base64.
  UpdatedZone(std::string apex, std::uint16_t port, std::string key_name, std::string key_secret);
  ~UpdatedZone() override;

  // The table of an rfc2136 instance for this zone, behind the relay or (as a second daemon has it) not; with
  // the right secret or a wrong one.
  boost::json::object behind_relay() const { return table(kRelayAddress, "secret"); }
  boost::json::object direct() const { return table("127.0.0.1", "secret"); }
  boost::json::object with_wrong_secret() const { return table("127.0.0.1", "wrong"); }
  std::vector<std::string> secrets() const;

  std::string apex() const override { return apex_; }
  std::vector<testing::PeerTxt> txt(const std::string& name) override;
  void add_txt(const std::string& name, const std::string& value) override;
  void add_cname(const std::string& name, const std::string& target) override;
  void clear(const std::string& name) override;
  std::optional<std::uint64_t> version() override { return reader_.serial(apex_); }
  void lose_next_write_reply() override { relay_.lose_next_update_reply(); }
  void add_txt_after_next_write(const std::string& name, const std::string& value) override {
    relay_.after_next_update([this, name, value] { add_txt(name, value); });
  }
  void delay_writes(std::chrono::milliseconds time) override { relay_.delay_updates(time); }

 protected:
  // A CNAME is put there or taken away; by an update, unless the server does not let the key do that.
  virtual void set_cname(const std::string& name, const std::string& target);
  virtual void unset_cname(const std::string& name);

 private:
  // With a port of its own at the server's.
  static constexpr char kRelayAddress[] = "127.88.0.1";
  boost::json::object table(const std::string& server, const std::string& secret_file) const;
  // Lines of nsupdate, in one update. Throws std::runtime_error with what it said.
  void update(const std::string& lines) const;

  std::string apex_;
  std::uint16_t port_;
  std::string key_name_;
  std::string key_secret_;
  std::filesystem::path directory_;
  fakes::DnsRelay relay_;
  fakes::ZoneReader reader_;
  std::set<std::string> cnames_;
};

}  // namespace paynamed::dns_providers
