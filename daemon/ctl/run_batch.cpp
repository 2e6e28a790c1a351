#include "ctl/run_batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <deque>
#include <optional>

#include "ctl/ask.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr std::size_t kAtOnce = 16;
constexpr std::int64_t kLongestPause = 60;
constexpr unsigned kMostSilentRounds = 20;
constexpr std::uint32_t kEventsAPage = 1000;
constexpr std::uint32_t kEventWaitSeconds = 5;
constexpr base::Duration kAnswerMargin{15'000};
constexpr base::Duration kPause{200};

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

bool is_over(std::string_view state) {
  return state == "completed" || state == "compensated" || state == "paused";
}

// False when it has to be sent again; `pause` is how long after.
bool take_reply(BatchItem& item, const HttpReply& reply, std::int64_t& pause) {
  if (reply.status == 429 || reply.status == 503) {
    pause = std::max(pause, retry_after(reply));
    return false;
  }
  const json::object body = object_in(reply);
  const std::string run = text_of(body, "run");
  // An open run of the name answers 409 with its id: ours, whose answer was lost.
  if (!run.empty() && (reply.status < 300 || reply.status == 409)) {
    item.run = run;
    if (const std::string state = text_of(body, "state"); is_over(state)) item.state = state;
    item.reason = text_of(body, "reason");
    return true;
  }
  item.state = "refused";
  item.reason = text_of(body, "detail");
  if (item.reason.empty()) item.reason = fmt::format("the daemon answered {}", reply.status);
  return true;
}

Exit send_items(Context& context, std::vector<BatchItem>& items) {
  std::deque<BatchItem*> waiting;
  for (BatchItem& item : items) waiting.push_back(&item);
  unsigned silent = 0;
  while (!waiting.empty()) {
    std::vector<BatchItem*> sent;
    std::vector<HttpCall> calls;
    while (!waiting.empty() && sent.size() < kAtOnce) {
      sent.push_back(waiting.front());
      calls.push_back(waiting.front()->call);
      waiting.pop_front();
    }
    const auto replies = context.connection.send_all(calls, kAtOnce);
    std::int64_t pause = 0;
    bool anybody = false;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      anybody = anybody || replies[i].has_value();
      if (!replies[i]) pause = std::max<std::int64_t>(pause, 1);
      if (!replies[i] || !take_reply(*sent[i], *replies[i], pause)) waiting.push_back(sent[i]);
    }
    silent = anybody ? 0 : silent + 1;
    if (silent > kMostSilentRounds) {
      context.err("paynamectl: " + printable(replies.front().error().message()) + "\n");
      return Exit::kUnreachable;
    }
    if (pause > 0) context.pause(std::chrono::seconds{pause});
  }
  return Exit::kOk;
}

}  // namespace

std::string head_of_events(Context& context) {
  const Answer answer = get(context, "/v1/events?limit=1");
  return answer.ok() ? text_of(answer.body, "head") : std::string{};
}

Exit follow_runs(Context& context, std::vector<BatchItem>& items, std::string position) {
  std::map<std::string, BatchItem*> open;
  for (BatchItem& item : items) {
    if (item.state.empty() && !item.run.empty()) open.emplace(item.run, &item);
  }
  unsigned silent = 0;
  while (!open.empty()) {
    HttpCall call;
    call.target = fmt::format("/v1/events?limit={}&wait={}&after={}", kEventsAPage, kEventWaitSeconds,
                              percent_encode(position));
    call.timeout = std::chrono::seconds{kEventWaitSeconds} + kAnswerMargin;
    const auto reply = context.connection.send(call);
    const bool is_busy = reply && (reply->status == 429 || reply->status >= 500);
    if (!reply || is_busy) {
      if (++silent > kMostSilentRounds) {
        context.err("paynamectl: the daemon does not tell what became of the runs; see paynamectl runs\n");
        return Exit::kUnreachable;
      }
      context.pause(std::chrono::seconds{1});
      continue;
    }
    silent = 0;
    if (reply->status != 200) return get(context, call.target).exit;
    const json::object body = object_in(*reply);
    const json::value* events = body.if_contains("items");
    if (events == nullptr || !events->is_array()) return Exit::kRefused;
    for (const json::value& event : events->get_array()) {
      if (!event.is_object()) continue;
      const auto found = open.find(text_of(event.get_object(), "run"));
      const std::string type = text_of(event.get_object(), "type");
      const std::string state = type.starts_with("run.") ? type.substr(4) : std::string{};
      if (found == open.end() || !is_over(state)) continue;
      found->second->state = state;
      if (const json::value* data = event.get_object().if_contains("data"); data && data->is_object())
        found->second->reason = text_of(data->get_object(), "reason");
      open.erase(found);
    }
    position = text_of(body, "next");
    if (events->get_array().empty()) context.pause(kPause);
  }
  return Exit::kOk;
}

Exit run_batch(Context& context, std::vector<BatchItem>& items) {
  std::string position = head_of_events(context);
  if (position.empty()) return Exit::kUnreachable;
  if (const Exit sent = send_items(context, items); sent != Exit::kOk) return sent;
  return follow_runs(context, items, std::move(position));
}

Exit tell_batch(Context& context, const std::vector<BatchItem>& items, const std::string& verb) {
  std::size_t completed = 0;
  std::size_t refused = 0;
  json::array list;
  Table failed{{"NAME", "STATE", "RUN", "REASON"}};
  for (const BatchItem& item : items) {
    completed += item.state == "completed" ? 1U : 0U;
    refused += item.state == "refused" ? 1U : 0U;
    list.push_back(
        json::object{{"name", item.name},
                     {"run", item.run.empty() ? json::value(nullptr) : json::value(item.run)},
                     {"state", item.state},
                     {"reason", item.reason.empty() ? json::value(nullptr) : json::value(item.reason)}});
    if (item.state != "completed")
      failed.add(
          {{item.name}, {item.state, colour_of_state(item.state)}, {item.run}, {printable(item.reason)}});
  }
  const Exit exit = refused > 0 ? Exit::kRefused : completed < items.size() ? Exit::kNotReached : Exit::kOk;
  if (context.json) {
    context.out(json::serialize(json::object{{"items", std::move(list)}, {verb, completed}}) + "\n");
    return exit;
  }
  Style whole = context.style;
  whole.width = 0;
  if (!failed.empty()) context.out(failed.render(whole) + "\n");
  context.out(painted(fmt::format("{} of {} {}", completed, items.size(), verb),
                      exit == Exit::kOk ? Colour::kGreen : Colour::kRed, context.style) +
              "\n");
  return exit;
}

}  // namespace paynamed::ctl
