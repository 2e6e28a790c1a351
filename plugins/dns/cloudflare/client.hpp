// Client: one request to Cloudflare's API with the token, through the daemon's HTTP client and the token's
// budget.
//
// Threads: on the strand.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <optional>
#include <paynamed/host.hpp>
#include <paynamed/http.hpp>
#include <string>

#include "answer.hpp"
#include "settings.hpp"

namespace paynamed::cloudflare {

struct Request {
  std::string method = "GET";
  std::string path{};  // behind the endpoint, with its query
  std::optional<boost::json::object> body{};
  bool background = false;

  bool changes() const { return method != "GET"; }
};

class Client {
 public:
  // `settings` outlives the client.
  Client(Host host, const Settings& settings) : host_(host), http_(std::move(host)), settings_(settings) {}

  // Cloudflare's answer, success or refusal. Fails as follows; what was sent may have been done unless it
  // says otherwise:
  //   RESOURCE_EXHAUSTED  no room in the budget, or Cloudflare blocks us (429); nothing was done
  //   UNAVAILABLE         nothing was sent; or, when the request changes nothing, no good answer came
  //   OUT_OF_RANGE        the answer is too large; only when the request changes nothing
  //   UNKNOWN             a change was sent, and no good answer came
  // `then` is never called from within.
  void send(Request request, std::function<void(Result<Answer>)> then);

  // Tells apart what was sent with another token; empty before the first request.
  const std::string& token_fingerprint() const { return fingerprint_; }

 private:
  void send_with(const SecretValue& token, const Request& request, std::function<void(Result<Answer>)> then);
  Result<Answer> judged(const Request& request, Result<HttpReply> reply) const;
  Error blocked(const HttpReply& reply) const;
  std::string budget_key() const { return "token/" + fingerprint_; }

  Host host_;
  Http http_;
  const Settings& settings_;
  std::string fingerprint_;
};

}  // namespace paynamed::cloudflare
