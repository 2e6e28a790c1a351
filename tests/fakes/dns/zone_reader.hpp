// What one server has of a zone, asked by TCP with libldns; no cache, no other server.
//
// Threads: every function may be called from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace paynamed::fakes {

struct ServedTxt {
  std::string value;  // joined
  std::uint32_t ttl_seconds = 0;
};

class ZoneReader {
 public:
  ZoneReader(std::string address, std::uint16_t port) : address_(std::move(address)), port_(port) {}

  // The TXT records at `name` itself, not those that a CNAME leads to. Throw std::runtime_error when the
  // server does not answer.
  std::vector<ServedTxt> txt(const std::string& name) const;
  std::uint32_t serial(const std::string& zone) const;

 private:
  std::string address_;
  std::uint16_t port_;
};

}  // namespace paynamed::fakes
