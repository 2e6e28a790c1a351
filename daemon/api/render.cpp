#include "api/render.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "api/problem.hpp"
#include "api/render_node.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value{} : json::value(text);
}

json::value time_or_null(const std::optional<base::WallTime>& time) {
  return time ? json::value(base::to_rfc3339(*time)) : json::value{};
}

std::string name_link(std::string_view name) {
  return "/v1/names/" + percent_encode(name);
}

std::string run_link(const base::Uuid& run) {
  return "/v1/runs/" + run.to_string();
}

}  // namespace

json::object to_json(const state::NameRow& name, const nodes::Receivable& receivable) {
  json::object source{{"kind", state::to_string(name.source)}};
  if (name.source == state::SourceKind::kNode) {
    source["instance"] = text_or_null(name.node_instance);
    source["node"] = text_or_null(name.node);
  }
  json::object links{{"self", name_link(name.name)}, {"runs", "/v1/runs?name=" + percent_encode(name.name)}};
  if (name.open_run) links["open_run"] = run_link(*name.open_run);
  return json::object{
      {"name", name.name},
      {"domain", name.domain},
      {"state", state::to_string(name.state)},
      {"owner", text_or_null(name.owner)},
      {"reference", text_or_null(name.reference)},
      {"livemode", name.livemode},
      {"source", std::move(source)},
      {"value", text_or_null(name.value)},
      {"ttl_seconds", name.ttl_seconds},
      {"dns_instance", text_or_null(name.dns_instance)},
      {"offer_id", text_or_null(name.offer_id)},
      // DNS evidence says nothing about whether a payment would arrive; only its node does.
      {"receivable", to_json(receivable)},
      {"created", base::to_rfc3339(name.created)},
      {"updated", base::to_rfc3339(name.updated)},
      {"live_since", time_or_null(name.live_since)},
      {"quarantined_until", time_or_null(name.quarantined_until)},
      {"open_run", name.open_run ? json::value(name.open_run->to_string()) : json::value{}},
      {"revision", name.revision},
      {"links", std::move(links)},
  };
}

json::object to_json(const state::OfferRow& offer) {
  return json::object{
      {"offer_id", offer.offer_id},
      {"offer", offer.offer},
      {"state", state::to_string(offer.state)},
      {"source", state::to_string(offer.source)},
      {"instance", text_or_null(offer.node_instance)},
      {"created", base::to_rfc3339(offer.created)},
      {"expires", time_or_null(offer.expires)},
      {"retired_until", time_or_null(offer.retired_until)},
  };
}

json::object to_json(const state::RunRow& run) {
  return json::object{
      {"id", run.id.to_string()},
      {"verb", state::to_string(run.verb)},
      {"name", run.name},
      {"state", state::to_string(run.state)},
      {"reason", text_or_null(run.reason)},
      {"accepted", base::to_rfc3339(run.accepted)},
      {"updated", base::to_rfc3339(run.updated)},
      {"finished", time_or_null(run.finished)},
      {"correlation_id", text_or_null(run.correlation_id)},
      {"links", json::object{{"self", run_link(run.id)}, {"name", name_link(run.name)}}},
  };
}

json::object to_json(const pipeline::RunView& run) {
  json::object out = to_json(run.row);
  json::array steps;
  for (const pipeline::StepView& step : run.steps) {
    boost::system::error_code error;
    json::value outputs = json::parse(step.outputs.empty() ? "{}" : step.outputs, error);
    if (error) outputs = json::object{};
    steps.push_back(json::object{
        {"id", step.id},
        {"kind", step.kind},
        {"state", pipeline::to_string(step.state)},
        {"attempts", step.attempts},
        {"started", time_or_null(step.started)},
        {"finished", time_or_null(step.finished)},
        {"until", time_or_null(step.until)},
        {"message", text_or_null(step.message)},
        {"outputs", std::move(outputs)},
    });
  }
  out["steps"] = std::move(steps);
  return out;
}

json::object to_json(const PluginStatus& plugin) {
  return json::object{
      {"id", plugin.id},
      {"module", plugin.module},
      {"version", plugin.version},
      {"contract", plugin.contract},
      {"state", plugin.state},
      {"message", text_or_null(plugin.message)},
      {"retired", plugin.retired},
      {"calls", plugin.calls},
      {"errors", plugin.errors},
      {"in_flight", plugin.in_flight},
      {"breaker", text_or_null(plugin.breaker)},
      {"breaker_message", text_or_null(plugin.breaker_message)},
      {"since", time_or_null(plugin.since)},
  };
}

json::object to_json(const DomainInfo& domain) {
  json::object object{{"name", domain.name},
                      {"test", domain.test},
                      {"livemode", !domain.test},
                      {"dns_instance", domain.dns_instance}};
  if (!domain.configured_dns.empty()) object["configured_dns"] = domain.configured_dns;
  return object;
}

json::object to_json(const Readiness& readiness) {
  json::array parts;
  for (const Readiness::Part& part : readiness.parts) {
    parts.push_back(
        json::object{{"name", part.name}, {"ready", part.ready}, {"message", text_or_null(part.message)}});
  }
  return json::object{{"ready", readiness.ready}, {"parts", std::move(parts)}};
}

json::object to_json(const ConfigStanding& standing) {
  return json::object{
      {"config_generation", standing.generation},
      {"config_hash", standing.hash},
      {"config_loaded", base::to_rfc3339(standing.loaded)},
      {"config_stale", standing.stale_since.has_value()},
      {"config_stale_since", time_or_null(standing.stale_since)},
      {"config_stale_reason", text_or_null(standing.stale_reason)},
  };
}

json::object to_json(const ReloadReport& report) {
  constexpr std::string_view kOutcomes[] = {"applied", "unchanged", "checked", "refused"};
  json::array changes;
  for (const config::Change& change : report.changes) {
    changes.push_back(json::object{{"change", config::to_string(change.kind)},
                                   {"key", change.key},
                                   {"before", text_or_null(change.before)},
                                   {"after", text_or_null(change.after)},
                                   {"restart", text_or_null(change.restart)}});
  }
  boost::system::error_code error;
  json::value diagnostics = json::parse(report.diagnostics, error);
  return json::object{
      {"outcome", kOutcomes[static_cast<std::size_t>(report.outcome)]},
      {"config_generation", report.generation},
      {"config_hash", report.hash},
      {"changes", std::move(changes)},
      {"diagnostics", error ? json::value(nullptr) : std::move(diagnostics)},
      {"text", report.text},
  };
}

Response json_response(unsigned status, const json::object& object) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = json::serialize(object);
  return response;
}

Response page_response(json::array items, const std::string& next) {
  return json_response(200, json::object{{"items", std::move(items)}, {"next", text_or_null(next)}});
}

}  // namespace paynamed::api
