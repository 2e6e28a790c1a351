#include <boost/json/serialize.hpp>

#include "api/problem.hpp"
#include "api/render.hpp"
#include "api/routes.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;

Response text_response(std::string type, std::string body) {
  Response response;
  response.headers.add("Content-Type", std::move(type));
  response.body = std::move(body);
  return response;
}

// One key opens all of a tenant's names, and the tenant "default" is the operator's: what concerns the whole
// daemon is for its keys.
constexpr std::string_view kOperator = "default";

boost::asio::awaitable<Response> reload(const Dependencies& dependencies, Request& request) {
  if (request.tenant != kOperator) {
    co_return problem(
        request, base::permission_denied("only keys of the tenant 'default' may reload the configuration"));
  }
  const std::vector<std::string> known{"check"};
  auto query = Query::parse(request.query, known);
  if (!query) co_return bad_request(request, query.error());
  const std::string* check = query->find("check");
  if (check && *check != "true" && *check != "false") {
    co_return bad_request(request, base::invalid_argument("'check' is true or false"));
  }
  const ReloadReport report = co_await dependencies.reload(check && *check == "true");
  const json::object shown = to_json(report);
  if (report.outcome != ReloadReport::Outcome::kRefused) co_return json_response(200, shown);
  if (report.refusal.code() == base::Code::kUnavailable) co_return problem(request, report.refusal);
  // All members but the braces.
  const std::string members = json::serialize(shown);
  const unsigned status = report.refusal.code() == base::Code::kInvalidArgument ? 422 : 409;
  co_return problem(request, status, "/problems/configuration-refused", report.refusal.message(),
                    std::string_view{members}.substr(1, members.size() - 2));
}

}  // namespace

void add_system_routes(Router& router, const Dependencies& dependencies) {
  const auto add = [&](std::string path, Access access, DirectHandler handler) {
    router.add(Route{"GET", std::move(path), access, std::move(handler)});
  };
  add("/v1/plugins", Access::kKeyed, [&dependencies](Request& request) {
    json::array items;
    for (PluginStatus& plugin : dependencies.plugins()) {
      // What plugins say may have paths and addresses of the operator's machine in it.
      if (request.tenant != kOperator) {
        plugin.message.clear();
        plugin.breaker_message.clear();
      }
      items.push_back(to_json(plugin));
    }
    const ConfigStanding standing = dependencies.config();
    return json_response(200, json::object{{"items", std::move(items)},
                                           {"next", nullptr},
                                           {"config_generation", standing.generation},
                                           {"config_hash", standing.hash}});
  });
  router.add(Route{"POST", "/v1/reload", Access::kKeyed, WaitingHandler{[&dependencies](Request& request) {
                     return reload(dependencies, request);
                   }}});
  // The process answers: that is all that a supervisor may conclude. A file that could not be taken up is no
  // reason to end what runs by the one before.
  add("/healthz", Access::kPublic, [&dependencies](Request&) {
    json::object body = to_json(dependencies.config());
    body["alive"] = true;
    return json_response(200, body);
  });
  add("/readyz", Access::kPublic, [&dependencies](Request&) {
    const Readiness readiness = dependencies.readiness();
    return json_response(readiness.ready ? 200 : 503, to_json(readiness));
  });
  add("/metrics", Access::kLocalOrKeyed, [&dependencies](Request&) {
    return text_response("text/plain; version=0.0.4; charset=utf-8", dependencies.metrics.text());
  });
  add("/openapi.yaml", Access::kPublic,
      [](Request&) { return text_response("application/yaml", std::string{openapi_document()}); });
  add("/asyncapi.yaml", Access::kPublic,
      [](Request&) { return text_response("application/yaml", std::string{asyncapi_document()}); });
  add("/events.schema.json", Access::kPublic, [](Request&) {
    return text_response("application/schema+json", std::string{events_schema_document()});
  });
}

}  // namespace paynamed::api
