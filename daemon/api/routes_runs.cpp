#include <fmt/format.h>

#include "api/cursor.hpp"
#include "api/problem.hpp"
#include "api/render.hpp"
#include "api/routes.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;
using boost::asio::awaitable;

constexpr std::uint32_t kDefaultLimit = 50;
constexpr std::uint32_t kMaxLimit = 500;

base::Result<base::Uuid> run_of(const Request& request) {
  const auto id = base::Uuid::parse(request.path_arguments.at(0));
  if (!id) return base::fail(base::not_found("there is no such run: its id is not a UUID"));
  return *id;
}

Response show_run(const Dependencies& dependencies, Request& request) {
  auto id = run_of(request);
  if (!id) return problem(request, id.error());
  auto view = dependencies.engine.view(request.tenant, *id);
  if (!view) return problem(request, view.error());
  return json_response(200, to_json(*view));
}

Response list_runs(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {"name", "state", "limit", "cursor"});
  if (!query) return bad_request(request, query.error());
  auto limit = query->number("limit", 1, kMaxLimit, kDefaultLimit);
  if (!limit) return bad_request(request, limit.error());
  std::optional<state::RunState> state;
  if (const std::string* text = query->find("state")) {
    state = state::run_state_from(*text);
    if (!state) {
      return bad_request(request,
                         base::invalid_argument("the query parameter 'state' must be running, paused, "
                                                "compensating, completed or compensated"));
    }
  }
  std::string name = query->text("name");
  if (!name.empty()) {
    auto parsed = base::Name::parse(name);
    if (!parsed) return problem(request, parsed.error());
    name = parsed->text();
  }
  base::Uuid before;
  if (const std::string* cursor = query->find("cursor")) {
    const auto place = read_cursor("runs", *cursor);
    const auto id = place ? base::Uuid::parse(*place) : std::nullopt;
    if (!id) {
      return bad_request(request,
                         base::invalid_argument("the cursor is not one of this list; pass 'next' unchanged"));
    }
    before = *id;
  }
  auto rows = dependencies.store.list_runs(request.tenant, name, state, before, *limit + 1);
  if (!rows) return problem(request, rows.error());
  std::string next;
  if (rows->size() > *limit) {
    rows->resize(*limit);
    next = make_cursor("runs", rows->back().id.to_string());
  }
  json::array items;
  for (const state::RunRow& row : *rows) items.push_back(to_json(row));
  return page_response(std::move(items), next);
}

// After resume or cancel: the run as it stands now.
Response decided(const Dependencies& dependencies, Request& request, base::Uuid id) {
  Response response = show_run(dependencies, request);
  if (response.status != 200) return response;
  response.status = 202;
  response.headers.add("Location", "/v1/runs/" + id.to_string());
  return response;
}

}  // namespace

void add_run_routes(Router& router, const Dependencies& dependencies) {
  const auto add = [&](std::string method, std::string path, Handler handler) {
    router.add(Route{std::move(method), std::move(path), Access::kKeyed, std::move(handler)});
  };
  add("GET", "/v1/runs",
      DirectHandler{[&dependencies](Request& request) { return list_runs(dependencies, request); }});
  add("GET", "/v1/runs/{id}",
      DirectHandler{[&dependencies](Request& request) { return show_run(dependencies, request); }});
  add("POST", "/v1/runs/{id}/resume",
      WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
        auto id = run_of(request);
        if (!id) co_return problem(request, id.error());
        std::string tenant = request.tenant;
        auto done = co_await dependencies.engine.resume(std::move(tenant), *id);
        if (!done) co_return problem(request, done.error());
        co_return decided(dependencies, request, *id);
      }});
  add("POST", "/v1/runs/{id}/cancel",
      WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
        auto id = run_of(request);
        if (!id) co_return problem(request, id.error());
        std::string tenant = request.tenant;
        auto done = co_await dependencies.engine.cancel(std::move(tenant), *id);
        if (!done) co_return problem(request, done.error());
        co_return decided(dependencies, request, *id);
      }});
}

}  // namespace paynamed::api
