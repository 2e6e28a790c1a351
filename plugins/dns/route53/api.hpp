// Api: signed requests to Route 53 and their answers. Keeps the two rates of an account, corrects for a clock
// that is off, takes new credentials when the old ones are refused, and repeats what only asks.
//
// Threads: on the strand.
#pragma once

#include <memory>
#include <optional>
#include <paynamed/http.hpp>
#include <paynamed/reply.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "credentials/chain.hpp"
#include "messages.hpp"
#include "xml.hpp"

namespace paynamed::route53 {

struct ApiSettings {
  std::string endpoint;  // without a slash at its end
  std::string region;
  double requests_per_second = 0;
  std::uint32_t request_burst = 0;
  double changes_per_second = 0;
  std::uint32_t change_burst = 0;
  std::chrono::milliseconds timeout{};  // of one request
};

struct ApiRequest {
  std::string path;  // "hostedzone/Z1/rrset"
  std::vector<std::pair<std::string, std::string>> query{};
  std::string body{};         // empty: GET, else POST
  std::uint32_t changes = 0;  // record sets that it changes
  bool background = false;
  std::string doing{};  // "reading example.com.", for sentences
};

// Why a request has no good answer: what the server said, or that there was none it can be said of.
struct Failure {
  std::variant<Refusal, Error> what;
  std::chrono::milliseconds retry_after{0};

  const Refusal* refusal() const { return std::get_if<Refusal>(&what); }
  Error to_error(const std::string& doing) const;
};

class Api {
 public:
  // The root element of a good answer.
  using Outcome = std::variant<Element, Failure>;

  Api(Host host, CredentialChain& credentials, ApiSettings settings)
      : host_(host), http_(std::move(host)), credentials_(credentials), settings_(std::move(settings)) {}

  // One request that may change something: sent again only when the server surely did nothing with it, as for
  // a clock that was off. Throttling is for the caller, who may have other things to send by then; the
  // account's budgets are held.
  void change(ApiRequest request, std::function<void(Outcome)> then);

  // A question, repeated while `call` has time, also when `read` cannot make sense of the answer. What it
  // says when it fails is right for a call that changes nothing.
  template <class T>
  void ask(ApiRequest request, const Call& call, Result<T> (*read)(const Element&),
           std::function<void(Result<T>)> then) {
    const auto value = std::make_shared<std::optional<T>>();
    ask_element(
        std::move(request), call,
        [value, read](const Element& root) -> std::optional<Error> {
          auto result = read(root);
          if (!result.ok()) return result.error();
          value->emplace(std::move(*result));
          return std::nullopt;
        },
        [value, then = std::move(then)](const std::optional<Error>& error) {
          if (error) return then(*error);
          then(std::move(**value));
        });
  }

  // How long to wait after `failures` in a row: doubling, with jitter.
  static std::chrono::milliseconds backoff(std::uint32_t failures);

  // No more is sent.
  void stop() { stopped_ = true; }

 private:
  struct Attempt;
  struct Question;
  // `take` says what is wrong with the answer, if something is.
  void ask_element(ApiRequest request, const Call& call,
                   std::function<std::optional<Error>(const Element&)> take,
                   std::function<void(const std::optional<Error>&)> then);
  void begin(std::shared_ptr<Attempt> attempt);
  void send(const std::shared_ptr<Attempt>& attempt, const Credentials& credentials);
  void on_reply(const std::shared_ptr<Attempt>& attempt, const HttpReply& reply);
  // Whether the same request may be taken when it is signed anew; learns the server's time.
  bool was_dated_wrong(const HttpReply& reply, WallTime signed_at);
  void correct_clock(std::chrono::milliseconds ahead);
  HttpRequest signed_request(const ApiRequest& request, const Credentials& credentials, WallTime now) const;
  void hold_budgets(const std::string& account, std::uint32_t changes);
  void ask_again(const std::shared_ptr<Question>& question);
  void on_answer(const std::shared_ptr<Question>& question, Outcome outcome);

  Host host_;
  Http http_;
  CredentialChain& credentials_;
  ApiSettings settings_;
  std::chrono::milliseconds clock_correction_{0};  // what the server's clock is ahead
  std::uint32_t throttled_ = 0;                    // in a row
  bool stopped_ = false;
};

}  // namespace paynamed::route53
