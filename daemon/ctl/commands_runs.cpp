#include "ctl/ask.hpp"
#include "ctl/follow.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kPageLimit = 500;

Exit write_run(Context& context, const Answer& answer) {
  if (!answer.ok()) return answer.exit;
  if (context.json) {
    context.out(answer.reply.body + "\n");
  } else {
    context.out(timeline_text(answer.body, context.clock.wall(), context.style));
  }
  return Exit::kOk;
}

Exit decide(Context& context, const std::string& id, const std::string& verb, const Following& following) {
  HttpCall call;
  call.method = "POST";
  call.target = "/v1/runs/" + percent_encode(id) + "/" + verb;
  const Answer answer = ask(context, call);
  if (!answer.ok() || !following.follow) return write_run(context, answer);
  return follow_run(context, id);
}

}  // namespace

Exit list_runs(Context& context, const std::string& name, const std::string& state, std::uint32_t limit) {
  std::string target = "/v1/runs?";
  if (!name.empty()) target += "&name=" + percent_encode(name);
  if (!state.empty()) target += "&state=" + percent_encode(state);
  const Items items = ask_all(context, target, limit, kPageLimit);
  if (items.exit != Exit::kOk) return items.exit;
  Table table{{"RUN", "VERB", "NAME", "STATE", "ACCEPTED", "REASON"}};
  for (const json::value& item : items.items) {
    if (!item.is_object()) continue;
    const json::object& run = item.get_object();
    const std::string now = printable(text_of(run, "state"));
    table.add({{printable(text_of(run, "id"))},
               {printable(text_of(run, "verb"))},
               {printable(text_of(run, "name"))},
               {now, colour_of_state(now)},
               {printable(text_of(run, "accepted"))},
               {printable(text_of(run, "reason"))}});
  }
  return write_items(context, items, table, "no runs");
}

Exit show_run(Context& context, const std::string& id) {
  return write_run(context, get(context, "/v1/runs/" + percent_encode(id)));
}

Exit resume_run(Context& context, const std::string& id, const Following& following) {
  return decide(context, id, "resume", following);
}

Exit cancel_run(Context& context, const std::string& id, const Following& following) {
  return decide(context, id, "cancel", following);
}

}  // namespace paynamed::ctl
