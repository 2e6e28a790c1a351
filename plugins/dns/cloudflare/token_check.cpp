#include "token_check.hpp"

#include <utility>

#include "refusal.hpp"

namespace paynamed::cloudflare {
namespace {

// Cloudflare now and then refuses good tokens for a moment, with 10000.
constexpr int kTries = 3;
constexpr std::chrono::milliseconds kPause{1'000};

constexpr std::int64_t kUnknownToken = 1000;

}  // namespace

void TokenCheck::ensure(bool background, Then then) {
  if (!good_.empty() && good_ == client_.token_fingerprint()) return then(std::nullopt);
  waiting_.push_back(std::move(then));
  background_ = background_ && background;
  if (waiting_.size() > 1) return;
  tries_ = 0;
  background_ = background;
  at_account_ = false;
  ask();
}

void TokenCheck::ask() {
  Request request;
  // A token that belongs to an account is unknown among the users' ones.
  request.path = at_account_ ? "/accounts/" + settings_.account_id + "/tokens/verify" : "/user/tokens/verify";
  request.background = background_;
  client_.send(std::move(request), [this](const Result<Answer>& answer) { hear(answer); });
}

void TokenCheck::hear(const Result<Answer>& answer) {
  if (!answer.ok()) return finish(answer.error());
  if (answer->success) {
    const auto* result = answer->result.if_object();
    const auto status = result == nullptr ? std::string() : text_in(*result, "status");
    if (status == "active") return finish(std::nullopt);
    return finish(Error(Code::kUnauthenticated,
                        "Cloudflare says that the API token is not active but \"" + status.substr(0, 40) +
                            "\"; roll it or make another under My Profile > API Tokens."));
  }
  if (answer->has_error(kUnknownToken) && !at_account_ && !settings_.account_id.empty()) {
    at_account_ = true;
    return ask();
  }
  const bool may_be_for_a_moment = answer->has_error(10000);
  if (may_be_for_a_moment && ++tries_ < kTries) return host_.after(kPause, [this] { ask(); });
  const Error error = refusal_of(*answer);
  const bool is_verdict =
      answer->status == 401 || answer->status == 403 || error.code() == Code::kUnauthenticated;
  finish(Error(is_verdict ? Code::kUnauthenticated : Code::kUnavailable,
               (is_verdict ? "" : "The API token could not be checked: ") + error.message(), error.detail()));
}

void TokenCheck::finish(const std::optional<Error>& error) {
  good_ = error ? std::string() : client_.token_fingerprint();
  if (error) host_.log(Level::kWarning, error->message());
  for (const Then& then : std::exchange(waiting_, {})) then(error);
}

}  // namespace paynamed::cloudflare
