#include "api/recent_answers.hpp"

#include "api/problem.hpp"
#include "api/submission.hpp"

namespace paynamed::api {
namespace {

std::size_t size_of(const Response& response) {
  return response.body.size() + 512;
}

}  // namespace

void RecentAnswers::forget_old() {
  const base::MonotonicTime now = clock_.monotonic();
  while (!order_.empty()) {
    const auto oldest = kept_.find(order_.front());
    const bool is_over = oldest == kept_.end() || oldest->second.until <= now;
    if (!is_over && order_.size() <= kMostKept && bytes_ <= kMostBytes) return;
    if (oldest != kept_.end()) {
      bytes_ -= size_of(oldest->second.response);
      kept_.erase(oldest);
    }
    order_.pop_front();
  }
}

std::optional<Response> RecentAnswers::answer_of(const Request& request, const Key& key,
                                                 const std::string& hash) {
  const std::lock_guard lock(mutex_);
  forget_old();
  const auto [at, is_new] = kept_.try_emplace(key);
  if (is_new) {
    at->second.request_hash = hash;
    return std::nullopt;
  }
  if (at->second.request_hash != hash) {
    return problem(request, base::invalid_argument("this Idempotency-Key was used for another request; take "
                                                   "a new key for a new request"));
  }
  if (!at->second.is_ready) {
    return problem(request, base::failed_precondition("the first request with this Idempotency-Key is under "
                                                      "way; ask again when it is answered"));
  }
  Response response = at->second.response;
  response.headers.add("Idempotency-Replayed", "true");
  return response;
}

void RecentAnswers::keep(const Key& key, Response response) {
  const std::lock_guard lock(mutex_);
  Kept& kept = kept_[key];
  kept.is_ready = true;
  kept.until = clock_.monotonic() + kKept;
  bytes_ += size_of(response);
  kept.response = std::move(response);
  order_.push_back(key);
  forget_old();
}

boost::asio::awaitable<Response> RecentAnswers::once(Request& request, Work work) {
  const auto idempotency = idempotency_of(request);
  if (!idempotency) co_return bad_request(request, idempotency.error());
  if (idempotency->key.empty()) {
    Answered answered = co_await work(request);
    co_return std::move(answered.first);
  }
  const Key key{request.tenant, idempotency->key};
  if (auto known = answer_of(request, key, idempotency->request_hash)) co_return *std::move(known);
  // Whatever ends the work, a key without an answer is free again.
  const std::shared_ptr<void> unless_kept(nullptr, [this, key](void*) {
    const std::lock_guard lock(mutex_);
    const auto at = kept_.find(key);
    if (at != kept_.end() && !at->second.is_ready) kept_.erase(at);
  });
  Answered answered = co_await work(request);
  if (answered.first.status < 300) {
    Response again = answered.first;
    if (!answered.again.empty()) again.body = std::move(answered.again);
    keep(key, std::move(again));
  }
  co_return std::move(answered.first);
}

}  // namespace paynamed::api
