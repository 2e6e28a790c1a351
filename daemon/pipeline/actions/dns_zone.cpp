#include "pipeline/actions/dns_zone.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/event_data.hpp"
#include "pipeline/record_holders.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = paynamed::plugin::v1;
using base::Result;

namespace {

// How long a request may still act after it was sent, where the provider does not say.
constexpr base::Duration kLongestRequest{30'000};
constexpr std::size_t kMostChangeId = 512;
// A provider that claims more is not waited for.
constexpr base::Duration kMostPatience{3'600'000};

base::Status not_configured(const std::string& domain) {
  return base::unavailable(
      fmt::format("the domain {} is no longer in the configuration; add it and resume the run", domain));
}

}  // namespace

RecordPlace RecordPlace::from_intent(const json::object& intent) {
  return {text_of(intent, "instance"), text_of(intent, "zone"), text_of(intent, "owner_name")};
}

void RecordPlace::put_into(json::object& intent) const {
  intent["instance"] = instance;
  intent["zone"] = zone;
  intent["owner_name"] = owner_name;
}

void RecordPlace::put_change_into(json::object& outputs, const std::string& change_id) const {
  if (change_id.empty() || change_id.size() > kMostChangeId) return;
  outputs["change"] = {{"id", change_id}, {"instance", instance}, {"zone", zone}};
}

std::vector<const json::object*> parts_of(const json::object& intent) {
  std::vector<const json::object*> parts{&intent};
  const json::value* second = intent.if_contains("second");
  if (second != nullptr && second->is_object()) parts.push_back(&second->get_object());
  return parts;
}

const json::object* part_at(const json::object& intent, const RecordPlace& place) {
  if (intent.empty()) return nullptr;
  for (const json::object* part : parts_of(intent)) {
    if (text_of(*part, "instance") == place.instance) return part;
  }
  return nullptr;
}

Failure failure_at(const json::object& part, const json::object& intent, Failure failure) {
  failure.effect_unknown = failure.effect_unknown || &part != &intent;
  return failure;
}

std::size_t place_at_work(const json::object& waited) {
  return integer_of(waited, "place").value_or(0) == 0 ? 0 : 1;
}

PluginCall DnsZone::patient_call(const StepContext& context, std::string instance, std::string method,
                                 std::string key) const {
  PluginCall wanted = plugin_call(context, std::move(instance), std::move(method), std::move(key));
  if (wanted.background) wanted.timeout += services_.runtime()->config.daemon.bulk_wait;
  return wanted;
}

Result<std::vector<RecordPlace>> DnsZone::places_of(const StepContext& context) const {
  const std::string& domain = context.input.name.domain();
  const auto runtime = services_.runtime();
  const config::Domain* configured = runtime->config.find_domain(domain);
  const std::string holder = context.input.before ? context.input.before->dns_instance : std::string{};
  if (!configured && holder.empty()) return base::fail(not_configured(domain));
  std::string of_domain;
  if (configured) {
    auto instance = instance_of_domain(services_.moves, *configured);
    if (!instance) return base::fail(instance.error());
    of_domain = *std::move(instance);
  }
  std::optional<state::MoveOfName> move;
  if (services_.moves != nullptr) {
    auto found = services_.moves->move_of_name(domain, context.input.name.text());
    if (!found) return base::fail(found.error());
    move = *std::move(found);
  }
  const std::string zone = (configured ? configured->zone : domain) + ".";
  std::vector<RecordPlace> places;
  for (std::string& instance : record_holders(move, holder, of_domain)) {
    places.push_back({std::move(instance), zone, context.input.name.owner_name()});
  }
  return places;
}

Result<names::Publication> DnsZone::publication(const StepContext& context, const std::string& source,
                                                std::optional<std::chrono::seconds> ttl) const {
  const auto runtime = services_.runtime();
  const config::Domain* domain = runtime->config.find_domain(context.input.name.domain());
  if (!domain) return base::fail(not_configured(context.input.name.domain()));
  const auto given = context.duration_argument("ttl");
  names::PublicationRules rules;
  rules.test_domain = domain->test;
  rules.min_ttl = config::kLeastTtl;
  rules.max_ttl = config::kMostTtl;
  auto publication = names::check_publication(context.input.name, source,
                                              given ? std::chrono::duration_cast<std::chrono::seconds>(*given)
                                                    : ttl.value_or(std::chrono::seconds{domain->ttl_seconds}),
                                              context.now, rules);
  if (!publication) return base::fail(base::failed_precondition(publication.error().message()));
  return publication;
}

asio::awaitable<Result<std::vector<v1::TxtRecord>>> DnsZone::read_records(const StepContext& context,
                                                                          const RecordPlace& place,
                                                                          std::string settle_key) const {
  v1::ReadRequest request;
  request.set_zone(place.zone);
  request.set_name(place.owner_name);
  PluginCall wanted = patient_call(context, place.instance, "Read", {});
  wanted.settle_key = std::move(settle_key);
  auto called = co_await call<v1::ReadReply>(services_, std::move(wanted), request);
  if (!called.reply) co_return base::fail(called.reply.error());
  co_return std::vector<v1::TxtRecord>{called.reply->records().begin(), called.reply->records().end()};
}

asio::awaitable<Result<std::vector<std::string>>> DnsZone::read(const StepContext& context,
                                                                const RecordPlace& place,
                                                                std::string settle_key) const {
  const auto records = co_await read_records(context, place, std::move(settle_key));
  if (!records) co_return base::fail(records.error());
  std::vector<std::string> values;
  for (const v1::TxtRecord& each : *records) values.push_back(each.value());
  co_return values;
}

asio::awaitable<Called<v1::PublishReply>> DnsZone::publish(const StepContext& context,
                                                           const RecordPlace& place,
                                                           const v1::PublishRequest& request,
                                                           const std::string& key) const {
  PluginCall wanted = patient_call(context, place.instance, "Publish", key);
  co_return co_await call<v1::PublishReply>(services_, std::move(wanted), request);
}

asio::awaitable<std::optional<Failure>> DnsZone::withdraw(const StepContext& context,
                                                          const RecordPlace& place, const std::string& value,
                                                          const std::string& key) const {
  v1::WithdrawRequest request;
  request.set_zone(place.zone);
  request.set_name(place.owner_name);
  request.set_value(value);
  PluginCall wanted = patient_call(context, place.instance, "Withdraw", key);
  auto called = co_await call<v1::WithdrawReply>(services_, std::move(wanted), request);
  // NOT_FOUND too: "there is no such zone" says nothing about the record.
  if (!called.reply) co_return called.failure;
  co_return std::nullopt;
}

asio::awaitable<Result<v1::DescribeDnsReply>> DnsZone::describe(const StepContext& context,
                                                                const RecordPlace& place) const {
  PluginCall wanted = plugin_call(context, place.instance, "Describe", {});
  const v1::DescribeDnsRequest request;
  auto called = co_await call<v1::DescribeDnsReply>(services_, std::move(wanted), request);
  co_return std::move(called.reply);
}

asio::awaitable<std::optional<std::string>> DnsZone::pending(const StepContext& context,
                                                             const json::object& outputs) const {
  const json::value* found = outputs.if_contains("change");
  if (!found || !found->is_object()) co_return std::nullopt;
  const json::object& change = found->get_object();
  v1::SyncStatusRequest request;
  request.set_zone(text_of(change, "zone"));
  request.set_change_id(text_of(change, "id"));
  const std::string instance = text_of(change, "instance");
  PluginCall wanted = patient_call(context, instance, "SyncStatus", {});
  const auto called = co_await call<v1::SyncStatusReply>(services_, std::move(wanted), request);
  if (!called.reply || called.reply->state() != v1::SyncStatusReply::PENDING) co_return std::nullopt;
  co_return fmt::format("'{}' says that the change is PENDING; its servers are asked when it is not",
                        instance);
}

asio::awaitable<base::Duration> DnsZone::longest_request(const StepContext& context,
                                                         const RecordPlace& place) const {
  const auto described = co_await describe(context, place);
  const std::uint32_t said = described ? described->max_request_ms() : 0;
  co_return said == 0 ? kLongestRequest : std::min(base::Duration{said}, kMostPatience);
}

v1::PublishRequest DnsZone::publish_request(const RecordPlace& place, const std::string& value,
                                            std::uint32_t ttl) {
  v1::PublishRequest request;
  request.set_zone(place.zone);
  request.mutable_record()->set_name(place.owner_name);
  request.mutable_record()->set_value(value);
  request.mutable_record()->set_ttl_seconds(ttl);
  request.mutable_record()->set_comment("managed by paynamed");
  return request;
}

}  // namespace paynamed::pipeline
