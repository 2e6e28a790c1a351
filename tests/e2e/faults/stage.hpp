// Stage: a real knotd with the zone fault.test., the true daemon beside it, and what breaks and mends the
// zone.
//
// Threads: one thread at a time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/daemon/scene.hpp"
#include "tests/fakes/dns/bind_server.hpp"
#include "tests/fakes/dns/dns_relay.hpp"

namespace paynamed::e2e {

inline const std::string kZone = "fault.test.";
inline const std::string kAlice = "alice@fault.test";
// Where the lab's knotd does not listen.
inline const std::string kSecondAddress = "127.0.0.3";

// How fault.test. is before anything goes wrong.
struct Setting {
  std::string policy = "lab";                     // as in KnotLab::add_zone
  std::vector<std::string> servers{"127.0.0.1"};  // addresses of ns1.fault.test., ns2 and so on
  std::string description = "Pay ${name}";        // of offers
  std::string dns{};                              // TOML into [dns]; PORT is the port of the lab
};

inline const std::string kWildcard = "*.user._bitcoin-payment.fault.test.";

// A change for Stage::edit() that adds a TXT record, its value split as a zone file needs it.
std::string txt(const std::string& owner, const std::string& value);

class Stage {
 public:
  explicit Stage(const Setting& setting);

  fakes::KnotLab& lab() { return lab_; }
  Scene& scene() { return *scene_; }
  std::string place(const std::string& address) const;  // "127.0.0.3:12345", with the lab's port
  std::string at_place(const std::string& toml) const;  // with "PORT" replaced by the lab's port

  // BIND behind the second address: `zones` from now on.
  void bind_serves(const std::vector<fakes::BindZone>& zones);
  fakes::BindServer& bind() { return *bind_; }
  // The lab's knotd at another address, by UDP and TCP.
  fakes::DnsRelay& relay_at(const std::string& address);

  // The DS records of fault.test. at its parent: none, or these.
  void delegate_signed_by(const std::vector<std::string>& signers);
  void edit(const std::vector<std::string>& changes) { lab_.edit(kZone, changes); }

  // The record of a live name gives way to a wildcard with the same value.
  void replace_by_wildcard(const std::string& name);

  // Of a name; empty when there is no such name.
  std::string state_of(const std::string& name) const;
  // The TXT value that the daemon published.
  std::string value_of(const std::string& name) const;
  // A name that is registered and live; a failure of the test when it does not come to that.
  void make_live(const std::string& name);
  // Waits for it; false and a failure of the test when it does not come.
  bool comes_to(const std::string& name, const std::string& state);
  // Waits until that many more looks of the monitor had the result: "fine", "wrong" or "unknown".
  bool sees_looks(const std::string& result, int more);
  // `data` of the only event of the type about the name.
  boost::json::object only_event(const std::string& name, const std::string& type) const;

 private:
  double looks(const std::string& result) const;

  fakes::KnotLab lab_;
  bool is_delegated_signed_;
  std::unique_ptr<fakes::BindServer> bind_;
  std::map<std::string, std::unique_ptr<fakes::DnsRelay>> relays_;
  std::unique_ptr<Scene> scene_;
};

}  // namespace paynamed::e2e
