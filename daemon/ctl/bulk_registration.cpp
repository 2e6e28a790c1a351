#include "ctl/bulk_registration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "ctl/ask.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kEventsAPage = 1000;
constexpr base::Duration kEventWait{5'000};
constexpr base::Duration kAnswerMargin{15'000};
constexpr base::Duration kPause{200};
constexpr base::Duration kLongestPause{1'000};
constexpr std::size_t kRunsAtOnce = 64;
// The daemon's own answer to a position that is not of its log (docs/events.md).
constexpr unsigned kGone = 410;

std::optional<BulkFate> fate_of(std::string_view state) {
  if (state == "completed" || state == "run.completed") return BulkFate::kLive;
  if (state == "compensated" || state == "run.compensated") return BulkFate::kUndone;
  return std::nullopt;
}

Exit tell_mistakes(Context& context, const BulkMistakes& mistakes) {
  if (context.json) {
    json::array items;
    for (const BulkMistake& each : mistakes.told)
      items.push_back(json::object{{"line", each.line}, {"message", printable(each.message)}});
    context.out(json::serialize(json::object{{"mistakes", std::move(items)}, {"total", mistakes.total}}) +
                "\n");
    return Exit::kUsage;
  }
  for (const BulkMistake& each : mistakes.told)
    context.err(fmt::format("line {}: {}\n", each.line, printable(each.message)));
  if (mistakes.total > mistakes.told.size())
    context.err(fmt::format("and {} more\n", mistakes.total - mistakes.told.size()));
  context.err(fmt::format("paynamectl: {} mistake{}; nothing was sent\n", mistakes.total,
                          mistakes.total == 1 ? "" : "s"));
  return Exit::kUsage;
}

std::string beside(const BulkOption& option, const std::string& given, std::string_view ending) {
  return !given.empty() || option.from == "-" ? given : option.from + std::string{ending};
}

Exit refuse(Context& context, const base::Status& status) {
  context.err("paynamectl: " + printable(status.message()) + "\n");
  return status.code() == base::Code::kUnavailable ? Exit::kUnreachable : Exit::kUsage;
}

}  // namespace

BulkRegistration::BulkRegistration(Context& context, const BulkOption& option, BulkFile& file,
                                   BulkState& state, BulkFailures& failures)
    : context_(context),
      option_(option),
      file_(file),
      state_(state),
      failures_(failures),
      rows_(file.from_start(), option.domain),
      progress_(context),
      window_(option.concurrency),
      not_before_(context.clock.monotonic()) {}

BulkCounts BulkRegistration::counts() const {
  return {file_.rows(),
          state_.count(BulkFate::kAccepted),
          state_.count(BulkFate::kLive),
          state_.count(BulkFate::kUndone),
          state_.count(BulkFate::kRefused),
          paused_};
}

Exit BulkRegistration::run() {
  if (auto stop = begin_following()) return *stop;
  for (;;) {
    if (auto stop = send_some()) return *stop;
    if (auto written = state_.flush(); !written) return refuse(context_, written.error());
    if (auto stop = ask_for_runs()) return *stop;
    if (changed_) {
      progress_.clear();
      return refuse(context_,
                    base::invalid_argument(fmt::format(
                        "'{}' has other rows than when it was checked, so nothing more is sent; give "
                        "the command again when nobody writes to it",
                        option_.from)));
    }
    const bool sends = !all_read_ || !again_.empty();
    if (!sends && !waits_for_runs()) return end(Exit::kOk);
    if (is_full() && !waits_for_runs()) {
      progress_.clear();
      context_.err(fmt::format(
          "paynamectl: {} runs are paused and take all places (--in-flight); see to them (paynamectl runs "
          "--state paused), and go on with the same command\n",
          paused_));
      return end(Exit::kNotReached);
    }
    const bool is_held = context_.clock.monotonic() < not_before_ || is_full();
    if (auto stop = read_events(!sends || is_held)) return *stop;
    progress_.show(counts(), held_);
  }
}

Exit BulkRegistration::end(Exit exit) {
  progress_.clear();
  for (const auto& [run, open] : open_) failures_.add(open.row, run, "paused", open.reason);
  if (auto written = state_.flush(); !written) return refuse(context_, written.error());
  return exit;
}

// Events from before the first row is sent on: what ends later is among them.
std::optional<Exit> BulkRegistration::begin_following() {
  if (!state_.position().empty()) return std::nullopt;
  const Answer answer = get(context_, "/v1/events?limit=1");
  if (!answer.ok()) return answer.exit;
  state_.seen(text_of(answer.body, "head"));
  return std::nullopt;
}

std::optional<Exit> BulkRegistration::read_events(bool wait) {
  HttpCall call;
  call.target = fmt::format("/v1/events?limit={}&after={}", kEventsAPage, percent_encode(state_.position()));
  const bool waits = wait && waits_for_runs() && context_.clock.monotonic() >= not_before_;
  if (waits) {
    call.target += fmt::format("&wait={}", kEventWait / std::chrono::seconds{1});
    call.timeout = kEventWait + kAnswerMargin;
  }
  auto reply = context_.connection.send(call);
  if (reply && reply->status == kGone) return begin_events_anew();
  json::object body;
  boost::system::error_code error;
  if (reply && reply->status == 200) {
    if (json::value value = json::parse(reply->body, error); !error && value.is_object())
      body = std::move(value.get_object());
  }
  const json::value* items = body.if_contains("items");
  if (items == nullptr || !items->is_array()) {
    // Busy or away: sending finds out.
    if (!reply && ++silent_ > 2 * kRunsAtOnce) return give_up(reply.error());
    if (!reply || reply->status == 429 || reply->status >= 500) {
      context_.pause(std::chrono::seconds{1});
      return std::nullopt;
    }
    progress_.clear();
    const Answer answer = get(context_, call.target);
    return answer.ok() ? std::nullopt : std::optional{answer.exit};
  }
  for (const json::value& item : items->get_array()) {
    if (item.is_object()) take_event(item.get_object());
  }
  state_.seen(text_of(body, "next"));
  const base::Duration held =
      std::chrono::duration_cast<base::Duration>(not_before_ - context_.clock.monotonic());
  if (items->get_array().empty() && wait) context_.pause(std::clamp(held, kPause, kLongestPause));
  return std::nullopt;
}

void BulkRegistration::take_event(const json::object& event) {
  const std::string type = text_of(event, "type");
  if (!type.starts_with("run.")) return;
  const json::value* data = event.if_contains("data");
  take_end(text_of(event, "run"), type,
           data && data->is_object() ? text_of(data->get_object(), "reason") : "");
}

// `state` is a run's state or the type of an event.
void BulkRegistration::take_end(const std::string& run, std::string_view state, const std::string& reason) {
  const auto found = open_.find(run);
  if (found == open_.end()) return;
  Open& open = found->second;
  const bool is_paused = state == "paused" || state == "run.paused";
  if (open.paused != is_paused) is_paused ? ++paused_ : --paused_;
  open.paused = is_paused;
  if (is_paused) open.reason = reason;
  const auto fate = fate_of(state);
  if (!fate) return;
  state_.ended(open.row.line, *fate);
  if (*fate == BulkFate::kUndone) failures_.add(open.row, run, "undone", reason);
  open_.erase(found);
}

// The log is another one, as after a restored file: each run is asked for once, and the events from now on
// tell the rest.
std::optional<Exit> BulkRegistration::begin_events_anew() {
  const Answer head = get(context_, "/v1/events?limit=1");
  if (!head.ok()) return head.exit;
  state_.seen(text_of(head.body, "head"));
  unasked_.clear();
  for (const auto& [run, open] : open_) unasked_.push_back(run);
  return ask_for_runs();
}

// Who cannot be asked now is asked later.
std::optional<Exit> BulkRegistration::ask_for_runs() {
  if (unasked_.empty()) return std::nullopt;
  const std::vector<std::string> runs = std::exchange(unasked_, {});
  std::optional<base::Status> nobody;
  for (std::size_t at = 0; at < runs.size(); at += kRunsAtOnce) {
    std::vector<HttpCall> calls;
    for (std::size_t i = at; i < std::min(at + kRunsAtOnce, runs.size()); ++i) {
      calls.emplace_back();
      calls.back().target = "/v1/runs/" + percent_encode(runs[i]);
    }
    const auto replies = context_.connection.send_all(calls, option_.concurrency);
    for (std::size_t i = 0; i < replies.size(); ++i) {
      if (!replies[i]) nobody = replies[i].error();
      if (auto stop = take_run_reply(runs[at + i], replies[i])) return stop;
    }
  }
  if (unasked_.empty()) return std::nullopt;
  if (nobody && unasked_.size() == runs.size() && ++silent_ > 2 * kRunsAtOnce) return give_up(*nobody);
  context_.pause(std::chrono::seconds{1});
  return std::nullopt;
}

std::optional<Exit> BulkRegistration::take_run_reply(const std::string& run,
                                                     const base::Result<HttpReply>& reply) {
  if (!reply || reply->status == 429 || reply->status >= 500) {
    unasked_.push_back(run);
    return std::nullopt;
  }
  if (reply->status == 404) {
    take_end(run, "compensated", "the daemon does not know the run any more");
    return std::nullopt;
  }
  boost::system::error_code error;
  const json::value value = json::parse(reply->body, error);
  if (reply->status == 200 && !error && value.is_object()) {
    take_end(run, text_of(value.get_object(), "state"), text_of(value.get_object(), "reason"));
    return std::nullopt;
  }
  progress_.clear();
  HttpCall again;
  again.target = "/v1/runs/" + percent_encode(run);
  const Answer answer = ask(context_, again);
  return answer.ok() ? Exit::kUnreachable : answer.exit;
}

Exit register_from(Context& context, const BulkOption& option) {
  auto file = BulkFile::open(option.from, option.domain);
  if (!file) return refuse(context, file.error());
  const BulkMistakes mistakes = file->check();
  if (mistakes.total > 0) return tell_mistakes(context, mistakes);
  if (option.only_check) {
    context.out(context.json
                    ? json::serialize(json::object{{"rows", file->rows()}, {"mistakes", json::array{}}}) +
                          "\n"
                    : fmt::format("{} rows, none with a mistake\n", file->rows()));
    return Exit::kOk;
  }
  const std::string state_path = beside(option, option.state, ".state");
  const BulkWork work{context.url, option.domain, file->hash(), file->lines()};
  auto state = BulkState::open(state_path, work);
  if (!state) return refuse(context, state.error());
  BulkFailures failures{beside(option, option.failures, ".failures.csv")};
  BulkRegistration registration{context, option, *file, *state, failures};
  const Exit ran = registration.run();
  if (ran != Exit::kOk && ran != Exit::kNotReached) return ran;
  const auto written = failures.close();
  if (!written) refuse(context, written.error());
  const Exit told = tell_summary(context, registration.counts(), failures.written_to(), state_path);
  if (told == Exit::kOk && !written) return Exit::kUnreachable;
  return ran == Exit::kOk ? told : ran;
}

}  // namespace paynamed::ctl
