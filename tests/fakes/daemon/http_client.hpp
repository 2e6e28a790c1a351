// HttpClient: what a caller of the API says, one request a connection. Knows as little of HTTP as it can, and
// nothing of the daemon's code.
//
// Threads: every function may be called from any thread.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace paynamed::fakes {

struct HttpReply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  // Throws std::runtime_error with the body when it is no JSON.
  boost::json::value json() const;
  // Empty when there is none.
  std::string header(const std::string& name) const;
};

class HttpClient {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  // `key` is an API key; without one none is sent.
  explicit HttpClient(std::uint16_t port, std::string key = {}, std::string address = "127.0.0.1");

  // Throws std::runtime_error when nothing answers, or not whole, within `most`.
  HttpReply send(const std::string& method, const std::string& target, const std::string& body = {},
                 const Headers& headers = {}, std::chrono::seconds most = std::chrono::seconds{70}) const;

 private:
  std::uint16_t port_;
  std::string key_;
  std::string address_;
};

}  // namespace paynamed::fakes
