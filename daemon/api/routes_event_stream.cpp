#include <fmt/format.h>

#include "api/event_query.hpp"
#include "api/event_stream.hpp"
#include "api/problem.hpp"
#include "api/routes.hpp"
#include "api/server_sent_event.hpp"
#include "events/served_event.hpp"

namespace paynamed::api {
namespace {

// The position before the first event of the stream, so that a reader sees from where on it is told.
constexpr std::string_view kStartField = "Paynamed-Stream-Start";

// Readers that lost their connection at once do not all come back at once.
constexpr base::Duration kRetryAtLeast{2'000};
constexpr base::Duration kRetryJitter{3'000};
// When the daemon stops: for each stream that ends with it, and never more than a minute.
constexpr base::Duration kReturnOfOne{10};
constexpr base::Duration kMostReturn{60'000};

// Where a stream begins.
struct Beginning {
  state::Position after;
  bool reset = false;  // `asked` is not of this log, and the reader wants to be told so in the stream
  std::string asked;
};

// Last-Event-ID is sent by browsers when they come back, and counts more than the address of then.
std::string asked_position(const Request& request, const Query& query) {
  const std::string* header = request.headers.find("Last-Event-ID");
  return header && !header->empty() ? *header : query.text("last_event_id");
}

base::Result<state::Position> head_of(const Dependencies& dependencies, const Request& request) {
  return dependencies.feed->head(request.tenant);
}

base::Result<Beginning> beginning_of(const Dependencies& dependencies, const Request& request,
                                     const Query& query) {
  const std::string asked = asked_position(request, query);
  const auto head = head_of(dependencies, request);
  if (!head) return base::fail(head.error());
  if (asked.empty() || asked == "now") return Beginning{*head, false, {}};
  if (asked == "earliest") return Beginning{{head->epoch, 0}, false, {}};
  const auto position = events::position_from(asked);
  if (!position) {
    return base::fail(base::invalid_argument(
        "the position must be like 1-17, 'earliest' or 'now'; pass the id of the last event that you have"));
  }
  // Looks whether it is of this log.
  const auto page = dependencies.feed->read(request.tenant, *position, 1);
  if (page) return Beginning{{head->epoch, position->seq}, false, {}};
  if (page.error().code() == base::Code::kOutOfRange && query.text("on_loss") == "reset")
    return Beginning{*head, true, events::to_text(*position)};
  return base::fail(page.error());
}

std::string preamble(const Dependencies& dependencies, const Beginning& beginning) {
  std::string out;
  append_retry(out, kRetryAtLeast + dependencies.random.jitter(kRetryJitter));
  if (!beginning.reset) return out;
  const std::string head = events::to_text(beginning.after);
  append_event(
      out, head, "reset",
      fmt::format(R"({{"reason":"position-gone","asked":"{}","position":"{}"}})", beginning.asked, head));
  return out;
}

std::string last_words(base::Random& random, std::size_t streams) {
  const base::Duration spread =
      std::min(kMostReturn, kRetryJitter + kReturnOfOne * static_cast<std::int64_t>(streams));
  std::string out;
  append_retry(out, kRetryAtLeast + random.jitter(spread));
  return out;
}

Opened open_stream(const Dependencies& dependencies, const Request& request) {
  auto query = Query::parse(request.query, {"types", "names", "last_event_id", "on_loss"});
  if (!query) return bad_request(request, query.error());
  auto filter = event_filter_of(*query);
  if (!filter) return bad_request(request, filter.error());
  const std::string* on_loss = query->find("on_loss");
  if (on_loss && *on_loss != "refuse" && *on_loss != "reset")
    return bad_request(request, base::invalid_argument("'on_loss' is 'refuse' or 'reset'"));
  const auto beginning = beginning_of(dependencies, request, *query);
  if (!beginning) {
    const bool of_form = beginning.error().code() == base::Code::kInvalidArgument;
    return of_form ? bad_request(request, beginning.error()) : problem(request, beginning.error());
  }

  EventStream::Start start{request.tenant, *std::move(filter), beginning->after, {}, {}};
  start.preamble = preamble(dependencies, *beginning);
  start.may_go_on = [authenticator = Authenticator{dependencies.keys},
                     caller = Caller{request.tenant, request.key_id}] { return authenticator.knows(caller); };
  auto stream = std::make_shared<EventStream>(*dependencies.feed, dependencies.clock, std::move(start));

  StreamedAnswer answer;
  answer.head.headers.add("Content-Type", "text/event-stream");
  answer.head.headers.add(std::string{kStartField}, events::to_text(beginning->after));
  // nginx would collect the events otherwise.
  answer.head.headers.add("X-Accel-Buffering", "no");
  answer.body = [stream](std::shared_ptr<BodyWriter> writer) {
    return EventStream::run(stream, std::move(writer));
  };
  answer.last_words = [&dependencies](std::size_t streams) {
    return last_words(dependencies.random, streams);
  };
  return answer;
}

}  // namespace

void add_event_stream_routes(Router& router, const Dependencies& dependencies) {
  router.add(Route{
      "GET", "/v1/events/stream", Access::kKeyed,
      StreamingHandler{[&dependencies](Request& request) { return open_stream(dependencies, request); }},
      "text/event-stream"});
}

}  // namespace paynamed::api
