#include "tests/model/daemon/look.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <stdexcept>

#include "tests/model/daemon/instant_dns.hpp"

namespace paynamed::model {
namespace json = boost::json;

namespace {

constexpr std::uint32_t kMost = 10'000;

template <class T>
T must(base::Result<T> result) {
  if (!result) throw std::runtime_error("the store cannot be read: " + result.error().to_string());
  return *std::move(result);
}

std::int64_t ms_of(base::WallTime time) {
  return time.time_since_epoch().count();
}

json::object shown(const state::NameRow& row) {
  return {{"name", row.name},
          {"state", state::to_string(row.state)},
          {"value", row.value},
          {"offer_id", row.offer_id},
          {"busy", row.open_run.has_value()}};
}

json::array offers_of(state::SqliteStore& store, const std::string& tenant, const std::string& name) {
  json::array all;
  for (const state::OfferRow& each : must(store.offers_of(tenant, name, kMost)))
    all.push_back({{"offer_id", each.offer_id}, {"state", state::to_string(each.state)}});
  return all;
}

json::object shown(const state::InvoiceRow& row) {
  return {{"id", row.id.to_string()},           {"name", row.name},
          {"reference", row.terms.reference},   {"bolt11", row.bolt11},
          {"payment_hash", row.payment_hash},   {"state", state::to_string(row.state)},
          {"received_msat", row.received_msat}, {"expires_ms", ms_of(row.expires)}};
}

json::object shown(const state::PaymentRow& row) {
  return {{"id", row.id.to_string()}, {"name", row.name},
          {"pay_key", row.pay_key},   {"received_msat", row.received_msat},
          {"offer_id", row.offer_id}, {"invoice", row.invoice ? row.invoice->to_string() : std::string{}}};
}

json::object shown(const state::RunRow& row) {
  return {{"id", row.id.to_string()},
          {"name", row.name},
          {"verb", state::to_string(row.verb)},
          {"state", state::to_string(row.state)},
          {"reason", row.reason}};
}

json::array open_runs(state::SqliteStore& store, const std::string& tenant) {
  json::array all;
  for (const state::RunState state :
       {state::RunState::kRunning, state::RunState::kPaused, state::RunState::kCompensating}) {
    for (const state::RunRow& each : must(store.list_runs(tenant, {}, state, {}, kMost)))
      all.push_back(shown(each));
  }
  return all;
}

json::object reading_of(const Parts& parts) {
  for (const payments::WatchStatus& each : parts.watches().statuses()) {
    return {{"read_until_ms", each.read_until ? ms_of(*each.read_until) : 0}, {"problem", each.problem}};
  }
  return {{"read_until_ms", 0}, {"problem", "no node is watched"}};
}

}  // namespace

json::array names(Parts& parts) {
  json::array all;
  for (const char* tenant : kTenants) {
    for (const state::NameRow& each :
         must(parts.sqlite().list_names(tenant, kDomain, std::nullopt, {}, kMost)))
      all.push_back(shown(each));
  }
  return all;
}

json::object look(Parts& parts, const std::string& tenant, std::uint64_t after) {
  state::SqliteStore& store = parts.sqlite();
  json::array names;
  for (const state::NameRow& each : must(store.list_names(tenant, kDomain, std::nullopt, {}, kMost))) {
    json::object row = shown(each);
    row["offers"] = offers_of(store, tenant, each.name);
    names.push_back(std::move(row));
  }
  json::array events;
  for (const state::Event& each : must(store.events_after(tenant, {1, after}, kMost)).events) {
    events.push_back({{"seq", each.seq},
                      {"type", each.type},
                      {"id", each.id.to_string()},
                      {"data", json::parse(each.data)}});
  }
  json::array invoices;
  for (const state::InvoiceRow& each : must(store.list_invoices(tenant, {}, std::nullopt, {}, kMost)))
    invoices.push_back(shown(each));
  json::array payments;
  for (const state::PaymentRow& each : must(store.list_payments(tenant, {}, {}, kMost)))
    payments.push_back(shown(each));
  json::array intents;
  for (const state::InvoiceIntent& each :
       must(store.open_intents(parts.clock().wall() + std::chrono::hours{24}, {}, kMost)))
    intents.emplace_back(each.terms.reference);
  return {{"names", std::move(names)},       {"events", std::move(events)},
          {"invoices", std::move(invoices)}, {"payments", std::move(payments)},
          {"intents", std::move(intents)},   {"runs", open_runs(store, tenant)},
          {"reading", reading_of(parts)}};
}

json::array prove(Parts& parts) {
  json::array wrong;
  const state::ChainReport chain = must(parts.sqlite().verify_chain());
  if (chain.broken_offset)
    wrong.emplace_back(
        fmt::format("the hash chain is broken at offset {}: {}", *chain.broken_offset, chain.problem));
  for (const std::string& each : must(parts.sqlite().compare_rebuilt()))
    wrong.emplace_back("a rebuild differs: " + each);
  return wrong;
}

}  // namespace paynamed::model
