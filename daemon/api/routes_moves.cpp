#include <fmt/format.h>

#include <algorithm>

#include "api/body.hpp"
#include "api/problem.hpp"
#include "api/render.hpp"
#include "api/render_move.hpp"
#include "api/routes.hpp"

namespace paynamed::api {
namespace {

using boost::asio::awaitable;

constexpr std::size_t kMostEntries = 1000;
constexpr std::size_t kMaxEntryBytes = 300;
// A move is about all tenants' names and the operator's servers.
constexpr const char* kOperator = "default";

// The domain of the path, if the caller may move it or look at its move.
base::Result<std::string> domain_of(const Dependencies& dependencies, const Request& request,
                                    bool to_change) {
  const std::string& name = request.path_arguments.at(0);
  if (!dependencies.moves.show) return base::fail(base::unimplemented("this daemon moves no domains"));
  for (const DomainInfo& domain : dependencies.domains()) {
    const bool is_theirs = std::ranges::find(domain.tenants, request.tenant) != domain.tenants.end();
    if (domain.name != name || (!is_theirs && request.tenant != kOperator)) continue;
    if (to_change && request.tenant != kOperator) {
      return base::fail(base::permission_denied(
          fmt::format("only keys of the tenant '{}' move a domain; ask the operator", kOperator)));
    }
    return name;
  }
  return base::fail(
      base::not_found(fmt::format("there is no domain {}; GET /v1/domains lists those of this key", name)));
}

Response show(const Dependencies& dependencies, Request& request, const std::string& domain,
              unsigned status) {
  const auto view = dependencies.moves.show(domain);
  if (!view) return problem(request, view.error());
  if (!*view) return problem(request, base::not_found(fmt::format("{} was never moved", domain)));
  if (request.tenant != kOperator) return json_response(status, to_json_for_tenant(**view));
  return json_response(status, to_json(**view, dependencies.clock.wall()));
}

base::Result<std::pair<moves::MoveRequest, bool>> read_request(const Request& request, std::string domain) {
  const auto body = Body::parse(request.body);
  if (!body) return base::fail(body.error());
  if (auto known = body->only({"to", "dry_run", "accept", "servers"}); !known)
    return base::fail(known.error());
  moves::MoveRequest wanted;
  wanted.domain = std::move(domain);
  auto to = body->text("to", kMaxEntryBytes, true);
  if (!to) return base::fail(to.error());
  wanted.to = *std::move(to);
  auto accept = body->texts("accept", kMostEntries, kMaxEntryBytes);
  if (!accept) return base::fail(accept.error());
  wanted.accept = *std::move(accept);
  auto servers = body->texts("servers", kMostEntries, kMaxEntryBytes);
  if (!servers) return base::fail(servers.error());
  wanted.servers = *std::move(servers);
  return std::pair{std::move(wanted), body->is_true("dry_run")};
}

awaitable<Response> begin(const Dependencies& dependencies, Request& request) {
  const auto domain = domain_of(dependencies, request, true);
  if (!domain) co_return problem(request, domain.error());
  auto wanted = read_request(request, *domain);
  if (!wanted) co_return bad_request(request, wanted.error());
  if (wanted->second) {
    const auto plan = co_await dependencies.moves.plan(std::move(wanted->first));
    if (!plan) co_return problem(request, plan.error());
    co_return json_response(200, to_json(*plan, *domain));
  }
  const auto begun = co_await dependencies.moves.begin(std::move(wanted->first));
  if (!begun) co_return problem(request, begun.error());
  co_return show(dependencies, request, *domain, 202);
}

using Decision = std::function<awaitable<base::Result<state::MoveRow>>(std::string)>;

awaitable<Response> decide(const Dependencies& dependencies, Request& request, const Decision& decision) {
  const auto domain = domain_of(dependencies, request, true);
  if (!domain) co_return problem(request, domain.error());
  const auto done = co_await decision(*domain);
  if (!done) co_return problem(request, done.error());
  co_return show(dependencies, request, *domain, 202);
}

}  // namespace

void add_move_routes(Router& router, const Dependencies& dependencies) {
  const auto add = [&](std::string method, std::string path, Handler handler) {
    router.add(Route{std::move(method), std::move(path), Access::kKeyed, std::move(handler)});
  };
  add("GET", "/v1/domains/{domain}/moves", DirectHandler{[&dependencies](Request& request) {
        const auto domain = domain_of(dependencies, request, false);
        if (!domain) return problem(request, domain.error());
        return show(dependencies, request, *domain, 200);
      }});
  add("POST", "/v1/domains/{domain}/moves",
      WaitingHandler{[&dependencies](Request& request) { return begin(dependencies, request); }});
  add("POST", "/v1/domains/{domain}/moves/resume", WaitingHandler{[&dependencies](Request& request) {
        return decide(dependencies, request, dependencies.moves.resume);
      }});
  add("POST", "/v1/domains/{domain}/moves/undo", WaitingHandler{[&dependencies](Request& request) {
        return decide(dependencies, request, dependencies.moves.undo);
      }});
}

}  // namespace paynamed::api
