// LiveZone: the zone of a live test behind the plugin's back, asked of tests/live/peer.py.
//
// Threads: as PeerZone says.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "paynamed/testing/dns_conformance.hpp"

namespace paynamed::live {

class LiveZone final : public testing::PeerZone {
 public:
  // Of the server that scripts/live-test started, and the key for it. `apex` and `suffix` with their dots.
  LiveZone(std::string apex, std::string suffix, std::uint16_t peer_port, std::string peer_key);

  std::string apex() const override { return apex_; }
  std::string suffix() const override { return suffix_; }
  std::vector<testing::PeerTxt> txt(const std::string& name) override;
  void add_txt(const std::string& name, const std::string& value) override;
  void add_cname(const std::string& name, const std::string& target) override;
  void clear(const std::string& name) override;
  std::optional<std::uint64_t> version() override;

 private:
  // Throws std::runtime_error with what the provider said.
  boost::json::value ask(const std::string& what, const boost::json::object& given) const;

  const std::string apex_;
  const std::string suffix_;
  const std::uint16_t port_;
  const std::string key_;
};

}  // namespace paynamed::live
