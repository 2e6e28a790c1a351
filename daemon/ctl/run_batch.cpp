#include "ctl/run_batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <set>
#include <utility>

#include "ctl/ask.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr std::int64_t kLongestPause = 60;
constexpr unsigned kMostSilentRounds = 20;
constexpr std::uint32_t kEventsAPage = 1000;
constexpr std::uint32_t kEventWaitSeconds = 5;
constexpr base::Duration kAnswerMargin{15'000};
constexpr base::Duration kPause{200};
// While there is something to send, events are read now and then.
constexpr unsigned kRoundsAnEvent = 16;

json::object object_in(const HttpReply& reply) {
  boost::system::error_code error;
  json::value value = json::parse(reply.body, error);
  return !error && value.is_object() ? std::move(value.get_object()) : json::object{};
}

std::int64_t retry_after(const HttpReply& reply) {
  std::int64_t seconds = 1;
  if (const auto header = reply.headers.find("retry-after"); header != reply.headers.end())
    std::from_chars(header->second.data(), header->second.data() + header->second.size(), seconds);
  return std::clamp<std::int64_t>(seconds, 1, kLongestPause);
}

std::string detail_of(const HttpReply& reply, const json::object& body) {
  const std::string detail = text_of(body, "detail");
  return detail.empty() ? fmt::format("the daemon answered {}", reply.status) : detail;
}

bool is_over(std::string_view state) {
  return state == "completed" || state == "compensated" || state == "paused";
}

class Batch {
 public:
  Batch(Context& context, std::vector<BatchItem>& items, const BatchOption& option, std::string position)
      : context_(context), items_(items), option_(option), position_(std::move(position)) {}

  void send_all() {
    for (BatchItem& item : items_) waiting_.push_back(&item);
  }
  void follow_all() {
    for (BatchItem& item : items_) {
      if (item.state.empty() && !item.run.empty()) open_.emplace(item.run, &item);
    }
  }

  Exit run() {
    for (;;) {
      if (auto stop = send_some()) return *stop;
      if (auto stop = ask_for_some()) return *stop;
      if (auto stop = turn_back_some()) return *stop;
      show();
      if (open_.empty() && waiting_.empty()) return Exit::kOk;
      if (open_.empty()) continue;
      const bool may_send = !waiting_.empty() && pause_ == 0 && open_.size() < option_.in_flight;
      if (may_send && ++rounds_ % kRoundsAnEvent != 0) continue;
      if (auto stop = read_events(!may_send)) return *stop;
    }
  }

 private:
  std::optional<Exit> send_some() {
    if (pause_ > 0 && !waiting_.empty()) context_.pause(std::chrono::seconds{std::exchange(pause_, 0)});
    held_.clear();
    std::vector<BatchItem*> sent;
    std::vector<HttpCall> calls;
    while (!waiting_.empty() && sent.size() < option_.at_once &&
           open_.size() + sent.size() < option_.in_flight) {
      sent.push_back(waiting_.front());
      calls.push_back(waiting_.front()->call);
      waiting_.pop_front();
    }
    if (calls.empty()) return std::nullopt;
    const auto replies = context_.connection.send_all(calls, option_.at_once);
    bool anybody = false;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      anybody = anybody || replies[i].has_value();
      if (replies[i] && take_reply(*sent[i], *replies[i])) continue;
      if (!replies[i]) hold(1, replies[i].error().message());
      waiting_.push_back(sent[i]);
    }
    return heard(anybody, anybody ? std::string{} : printable(replies.front().error().message()));
  }

  // False when it has to be sent again.
  bool take_reply(BatchItem& item, const HttpReply& reply) {
    const json::object body = object_in(reply);
    if (reply.status == 429 || reply.status == 503) {
      hold(retry_after(reply), detail_of(reply, body));
      return false;
    }
    const std::string run = text_of(body, "run");
    if (run.empty() || (reply.status >= 300 && reply.status != 409)) {
      end(item, "refused", detail_of(reply, body));
      return true;
    }
    // An open run of the name answers 409 with its id: as a rule ours, whose answer was lost. It may be
    // paused since long, and then no event tells of it.
    item.run = run;
    item.found_open = reply.status == 409;
    if (item.found_open) unasked_.push_back(run);
    open_.emplace(run, &item);
    take_state(run, text_of(body, "state"), text_of(body, "reason"));
    return true;
  }

  void take_state(const std::string& run, const std::string& state, const std::string& reason) {
    const auto found = open_.find(run);
    if (found == open_.end()) return;
    if (state == "compensating") going_back_.insert(run);
    if (!is_over(state)) return;
    BatchItem& item = *found->second;
    // What another command began is not ours to take back.
    const bool turns_back = option_.turns_back_paused && !item.found_open && !going_back_.contains(run);
    if (state == "paused" && turns_back) {
      // Told twice: by the answer and by the event.
      if (!turned_back_.insert(run).second) return;
      item.reason = reason;
      to_turn_back_.push_back(run);
      return;
    }
    // Why it paused says more than that it was cancelled then.
    const bool keeps = state != "completed" && turned_back_.contains(run) && !item.reason.empty();
    end(item, state, keeps ? item.reason : reason);
    open_.erase(found);
  }

  void end(BatchItem& item, const std::string& state, std::string reason) {
    item.state = state;
    item.reason = std::move(reason);
    counts_.add(state);
  }

  std::optional<Exit> ask_for_some() {
    if (unasked_.empty()) return std::nullopt;
    std::vector<HttpCall> calls;
    const std::vector<std::string> runs = std::exchange(unasked_, {});
    for (const std::string& run : runs) {
      calls.emplace_back();
      calls.back().target = "/v1/runs/" + percent_encode(run);
    }
    const auto replies = context_.connection.send_all(calls, option_.at_once);
    bool anybody = false;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      anybody = anybody || replies[i].has_value();
      if (!replies[i] || replies[i]->status == 429 || replies[i]->status >= 500) {
        unasked_.push_back(runs[i]);
        hold(replies[i] ? retry_after(*replies[i]) : 1, {});
        continue;
      }
      const json::object body = object_in(*replies[i]);
      take_state(runs[i], text_of(body, "state"), text_of(body, "reason"));
    }
    return heard(anybody, anybody ? std::string{} : printable(replies.front().error().message()));
  }

  std::optional<Exit> turn_back_some() {
    if (to_turn_back_.empty()) return std::nullopt;
    std::vector<HttpCall> calls;
    std::vector<std::string> runs;
    while (!to_turn_back_.empty() && runs.size() < option_.at_once) {
      runs.push_back(std::move(to_turn_back_.front()));
      to_turn_back_.pop_front();
      HttpCall call;
      call.method = "POST";
      call.target = "/v1/runs/" + percent_encode(runs.back()) + "/cancel";
      calls.push_back(std::move(call));
    }
    const auto replies = context_.connection.send_all(calls, option_.at_once);
    bool anybody = false;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      anybody = anybody || replies[i].has_value();
      const bool again = !replies[i] || replies[i]->status == 429 || replies[i]->status >= 500;
      if (again) {
        to_turn_back_.push_back(runs[i]);
        hold(replies[i] ? retry_after(*replies[i]) : 1, {});
      } else if (replies[i]->status >= 300) {
        stays_paused(runs[i], detail_of(*replies[i], object_in(*replies[i])));
      }
    }
    return heard(anybody, anybody ? std::string{} : printable(replies.front().error().message()));
  }

  void stays_paused(const std::string& run, const std::string& why) {
    const auto found = open_.find(run);
    if (found == open_.end()) return;
    end(*found->second, "paused", found->second->reason + "; it cannot be turned back: " + why);
    open_.erase(found);
  }

  std::optional<Exit> read_events(bool wait) {
    HttpCall call;
    call.target = fmt::format("/v1/events?limit={}", kEventsAPage);
    if (wait) {
      call.target += fmt::format("&wait={}", kEventWaitSeconds);
      call.timeout = std::chrono::seconds{kEventWaitSeconds} + kAnswerMargin;
    }
    call.target += "&after=" + percent_encode(position_);
    const auto reply = context_.connection.send(call);
    if (!reply || reply->status == 429 || reply->status >= 500) {
      context_.pause(std::chrono::seconds{1});
      return heard(false, "the daemon does not tell what became of the runs; see paynamectl runs");
    }
    if (reply->status != 200) return get(context_, call.target).exit;
    const json::object body = object_in(*reply);
    const json::value* events = body.if_contains("items");
    if (events == nullptr || !events->is_array()) return Exit::kRefused;
    for (const json::value& event : events->get_array()) {
      if (event.is_object()) take_event(event.get_object());
    }
    position_ = text_of(body, "next");
    if (wait && events->get_array().empty()) context_.pause(kPause);
    return heard(true, {});
  }

  void take_event(const json::object& event) {
    const std::string type = text_of(event, "type");
    if (!type.starts_with("run.")) return;
    const json::value* data = event.if_contains("data");
    take_state(text_of(event, "run"), type.substr(4),
               data != nullptr && data->is_object() ? text_of(data->get_object(), "reason") : std::string{});
  }

  // Nobody answered: not for ever.
  std::optional<Exit> heard(bool anybody, const std::string& why) {
    silent_ = anybody ? 0 : silent_ + 1;
    if (silent_ <= kMostSilentRounds) return std::nullopt;
    context_.err("paynamectl: " + why + "\n");
    return Exit::kUnreachable;
  }

  void hold(std::int64_t seconds, const std::string& why) {
    pause_ = std::max(pause_, seconds);
    if (!why.empty()) held_ = "waiting: " + printable(why);
  }

  void show() {
    if (!option_.show) return;
    counts_.items = items_.size();
    counts_.under_way = open_.size();
    option_.show(counts_, held_);
  }

  Context& context_;
  std::vector<BatchItem>& items_;
  const BatchOption& option_;
  std::string position_;
  std::deque<BatchItem*> waiting_;
  std::map<std::string, BatchItem*> open_;  // by run
  std::vector<std::string> unasked_;        // runs whose state no event may tell
  std::deque<std::string> to_turn_back_;
  std::set<std::string> turned_back_;  // that were, or will be, asked to
  std::set<std::string> going_back_;   // that do
  std::int64_t pause_ = 0;             // seconds before the next is sent
  std::string held_;
  BatchCounts counts_;
  unsigned rounds_ = 0;
  unsigned silent_ = 0;  // rounds in a row that nobody answered
};

}  // namespace

