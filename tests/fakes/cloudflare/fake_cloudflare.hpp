// FakeCloudflare: fake_cloudflare.py as a child process, and its controls. It ends with its object.
//
// Threads: every function may be called from any thread.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/fakes/daemon/child.hpp"

namespace paynamed::fakes {

class FakeCloudflare {
 public:
  static constexpr const char* kToken = "token-of-everything";
  static constexpr const char* kZone = "example.test";

  // With the zone and the token above, and `more` of the program's options. Throws std::runtime_error when it
  // does not begin to listen.
  explicit FakeCloudflare(std::vector<std::string> more = {});

  std::uint16_t port() const { return port_; }
  // For the plugin's `endpoint`.
  std::string endpoint() const;

  // What control.py knows. Each throws std::runtime_error when the fake says no.
  boost::json::value get(const std::string& what) const;
  boost::json::value post(const std::string& what, const boost::json::value& body) const;

  // One of the counters: "requests", "list", "batch", "post", "patch", "delete", ...
  std::int64_t count(const std::string& counter) const;
  void reset_counters() const { post("counters", boost::json::object()); }
  // A fault as limits.py has it.
  void order(boost::json::object fault) const;
  // A record that somebody else makes. `name` without its last dot; `comment` may be empty.
  void plant(const std::string& name, const std::string& type, const std::string& content,
             const std::string& comment = {}) const;
  // The contents of the TXT records at a name, as the API has them.
  std::vector<std::string> txt(const std::string& name) const;
  // The same after each change that there was.
  std::vector<std::vector<std::string>> history(const std::string& name) const;

 private:
  Child child_;
  std::uint16_t port_ = 0;
};

}  // namespace paynamed::fakes
