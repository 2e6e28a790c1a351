#include <fmt/format.h>

#include "api/problem.hpp"
#include "api/routes.hpp"
#include "api/submission.hpp"
#include "events/served_event.hpp"

namespace paynamed::api {
namespace {

using boost::asio::awaitable;

constexpr std::uint32_t kDefaultLimit = 100;
constexpr std::uint32_t kMaxLimit = 1000;

Response events_response(const state::EventPage& page, std::string_view tenant) {
  // Put together by hand: `data` leaves as it is stored, and JSON libraries would write it anew.
  std::string body = R"({"items":[)";
  for (const state::Event& event : page.events) {
    if (body.back() != '[') body += ',';
    body += events::to_event_json(event, tenant, page.next.epoch);
  }
  body +=
      fmt::format(R"(],"next":"{}","head":"{}"}})", events::to_text(page.next), events::to_text(page.head));
  Response response;
  response.headers.add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

awaitable<Response> list_events(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {"after", "limit", "wait"});
  if (!query) co_return bad_request(request, query.error());
  auto limit = query->number("limit", 1, kMaxLimit, kDefaultLimit);
  if (!limit) co_return bad_request(request, limit.error());
  constexpr auto kMaxWaitSeconds = static_cast<std::uint32_t>(kMaxWait / std::chrono::seconds{1});
  auto wait = query->number("wait", 0, kMaxWaitSeconds, 0);
  if (!wait) co_return bad_request(request, wait.error());
  const auto after = events::position_from(query->text("after"));
  if (!after) {
    co_return bad_request(
        request,
        base::invalid_argument("'after' must be a position like 1-17; pass the 'next' of the page before"));
  }
  auto page = dependencies.store.events_after(request.tenant, *after, *limit);
  if (page && page->events.empty() && *wait > 0) {
    request.answer_if_stopping(events_response(*page, request.tenant));
    std::string tenant = request.tenant;
    const base::Duration most = std::chrono::seconds{*wait};
    co_await dependencies.store.wait_for_event(std::move(tenant), after->seq, most);
    page = dependencies.store.events_after(request.tenant, *after, *limit);
  }
  if (!page) co_return problem(request, page.error());
  co_return events_response(*page, request.tenant);
}

}  // namespace

void add_event_routes(Router& router, const Dependencies& dependencies) {
  router.add(Route{"GET", "/v1/events", Access::kKeyed,
                   WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
                     co_return co_await list_events(dependencies, request);
                   }}});
}

}  // namespace paynamed::api