std::string head_of_events(Context& context) {
  const Answer answer = get(context, "/v1/events?limit=1");
  return answer.ok() ? text_of(answer.body, "head") : std::string{};
}

Exit follow_runs(Context& context, std::vector<BatchItem>& items, std::string position) {
  const BatchOption option;
  Batch batch{context, items, option, std::move(position)};
  batch.follow_all();
  return batch.run();
}

Exit run_batch(Context& context, std::vector<BatchItem>& items, const BatchOption& option) {
  std::string position = head_of_events(context);
  if (position.empty()) return Exit::kUnreachable;
  Batch batch{context, items, option, std::move(position)};
  batch.send_all();
  return batch.run();
}

void BatchCounts::add(const std::string& state) {
  completed += state == "completed" ? 1U : 0U;
  compensated += state == "compensated" ? 1U : 0U;
  refused += state == "refused" ? 1U : 0U;
  paused += state == "paused" ? 1U : 0U;
}

Exit tell_batch(Context& context, const std::vector<BatchItem>& items, const std::string& verb,
                json::object more) {
  BatchCounts counts;
  json::array list;
  Table failed{{"NAME", "STATE", "RUN", "REASON"}};
  for (const BatchItem& item : items) {
    counts.add(item.state);
    list.push_back(
        json::object{{"name", item.name},
                     {"run", item.run.empty() ? json::value(nullptr) : json::value(item.run)},
                     {"state", item.state},
                     {"reason", item.reason.empty() ? json::value(nullptr) : json::value(item.reason)}});
    if (item.state != "completed")
      failed.add(
          {{item.name}, {item.state, colour_of_state(item.state)}, {item.run}, {printable(item.reason)}});
  }
  const Exit exit = counts.refused > 0                ? Exit::kRefused
                    : counts.completed < items.size() ? Exit::kNotReached
                                                      : Exit::kOk;
  if (context.json) {
    json::object object{{"items", std::move(list)}, {verb, counts.completed}};
    for (auto& [key, value] : more) object[key] = std::move(value);
    context.out(json::serialize(object) + "\n");
    return exit;
  }
  Style whole = context.style;
  whole.width = 0;
  if (!failed.empty()) context.out(failed.render(whole) + "\n");
  context.out(painted(fmt::format("{} of {} {}", counts.completed, items.size(), verb),
                      exit == Exit::kOk ? Colour::kGreen : Colour::kRed, context.style) +
              "\n");
  return exit;
}

}  // namespace paynamed::ctl
