#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "api/problem.hpp"
#include "api/render.hpp"
#include "api/routes.hpp"
#include "monitor/registration_facts.hpp"
#include "monitor/zone_facts.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kPage = 1000;

bool is_for(const DomainInfo& domain, const std::string& tenant) {
  return std::ranges::find(domain.tenants, tenant) != domain.tenants.end();
}

json::value time_or_null(const std::optional<base::WallTime>& time) {
  return time ? json::value(base::to_rfc3339(*time)) : json::value(nullptr);
}

// `row` is null for a domain that nobody has looked at.
json::object with_standing(const DomainInfo& domain, const state::DomainRow* row) {
  json::object object = to_json(domain);
  const state::DomainStanding standing = row == nullptr ? state::DomainStanding{} : row->standing;
  const bool was_looked_at = row != nullptr && row->looked;
  object["state"] = standing.degraded ? "degraded" : was_looked_at ? "fine" : "unknown";
  object["code"] = standing.degraded ? json::value(standing.code) : json::value(nullptr);
  object["reason"] = standing.degraded ? json::value(standing.reason) : json::value(nullptr);
  object["since"] = time_or_null(standing.since);
  object["changed"] = time_or_null(standing.changed);
  object["looked"] = time_or_null(row == nullptr ? std::nullopt : row->looked);
  return object;
}

Response list_domains(const Dependencies& dependencies, Request& request) {
  std::map<std::string, state::DomainRow> rows;
  std::string after;
  for (;;) {
    auto page = dependencies.store.list_domains(request.tenant, after, kPage);
    if (!page) return problem(request, page.error());
    for (state::DomainRow& row : *page) {
      after = row.domain;
      rows.emplace(row.domain, std::move(row));
    }
    if (page->size() < kPage) break;
  }
  json::array items;
  for (const DomainInfo& domain : dependencies.domains()) {
    if (!is_for(domain, request.tenant)) continue;
    const auto row = rows.find(domain.name);
    items.push_back(with_standing(domain, row == rows.end() ? nullptr : &row->second));
  }
  return page_response(std::move(items), {});
}

Response show_domain(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {});
  if (!query) return bad_request(request, query.error());
  const std::string& name = request.path_arguments.at(0);
  for (const DomainInfo& domain : dependencies.domains()) {
    if (domain.name != name || !is_for(domain, request.tenant)) continue;
    const auto row = dependencies.store.find_domain(request.tenant, name);
    if (!row) return problem(request, row.error());
    json::object object = with_standing(domain, *row ? &**row : nullptr);
    object["zone"] = nullptr;
    object["registration"] = nullptr;
    if (*row) {
      const json::object facts = monitor::zone_record_from((*row)->zone).facts;
      if (!facts.empty()) object["zone"] = facts;
      const json::object registration = monitor::object_from((*row)->registration);
      if (!registration.empty()) object["registration"] = registration;
    }
    return json_response(200, object);
  }
  // Another tenant's is none.
  return problem(request, base::not_found(fmt::format(
                              "there is no domain {}; GET /v1/domains lists those of this key", name)));
}

}  // namespace

void add_domain_routes(Router& router, const Dependencies& dependencies) {
  router.add(Route{"GET", "/v1/domains", Access::kKeyed, DirectHandler{[&dependencies](Request& request) {
                     return list_domains(dependencies, request);
                   }}});
  router.add(
      Route{"GET", "/v1/domains/{domain}", Access::kKeyed,
            DirectHandler{[&dependencies](Request& request) { return show_domain(dependencies, request); }}});
}

}  // namespace paynamed::api
