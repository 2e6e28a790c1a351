// Api: the requests that this plugin sends to the HTTP API of one server.
//
// Threads: for the plugin's own threads, several at once; each function waits.
#pragma once

#include <chrono>
#include <optional>
#include <paynamed/http.hpp>
#include <paynamed/secret.hpp>
#include <string>
#include <vector>

#include "rrsets.hpp"
#include "server_url.hpp"

namespace paynamed::powerdns {

// How the server is reached and who we are there.
struct Access {
  ServerUrl url;
  std::string server_id;
  Secret api_key;
  std::optional<Secret> authorities;  // PEM, in place of the system's
  std::chrono::milliseconds timeout;  // of one request, within the call's deadline
};

class Api {
 public:
  Api(const Host& host, Access access) : http_(host), access_(std::move(access)) {}

  // All throw Error. Of a question UNAVAILABLE stands for every failure that may pass: nothing was changed.
  std::vector<RRset> name(const std::string& zone, const std::string& name, const Call& call) const;
  std::vector<RRset> whole_zone(const std::string& zone, const Call& call) const;
  bool is_signed(const std::string& zone, const Call& call) const;
  std::vector<Key> keys(const std::string& zone, const Call& call) const;

  // Changes RRsets by a body of rrsets.hpp. UNAVAILABLE means that nothing was sent.
  void change(const std::string& zone, const std::string& body, const Call& call) const;

  const std::string& server() const { return access_.url.text(); }
  std::chrono::milliseconds timeout() const { return access_.timeout; }

 private:
  std::string ask(const std::string& url, const std::string& zone, const Call& call) const;
  HttpReply send(HttpRequest request, const Call& call) const;

  Http http_;
  Access access_;
};

}  // namespace paynamed::powerdns
