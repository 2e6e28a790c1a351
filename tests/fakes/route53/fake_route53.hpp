// FakeRoute53: the fake (fake_route53.py) as a child of the test, with one public hosted zone.
//
// Threads: every function may be called from any thread.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/fakes/daemon/child.hpp"

namespace paynamed::fakes {

struct FakeRecordSet {
  std::string name;
  std::string type;
  std::uint32_t ttl_seconds = 0;
  std::vector<std::string> values;  // as Route 53 writes them
};

class FakeRoute53 {
 public:
  static constexpr char kZone[] = "example.test.";
  static constexpr char kAccessKeyId[] = "AKIDEXAMPLE";
  static constexpr char kSecretAccessKey[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

  // Throws std::runtime_error when it does not start.
  FakeRoute53();

  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  const std::string& zone_id() const { return zone_id_; }

  // One of the fake's controls (CONTROL in fake_route53.py). Throws std::runtime_error when it refuses.
  boost::json::value control(const std::string& word, const boost::json::object& given = {}) const;
  void settings(const boost::json::object& given) const { control("settings", given); }
  void fault(const boost::json::object& given) const { control("fault", given); }
  // What stands in the zone at `name`, or in all of it.
  std::vector<FakeRecordSet> record_sets(const std::string& name = {}) const;
  // How many requests of an action have come; refusals by their code.
  std::int64_t requests(const std::string& action) const;
  std::int64_t refusals(const std::string& code) const;
  // By hand; replaces the set.
  void plant(const FakeRecordSet& set) const;
  void remove(const std::string& name, const std::string& type) const;

 private:
  std::int64_t counter(const char* kind, const std::string& name) const;

  Child child_;
  std::uint16_t port_ = 0;
  std::string zone_id_;
};

}  // namespace paynamed::fakes
