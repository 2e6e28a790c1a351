#include "api/problem.hpp"
#include "api/render.hpp"
#include "api/routes.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;
using boost::asio::awaitable;

awaitable<Response> check_domain(const Dependencies& dependencies, Request& request) {
  std::string tenant = request.tenant;
  std::string domain = request.path_arguments.at(0);
  const std::string asked = domain;
  const auto report = co_await dependencies.domain_work->check(std::move(tenant), std::move(domain));
  if (!report) co_return problem(request, report.error());
  json::array findings;
  for (const domains::CheckFinding& each : report->findings) {
    findings.push_back(
        json::object{{"part", each.part},
                     {"verdict", domains::to_string(each.verdict)},
                     {"code", each.code.empty() ? json::value(nullptr) : json::value(each.code)},
                     {"message", each.sentence}});
  }
  json::object body{{"domain", asked}, {"fit", report->is_fit()}, {"findings", std::move(findings)}};
  co_return json_response(200, body);
}

}  // namespace

void add_domain_check_routes(Router& router, const Dependencies& dependencies) {
  router.add(Route{"POST", "/v1/domains/{domain}/check", Access::kKeyed,
                   WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
                     co_return co_await check_domain(dependencies, request);
                   }}});
}

}  // namespace paynamed::api
