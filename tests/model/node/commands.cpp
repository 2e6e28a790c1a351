#include "tests/model/node/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <map>

namespace paynamed::model {
namespace json = boost::json;

namespace {

constexpr std::int64_t kBadParameters = -32602;
constexpr std::int64_t kUnknownCommand = -32601;

enum class Kind { kText, kNumber, kFlag, kAmount };
struct Parameter {
  std::string_view name;
  Kind kind;
  bool required = false;
};

const std::map<std::string, std::vector<Parameter>, std::less<>>& parameters() {
  static const std::map<std::string, std::vector<Parameter>, std::less<>> all{
      {"getinfo", {}},
      {"offer",
       {{"amount", Kind::kText, true},
        {"description", Kind::kText},
        {"issuer", Kind::kText},
        {"label", Kind::kText},
        {"absolute_expiry", Kind::kNumber},
        {"single_use", Kind::kFlag}}},
      {"listoffers", {{"offer_id", Kind::kText}, {"active_only", Kind::kFlag}}},
      {"disableoffer", {{"offer_id", Kind::kText, true}}},
      {"enableoffer", {{"offer_id", Kind::kText, true}}},
      {"invoice",
       {{"amount_msat", Kind::kAmount, true},
        {"label", Kind::kText, true},
        {"description", Kind::kText, true},
        {"expiry", Kind::kNumber}}},
      {"listinvoices",
       {{"label", Kind::kText},
        {"payment_hash", Kind::kText},
        {"index", Kind::kText},
        {"start", Kind::kNumber},
        {"limit", Kind::kNumber}}},
      {"waitanyinvoice", {{"lastpay_index", Kind::kNumber}, {"timeout", Kind::kNumber}}},
      {"decode", {{"string", Kind::kText, true}}},
  };
  return all;
}

bool is_number(const json::value& value) {
  return value.is_uint64() || (value.is_int64() && value.get_int64() >= 0);
}

bool fits(const json::value& value, Kind kind) {
  switch (kind) {
    case Kind::kText:
      return value.is_string();
    case Kind::kNumber:
      return is_number(value);
    case Kind::kFlag:
      return value.is_bool();
    case Kind::kAmount:
      return is_number(value) || value.is_string();
  }
  return false;
}

std::optional<std::string> text_in(const json::object& params, std::string_view name) {
  const json::value* found = params.if_contains(name);
  if (found == nullptr) return std::nullopt;
  return std::string(found->as_string());
}

std::optional<std::uint64_t> number_in(const json::object& params, std::string_view name) {
  const json::value* found = params.if_contains(name);
  if (found == nullptr) return std::nullopt;
  return found->to_number<std::uint64_t>();
}

// Nothing: any.
std::optional<std::uint64_t> amount_of(std::string_view text) {
  if (text == "any") return std::nullopt;
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  const std::string_view unit(read.ptr, static_cast<std::size_t>(end - read.ptr));
  if (read.ec != std::errc() || number == 0 || (unit != "msat" && unit != "sat" && !unit.empty()))
    throw RpcRefusal(kBadParameters, "amount: invalid");
  return number * (unit == "sat" ? 1'000 : 1);
}

const std::string& hash_in(const std::string& text, std::string_view name) {
  if (text.size() != 64 || text.find_first_not_of("0123456789abcdef") != std::string::npos)
    throw RpcRefusal(kBadParameters, fmt::format("{}: should be a 32 byte hex value", name));
  return text;
}

json::object getinfo(LnNode& node) {
  return {{"id", node.id()},    {"alias", "MODEL"}, {"version", "v26.06.6"},    {"network", "regtest"},
          {"blockheight", 110}, {"num_peers", 1},   {"num_active_channels", 1}, {"fees_collected_msat", 0}};
}

json::object offer(LnNode& node, const json::object& params) {
  const OfferTerms terms{amount_of(*text_in(params, "amount")), text_in(params, "description"),
                         text_in(params, "issuer"), number_in(params, "absolute_expiry")};
  if (terms.amount_msat && !terms.description)
    throw RpcRefusal(kBadParameters,
                     "description is required for the user to know what it was they paid for");
  const json::value* single = params.if_contains("single_use");
  return node.create_offer(terms, text_in(params, "label"), single != nullptr && single->as_bool());
}

json::object listoffers(LnNode& node, const json::object& params) {
  const auto wanted = text_in(params, "offer_id");
  if (wanted) hash_in(*wanted, "offer_id");
  const json::value* active = params.if_contains("active_only");
  const bool active_only = active != nullptr && active->as_bool();
  json::array shown;
  for (const NodeOffer& each : node.offers()) {
    if ((!wanted || *wanted == each.offer_id) && (each.active || !active_only))
      shown.push_back(LnNode::shown(each));
  }
  return {{"offers", std::move(shown)}};
}

json::object invoice(LnNode& node, const json::object& params) {
  const json::value& amount = params.at("amount_msat");
  const auto msat = amount.is_string() ? amount_of(std::string_view(amount.get_string()))
                                       : std::optional{amount.to_number<std::uint64_t>()};
  if (msat == 0U) throw RpcRefusal(kBadParameters, "amount_msat: should be a positive amount");
  const NodeInvoice& made =
      node.create_invoice(*text_in(params, "label"), msat, *text_in(params, "description"),
                          number_in(params, "expiry").value_or(604'800));
  return {{"payment_hash", made.payment_hash},
          {"expires_at", made.expires_at},
          {"bolt11", made.bolt11},
          {"payment_secret", std::string(64, '1')},
          {"created_index", made.created_index}};
}

json::object listinvoices(LnNode& node, const json::object& params) {
  const auto label = text_in(params, "label");
  const auto hash = text_in(params, "payment_hash");
  if (label && hash) throw RpcRefusal(kBadParameters, "Can only specify one of {label} or {payment_hash}");
  if (hash) hash_in(*hash, "payment_hash");
  const auto index = text_in(params, "index");
  const auto start = number_in(params, "start");
  const auto limit = number_in(params, "limit");
  if (index && *index != "updated")
    throw RpcRefusal(kBadParameters, "index: unknown index name: invalid token");
  if (!index && (start || limit)) throw RpcRefusal(kBadParameters, "start and limit need an index");
  std::vector<const NodeInvoice*> found;
  for (const NodeInvoice& each : node.invoices()) {
    if (label.value_or(each.label) == each.label && hash.value_or(each.payment_hash) == each.payment_hash &&
        each.updated_index >= start.value_or(0))
      found.push_back(&each);
  }
  if (index) std::ranges::stable_sort(found, {}, &NodeInvoice::updated_index);
  if (limit && found.size() > *limit) found.resize(*limit);
  json::array shown;
  for (const NodeInvoice* each : found) shown.push_back(LnNode::shown(*each));
  return {{"invoices", std::move(shown)}};
}

json::object decode(LnNode& node, const json::object& params) {
  const std::string text = *text_in(params, "string");
  for (const NodeOffer& each : node.offers()) {
    if (each.bolt12 != text) continue;
    json::object out{{"type", "bolt12 offer"}, {"valid", true}, {"offer_id", each.offer_id}};
    if (each.terms.amount_msat) out["offer_amount_msat"] = *each.terms.amount_msat;
    if (each.terms.description) out["offer_description"] = *each.terms.description;
    if (each.terms.issuer) out["offer_issuer"] = *each.terms.issuer;
    if (each.terms.absolute_expiry) out["offer_absolute_expiry"] = *each.terms.absolute_expiry;
    return out;
  }
  for (const NodeInvoice& each : node.invoices()) {
    if (each.bolt11 != text) continue;
    json::object out{{"type", "bolt11 invoice"},          {"valid", true},
                     {"payment_hash", each.payment_hash}, {"description", each.description},
                     {"created_at", each.created_at},     {"expiry", each.expiry}};
    if (each.amount_msat) out["amount_msat"] = *each.amount_msat;
    return out;
  }
  throw RpcRefusal(kBadParameters, "string: Unparsable string: invalid token");
}

}  // namespace

void Commands::check(const std::string& method, const json::object& params) {
  const auto known = parameters().find(method);
  std::string problem;
  if (known == parameters().end()) {
    problem = fmt::format("Unknown command '{}'", method);
  } else {
    for (const auto& [name, value] : params) {
      const auto found = std::ranges::find(known->second, std::string_view(name), &Parameter::name);
      if (found == known->second.end()) {
        problem = fmt::format("unknown parameter: {}", std::string_view(name));
      } else if (!fits(value, found->kind)) {
        problem = fmt::format("{}: invalid token", std::string_view(name));
      }
    }
    for (const Parameter& each : known->second) {
      if (each.required && !params.contains(each.name))
        problem = fmt::format("missing required parameter: {}", each.name);
    }
  }
  if (problem.empty()) return;
  throw RpcRefusal(known == parameters().end() ? kUnknownCommand : kBadParameters, problem);
}

json::object Commands::run(const std::string& method, const json::object& params) {
  try {
    check(method, params);
    if (method == "getinfo") return getinfo(node_);
    if (method == "offer") return offer(node_, params);
    if (method == "listoffers") return listoffers(node_, params);
    if (method == "disableoffer")
      return node_.disable_offer(hash_in(*text_in(params, "offer_id"), "offer_id"));
    if (method == "enableoffer") return node_.enable_offer(hash_in(*text_in(params, "offer_id"), "offer_id"));
    if (method == "invoice") return invoice(node_, params);
    if (method == "listinvoices") return listinvoices(node_, params);
    return decode(node_, params);
  } catch (const RpcRefusal& refusal) {
    if (refusal.code == kBadParameters || refusal.code == kUnknownCommand)
      bad_requests_.push_back(fmt::format("{} {}: {}", method, json::serialize(params), refusal.what()));
    throw;
  }
}

Commands::WaitTerms Commands::wait_terms(const json::object& params) {
  check("waitanyinvoice", params);
  return {number_in(params, "lastpay_index").value_or(0), number_in(params, "timeout")};
}

}  // namespace paynamed::model
