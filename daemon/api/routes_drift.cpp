#include <fmt/format.h>

#include "api/body.hpp"
#include "api/entries_json.hpp"
#include "api/problem.hpp"
#include "api/render.hpp"
#include "api/routes.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;
using boost::asio::awaitable;

// Of a plan that is larger the rest is counted; its fingerprint names all of it.
constexpr std::size_t kMostShown = 5'000;
constexpr std::size_t kMaxFingerprintBytes = 128;

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object to_json(const domains::DriftItem& item) {
  json::array found;
  for (const std::string& value : item.found) found.emplace_back(shown_value(value));
  return json::object{{"name", item.name},
                      {"kind", domains::to_string(item.kind)},
                      {"action", item.repairs ? "repair" : "none"},
                      {"wanted", text_or_null(item.wanted)},
                      {"found", std::move(found)},
                      {"message", item.sentence},
                      {"served", text_or_null(item.served)}};
}

awaitable<Response> show_drift(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {});
  if (!query) co_return bad_request(request, query.error());
  std::string tenant = request.tenant;
  std::string domain = request.path_arguments.at(0);
  const auto drift = co_await dependencies.domain_work->drift(std::move(tenant), std::move(domain));
  if (!drift) co_return problem(request, drift.error());
  json::array items;
  for (const domains::DriftItem& item : drift->items) {
    if (items.size() == kMostShown) break;
    items.push_back(to_json(item));
  }
  json::object body{{"items", std::move(items)},
                    {"total", drift->items.size()},
                    {"names", drift->names},
                    {"busy", drift->busy},
                    {"changes", drift->changes},
                    {"needs_force", drift->needs_force()},
                    {"shows_aliases", drift->shows_aliases},
                    {"fingerprint", drift->fingerprint}};
  co_return json_response(200, body);
}

awaitable<Response> mend_drift(const Dependencies& dependencies, Request& request) {
  auto body = Body::parse(request.body);
  if (!body) co_return bad_request(request, body.error());
  if (auto known = body->only({"fingerprint", "force"}); !known)
    co_return bad_request(request, known.error());
  auto fingerprint = body->text("fingerprint", kMaxFingerprintBytes, true);
  if (!fingerprint) co_return bad_request(request, fingerprint.error());
  std::string tenant = request.tenant;
  std::string domain = request.path_arguments.at(0);
  std::string correlation_id = request.correlation_id;
  const auto done =
      co_await dependencies.domain_work->mend(std::move(tenant), std::move(domain), *std::move(fingerprint),
                                              body->is_true("force"), std::move(correlation_id));
  if (!done) co_return problem(request, done.error());
  json::array begun;
  for (const auto& each : done->begun)
    begun.push_back(json::object{{"name", each.name}, {"run", each.run.to_string()}});
  json::array refused;
  for (const auto& each : done->refused)
    refused.push_back(json::object{{"name", each.name}, {"message", each.why}});
  json::object answer{{"begun", std::move(begun)}, {"refused", std::move(refused)}, {"left", done->left}};
  co_return json_response(202, answer);
}

}  // namespace

void add_drift_routes(Router& router, const Dependencies& dependencies) {
  router.add(Route{"GET", "/v1/domains/{domain}/drift", Access::kKeyed,
                   WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
                     co_return co_await show_drift(dependencies, request);
                   }}});
  router.add(Route{"POST", "/v1/domains/{domain}/drift", Access::kKeyed,
                   WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
                     co_return co_await mend_drift(dependencies, request);
                   }}});
}

}  // namespace paynamed::api
