#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/event_query.hpp"
#include "api/problem.hpp"
#include "api/routes.hpp"
#include "api/submission.hpp"
#include "events/served_event.hpp"

namespace paynamed::api {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr std::uint32_t kDefaultLimit = 100;
constexpr std::uint32_t kMaxLimit = 1000;
// So much is looked through for a filter by a caller who does not wait, and so much is answered at once.
constexpr std::size_t kMostLookedAt = 20'000;
constexpr std::size_t kMostBytes = 4U << 20;

struct Wish {
  events::EventFilter filter;
  state::Position after;
  std::uint32_t limit = kDefaultLimit;
  base::Duration wait{0};
};

base::Result<Wish> read_wish(const Request& request) {
  auto query = Query::parse(request.query, {"after", "limit", "wait", "types", "names"});
  if (!query) return base::fail(query.error());
  Wish wish;
  auto filter = event_filter_of(*query);
  if (!filter) return base::fail(filter.error());
  wish.filter = *std::move(filter);
  auto limit = query->number("limit", 1, kMaxLimit, kDefaultLimit);
  if (!limit) return base::fail(limit.error());
  wish.limit = *limit;
  constexpr auto kMaxWaitSeconds = static_cast<std::uint32_t>(kMaxWait / std::chrono::seconds{1});
  auto wait = query->number("wait", 0, kMaxWaitSeconds, 0);
  if (!wait) return base::fail(wait.error());
  wish.wait = std::chrono::seconds{*wait};
  const auto after = events::position_from(query->text("after"));
  if (!after) {
    return base::fail(
        base::invalid_argument("'after' must be a position like 1-17; pass the 'next' of the page before"));
  }
  wish.after = *after;
  return wish;
}

// What was found so far, and how far was looked.
struct Found {
  std::vector<events::SharedEvent> events;
  std::size_t bytes = 0;
  std::size_t looked_at = 0;
  state::Position next;
  state::Position head;

  bool full(const Wish& wish) const { return events.size() >= wish.limit || bytes >= kMostBytes; }
  void take(const events::EventFeed::Page& page, const Wish& wish) {
    head = page.head;
    next.epoch = page.next.epoch;
    for (const events::SharedEvent& event : page.events) {
      if (full(wish)) return;
      next.seq = event->seq;
      ++looked_at;
      if (!wish.filter.matches(*event)) continue;
      events.push_back(event);
      bytes += event->text.size();
    }
  }
};

Response to_response(const Found& found) {
  // Put together by hand: `data` leaves as it is stored, and JSON libraries would write it anew.
  std::string body = R"({"items":[)";
  for (const events::SharedEvent& event : found.events) {
    if (body.back() != '[') body += ',';
    body += event->text;
  }
  body +=
      fmt::format(R"(],"next":"{}","head":"{}"}})", events::to_text(found.next), events::to_text(found.head));
  Response response;
  response.headers.add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

awaitable<Response> list_events(const Dependencies& dependencies, Request& request) {
  const auto wish = read_wish(request);
  if (!wish) co_return bad_request(request, wish.error());
  const bool filtered = !wish->filter.types().empty() || !wish->filter.names().empty();
  const std::uint32_t at_once = filtered ? kMaxLimit : wish->limit;
  const base::MonotonicTime end = dependencies.clock.monotonic() + wish->wait;
  Found found;
  found.next = wish->after;
  base::Duration wait{0};
  for (;;) {
    bool at_end = false;
    {
      const auto page = co_await dependencies.feed->follow(request.tenant, found.next, at_once, wait);
      if (!page) co_return problem(request, page.error());
      found.take(*page, *wish);
      // The head of a page that is not empty may be that of a while ago.
      at_end = page->events.empty();
    }
    const bool looked = at_end || found.looked_at >= kMostLookedAt;
    if (found.full(*wish) || (looked && !found.events.empty())) break;
    const auto left = std::chrono::ceil<base::Duration>(end - dependencies.clock.monotonic());
    if (looked && left <= base::Duration{0}) break;
    if (at_end) {
      wait = left;
      request.answer_if_stopping(to_response(found));
    } else {
      wait = base::Duration{0};
      // Much that does not pass the filter must not hold the thread.
      co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    }
  }
  if (found.full(*wish) && found.next.seq >= found.head.seq) {
    const auto rest = dependencies.feed->read(request.tenant, found.next, 1);
    if (!rest) co_return problem(request, rest.error());
    found.head = rest->head;
  }
  co_return to_response(found);
}

}  // namespace

void add_event_routes(Router& router, const Dependencies& dependencies) {
  router.add(Route{"GET", "/v1/events", Access::kKeyed,
                   WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
                     co_return co_await list_events(dependencies, request);
                   }}});
}

}  // namespace paynamed::api
