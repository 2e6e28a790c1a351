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

}  // namespace

void add_system_routes(Router& router, const Dependencies& dependencies) {
  const auto add = [&](std::string path, Access access, DirectHandler handler) {
    router.add(Route{"GET", std::move(path), access, std::move(handler)});
  };
  add("/v1/plugins", Access::kKeyed, [&dependencies](Request&) {
    json::array items;
    for (const PluginStatus& plugin : dependencies.plugins()) items.push_back(to_json(plugin));
    return page_response(std::move(items), {});
  });
  // The process answers: that is all that a supervisor may conclude.
  add("/healthz", Access::kPublic, [](Request&) {
    return json_response(200, json::object{{"alive", true}});
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
}

}  // namespace paynamed::api
