#include "api.hpp"

#include <utility>

namespace paynamed::cloudflare {
namespace {

constexpr int kTries = 3;
constexpr std::chrono::milliseconds kPause{500};

}  // namespace

struct Api::Attempt {
  Request request;
  Permission needed;
  std::function<void(Result<Answer>)> then;
  int tries = 0;
  bool token_was_checked = false;
};

void Api::send(Request request, Permission needed, std::function<void(Result<Answer>)> then) {
  send_once(std::make_shared<Attempt>(Attempt{std::move(request), needed, std::move(then)}));
}

void Api::send_once(const std::shared_ptr<Attempt>& attempt) {
  ++attempt->tries;
  client_.send(attempt->request,
               [this, attempt](Result<Answer> answer) { hear(attempt, std::move(answer)); });
}

void Api::hear(const std::shared_ptr<Attempt>& attempt, Result<Answer> answer) {
  if (answer.ok()) trouble_.reset();
  // A limit of ours or theirs, or the token, is none.
  if (answer.code() == Code::kUnavailable || answer.code() == Code::kUnknown) trouble_ = answer.error();
  if (!answer.ok()) {
    // A change is not sent again before the zone was looked at.
    const bool again = answer.code() == Code::kUnavailable && !attempt->request.changes();
    if (again && attempt->tries < kTries) {
      return host_.after(kPause * attempt->tries, [this, attempt] { send_once(attempt); });
    }
    return attempt->then(std::move(answer));
  }
  if (answer->success || !is_about_token(*answer)) return attempt->then(std::move(answer));
  check_token(attempt, std::move(*answer));
}

void Api::check_token(const std::shared_ptr<Attempt>& attempt, Answer refused) {
  if (attempt->token_was_checked) return attempt->then(lacks(attempt->needed, refused));
  attempt->token_was_checked = true;
  tokens_.forget();
  tokens_.ensure(attempt->request.background, [this, attempt](const std::optional<Error>& bad) {
    if (!bad) return send_once(attempt);
    // It was refused before anything was changed, whatever became of the check.
    const bool known = bad->code() == Code::kUnauthenticated || bad->code() == Code::kResourceExhausted;
    attempt->then(known ? *bad : Error(Code::kUnavailable, bad->message(), bad->detail()));
  });
}

}  // namespace paynamed::cloudflare
