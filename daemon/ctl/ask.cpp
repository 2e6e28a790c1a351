#include "ctl/ask.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <numeric>

#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

// Empty when the text is none.
json::object object_of(const std::string& text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  return !error && value.is_object() ? std::move(value.get_object()) : json::object{};
}

std::string sentence_of(const Answer& answer) {
  std::string detail = text_of(answer.body, "detail");
  if (detail.empty())
    detail = fmt::format("the daemon answered {} without a problem document", answer.reply.status);
  std::string id = text_of(answer.body, "correlation_id");
  if (const auto header = answer.reply.headers.find("x-correlation-id");
      id.empty() && header != answer.reply.headers.end()) {
    id = header->second;
  }
  std::string out = "paynamectl: " + printable(detail);
  if (const std::string run = text_of(answer.body, "run"); !run.empty())
    out += fmt::format("\nopen run: {}", printable(run));
  if (!id.empty()) out += fmt::format("\ncorrelation id: {}", printable(id));
  return out + "\n";
}

}  // namespace

Answer ask_bytes(Context& context, const HttpCall& call) {
  Answer answer;
  auto reply = context.connection.send(call);
  if (!reply) {
    answer.exit = Exit::kUnreachable;
    context.err("paynamectl: " + printable(reply.error().message()) + "\n");
    return answer;
  }
  answer.reply = std::move(*reply);
  if (answer.reply.status >= 200 && answer.reply.status < 300) return answer;
  answer.exit = Exit::kRefused;
  answer.body = object_of(answer.reply.body);
  if (context.json && !answer.body.empty()) {
    context.out(json::serialize(answer.body) + "\n");
  } else {
    context.err(sentence_of(answer));
  }
  return answer;
}

Answer ask(Context& context, const HttpCall& call) {
  Answer answer = ask_bytes(context, call);
  if (!answer.ok()) return answer;
  answer.body = object_of(answer.reply.body);
  if (answer.body.empty()) {
    answer.exit = Exit::kUnreachable;
    context.err("paynamectl: the answer is no JSON object; is --url the one of paynamed?\n");
  }
  return answer;
}

Answer get(Context& context, std::string target) {
  HttpCall call;
  call.target = std::move(target);
  return ask(context, call);
}

Items ask_all(Context& context, const std::string& target, std::uint32_t limit, std::uint32_t page_limit) {
  Items out;
  std::string cursor;
  for (;;) {
    const auto missing = limit - static_cast<std::uint32_t>(out.items.size());
    std::string page = fmt::format("{}&limit={}", target, std::min(missing, page_limit));
    if (!cursor.empty()) page += "&cursor=" + percent_encode(cursor);
    Answer answer = get(context, std::move(page));
    if (!answer.ok()) {
      out.exit = answer.exit;
      return out;
    }
    const json::value* items = answer.body.if_contains("items");
    if (items && items->is_array())
      out.items.insert(out.items.end(), items->get_array().begin(), items->get_array().end());
    cursor = text_of(answer.body, "next");
    out.more = !cursor.empty();
    if (!out.more || out.items.size() >= limit || !items || items->get_array().empty()) return out;
  }
}

std::optional<std::vector<HttpReply>> send_patiently(Context& context, const std::vector<HttpCall>& calls,
                                                     std::size_t at_once) {
  constexpr unsigned kMostSilentRounds = 20;
  std::vector<HttpReply> replies(calls.size());
  std::vector<std::size_t> waiting(calls.size());
  std::iota(waiting.begin(), waiting.end(), std::size_t{0});
  for (unsigned silent = 0; !waiting.empty();) {
    std::vector<HttpCall> sent;
    for (const std::size_t at : waiting) sent.push_back(calls[at]);
    auto answers = context.connection.send_all(sent, at_once);
    std::vector<std::size_t> again;
    std::string nobody;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      const bool busy = answers[i] && (answers[i]->status == 429 || answers[i]->status == 503);
      if (!answers[i]) nobody = answers[i].error().message();
      if (!answers[i] || busy) {
        again.push_back(waiting[i]);
      } else {
        replies[waiting[i]] = std::move(*answers[i]);
      }
    }
    silent = again.size() == waiting.size() && !nobody.empty() ? silent + 1 : 0;
    if (silent > kMostSilentRounds) {
      context.err("paynamectl: " + printable(nobody) + "\n");
      return std::nullopt;
    }
    waiting = std::move(again);
    if (!waiting.empty()) context.pause(std::chrono::seconds{1});
  }
  return replies;
}

Exit write_items(Context& context, const Items& items, const Table& table, std::string_view nothing) {
  if (context.json) {
    context.out(json::serialize(json::object{{"items", items.items}, {"more", items.more}}) + "\n");
  } else if (table.empty()) {
    context.out(std::string{nothing} + "\n");
  } else {
    context.out(table.render(context.style));
    if (items.more) context.err("there are more; ask with a larger --limit\n");
  }
  return Exit::kOk;
}

}  // namespace paynamed::ctl
