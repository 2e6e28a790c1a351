#include "ctl/follow.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

// Fast enough to look alive, far below the default rate limit.
constexpr base::Duration kPoll{200};
// A slow run (DNS that waits for minutes) is looked at less often.
constexpr base::Duration kSlowPoll{1'000};
constexpr int kFastPolls = 100;
constexpr base::Duration kAnswerMargin{15'000};

// What became of a name; said from the name itself, not concluded from the run.
std::string completed_sentence(Context& context, const std::string& name) {
  HttpCall call;
  call.target = "/v1/names/" + percent_encode(name);
  const auto reply = context.connection.send(call);
  boost::system::error_code error;
  const json::value value = reply && reply->status == 200 ? json::parse(reply->body, error) : json::value{};
  if (error || !value.is_object()) return fmt::format("{}: the run is completed", name);
  const std::string state = text_of(value.get_object(), "state");
  if (state == "quarantined") {
    return fmt::format("{} is removed; reserved for its owner until {}", name,
                       text_of(value.get_object(), "quarantined_until"));
  }
  return fmt::format("{} is {}", name, state);
}

Exit exit_of(std::string_view state) {
  return state == "paused" || state == "compensated" || state == "compensating" ? Exit::kNotReached
                                                                                : Exit::kOk;
}

// After --wait: the answer to the request itself.
Exit tell_wait(Context& context, const json::object& body) {
  const std::string state = text_of(body, "state");
  if (context.json) return exit_of(state);
  if (state == "running") {
    context.out(fmt::format("{}: still running; go on with: paynamectl runs follow {}\n",
                            printable(text_of(body, "name")), printable(text_of(body, "run"))));
    return Exit::kOk;
  }
  json::object run = body;
  run["id"] = text_of(body, "run");
  return tell_end(context, run);
}

}  // namespace

Exit tell_end(Context& context, const json::object& run) {
  const std::string state = text_of(run, "state");
  if (context.json) return exit_of(state);
  const std::string name = printable(text_of(run, "name"));
  const std::string reason = printable(text_of(run, "reason"));
  if (state == "completed") {
    context.out(painted(printable(completed_sentence(context, name)), Colour::kGreen, context.style) + "\n");
  } else if (state == "paused") {
    const std::string id = printable(text_of(run, "id"));
    context.out(painted(fmt::format("{}: paused: {}", name, reason), Colour::kYellow, context.style) + "\n");
    context.out(fmt::format(
        "mend the cause, then: paynamectl runs resume {}\nor undo it:          paynamectl runs cancel {}\n",
        id, id));
  } else {
    context.out(
        painted(fmt::format("{}: {}: {}", name, state == "compensated" ? "undone" : "being undone", reason),
                Colour::kRed, context.style) +
        "\n");
  }
  return exit_of(state);
}

Exit start_run(Context& context, HttpCall call, const Following& following) {
  if (following.wait_seconds && !following.follow) {
    call.headers.emplace_back("Prefer", fmt::format("wait={}", *following.wait_seconds));
    call.timeout = std::chrono::seconds{*following.wait_seconds} + kAnswerMargin;
  }
  const Answer answer = ask(context, call);
  if (!answer.ok()) return answer.exit;
  if (context.json) context.out(json::serialize(answer.body) + "\n");
  if (const json::value* warnings = answer.body.if_contains("warnings");
      !context.json && warnings && warnings->is_array()) {
    for (const json::value& warning : warnings->get_array()) {
      if (warning.is_string())
        context.err("note: " + printable(std::string_view{warning.get_string()}) + "\n");
    }
  }
  const std::string id = text_of(answer.body, "run");
  if (following.follow) return follow_run(context, id);
  if (following.wait_seconds) return tell_wait(context, answer.body);
  if (!context.json) {
    context.out(fmt::format("{}: accepted as run {}\nfollow it with: paynamectl runs follow {}\n",
                            printable(text_of(answer.body, "name")), printable(id), printable(id)));
  }
  return Exit::kOk;
}

Exit follow_run(Context& context, const std::string& id) {
  Follower follower{context.style};
  std::string last;
  for (int looks = 0;; ++looks) {
    const Answer answer = get(context, "/v1/runs/" + percent_encode(id));
    if (!answer.ok()) {
      if (looks > 0)
        context.err(fmt::format("the run goes on without us; look again with: paynamectl runs follow {}\n",
                                printable(id)));
      return answer.exit;
    }
    if (context.json) {
      if (answer.reply.body != last) context.out(answer.reply.body + "\n");
      last = answer.reply.body;
    } else {
      context.out(follower.update(answer.body, context.clock.wall()));
    }
    if (is_settled(answer.body)) return tell_end(context, answer.body);
    context.pause(looks < kFastPolls ? kPoll : kSlowPoll);
  }
}

}  // namespace paynamed::ctl
