#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <charconv>

#include "ctl/bulk_registration.hpp"
#include "ctl/timeline.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

// A batch keeps every connection busy with some requests one after the other.
constexpr std::size_t kRowsAConnection = 4;
constexpr base::Duration kLongestHold{300'000};
constexpr base::Duration kLongestBackoff{30'000};
// Then the daemon is gone: about ten minutes.
constexpr unsigned kMostSilentBatches = 24;
// Answers 500, 502, 504: the same key again is safe, but not for ever.
constexpr unsigned kMostAttempts = 8;

base::Duration retry_after(const HttpReply& reply) {
  const auto header = reply.headers.find("retry-after");
  std::int64_t seconds = 1;
  if (header != reply.headers.end())
    std::from_chars(header->second.data(), header->second.data() + header->second.size(), seconds);
  return std::clamp<base::Duration>(std::chrono::seconds{std::clamp<std::int64_t>(seconds, 1, 86'400)},
                                    base::Duration{1'000}, kLongestHold);
}

base::Duration backoff(unsigned attempt) {
  return std::min(base::Duration{500LL << std::min(attempt, 10U)}, kLongestBackoff);
}

json::object object_in(const HttpReply& reply) {
  boost::system::error_code error;
  json::value value = json::parse(reply.body, error);
  return !error && value.is_object() ? std::move(value.get_object()) : json::object{};
}

std::string detail_of(const HttpReply& reply, const json::object& body) {
  const std::string detail = text_of(body, "detail");
  return detail.empty() ? fmt::format("the daemon answered {}", reply.status) : detail;
}

}  // namespace

std::optional<BulkRegistration::Sent> BulkRegistration::next_row() {
  if (!again_.empty()) {
    Sent sent = std::move(again_.front());
    again_.pop_front();
    return sent;
  }
  while (!all_read_) {
    auto row = rows_.next();
    if (!row) {
      all_read_ = true;
      break;
    }
    // The file was checked, so that somebody writes to it.
    if (!*row || (*row)->line > file_.lines()) {
      changed_ = all_read_ = true;
      break;
    }
    const std::uint64_t line = (*row)->line;
    if (state_.fate_of(line) == BulkFate::kWaiting) return Sent{std::move(**row), 0};
    if (state_.fate_of(line) == BulkFate::kAccepted && !state_.run_of(line).empty()) {
      // Events from before do not come again, and it may be paused since then.
      unasked_.push_back(state_.run_of(line));
      open_.emplace(state_.run_of(line), Open{std::move(**row), false, {}});
    } else if (state_.fate_of(line) == BulkFate::kUndone)
      failures_.add(**row, {}, "undone", "by an earlier attempt; paynamectl runs --name says why");
  }
  return std::nullopt;
}

std::vector<BulkRegistration::Sent> BulkRegistration::next_batch() {
  std::vector<Sent> batch;
  const std::size_t room = option_.in_flight - std::min<std::size_t>(option_.in_flight, open_.size());
  while (batch.size() < std::min(window_, room)) {
    auto sent = next_row();
    if (!sent) break;
    batch.push_back(std::move(*sent));
  }
  return batch;
}

HttpCall BulkRegistration::call_for(const BulkRow& row) const {
  HttpCall call;
  call.method = "POST";
  call.target = "/v1/names";
  call.body = body_of(row);
  call.headers.emplace_back("Idempotency-Key", fmt::format("bulk-{}-{}", file_.hash(), row.line));
  return call;
}

std::optional<Exit> BulkRegistration::send_some() {
  if (context_.clock.monotonic() < not_before_) return std::nullopt;
  held_.clear();
  std::vector<Sent> batch = next_batch();
  if (batch.empty()) return std::nullopt;
  std::vector<HttpCall> calls;
  for (const Sent& each : batch) calls.push_back(call_for(each.row));
  const auto replies = context_.connection.send_all(calls, option_.concurrency);
  const bool nobody = std::ranges::none_of(replies, [](const auto& reply) { return reply.has_value(); });
  silent_ = nobody ? silent_ + 1 : 0;
  if (silent_ > kMostSilentBatches) return give_up(replies.front().error());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (auto stop = take_reply(std::move(batch[i]), replies[i])) return stop;
  }
  const std::size_t most = option_.concurrency * kRowsAConnection;
  // As TCP does: by halves when there is too much, and slowly up again.
  window_ = held_.empty() ? std::min(window_ + std::max<std::size_t>(most / 8, 1), most)
                          : std::max<std::size_t>(window_ / 2, 1);
  return std::nullopt;
}

std::optional<Exit> BulkRegistration::take_reply(Sent sent, const base::Result<HttpReply>& reply) {
  if (reply) return take_answer(std::move(sent), *reply);
  send_again(std::move(sent), backoff(silent_), reply.error().message());
  return std::nullopt;
}

std::optional<Exit> BulkRegistration::take_answer(Sent sent, const HttpReply& reply) {
  const json::object body = object_in(reply);
  if (reply.status >= 200 && reply.status < 300 && !text_of(body, "run").empty()) {
    take_run(std::move(sent.row), body);
    return std::nullopt;
  }
  const std::string detail = detail_of(reply, body);
  if (reply.status == 401) {
    progress_.clear();
    context_.err("paynamectl: " + printable(detail) + "\n");
    return Exit::kRefused;
  }
  if (reply.status == 429 || reply.status == 503) {
    send_again(std::move(sent), retry_after(reply), detail);
    return std::nullopt;
  }
  if (reply.status >= 500 && reply.status != 501 && ++sent.attempts < kMostAttempts) {
    const base::Duration pause = backoff(sent.attempts);
    send_again(std::move(sent), pause, detail);
    return std::nullopt;
  }
  state_.ended(sent.row.line, BulkFate::kRefused);
  failures_.add(sent.row, text_of(body, "run"), "refused", detail);
  return std::nullopt;
}

void BulkRegistration::take_run(BulkRow row, const json::object& answer) {
  const std::string run = text_of(answer, "run");
  state_.accepted(row.line, run);
  open_.emplace(run, Open{std::move(row), false, {}});
  // A run of an earlier process may be over since long, and then no event tells of it.
  take_end(run, text_of(answer, "state"), text_of(answer, "reason"));
}

void BulkRegistration::send_again(Sent sent, base::Duration pause, std::string why) {
  again_.push_back(std::move(sent));
  not_before_ = std::max(not_before_, context_.clock.monotonic() + pause);
  held_ = "waiting: " + printable(why);
}

std::optional<Exit> BulkRegistration::give_up(const base::Status& status) {
  progress_.clear();
  context_.err(fmt::format("paynamectl: {}\ngo on with the same command; nothing is done twice\n",
                           printable(status.message())));
  return Exit::kUnreachable;
}

}  // namespace paynamed::ctl
