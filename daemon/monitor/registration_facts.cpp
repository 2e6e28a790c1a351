#include "monitor/registration_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace paynamed::monitor {
namespace json = boost::json;

namespace {

struct Trouble {
  std::string_view status;
  const char* code;
  const char* sentence;
};

// The first that applies is said.
constexpr std::array<Trouble, 4> kTroubles{{
    {"pending delete", "pending_delete",
     "the registration of {} has ended and the registry is about to delete it (pendingDelete); nobody can "
     "renew it "
     "any more: prepare to register it anew, or to move its names"},
    {"redemption period", "redemption_period",
     "the registration of {} has ended (redemptionPeriod); have the registrar restore it now, before the "
     "registry "
     "deletes it"},
    {"server hold", "server_hold",
     "the registry has taken {} out of the DNS (serverHold); ask the registrar why, often it is a dispute or "
     "an "
     "address that was not confirmed"},
    {"client hold", "client_hold",
     "the registrar has taken {} out of the DNS (clientHold); ask it why, often it is an open invoice or an "
     "address "
     "that was not confirmed"},
}};

std::string text_in(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  if (value == nullptr || !value->is_string()) return {};
  return std::string{std::string_view{value->get_string()}};
}

bool flag_in(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace

void judge_registration(const std::string& domain, RegistrationFacts& facts) {
  facts.code.clear();
  facts.reason.clear();
  for (const Trouble& trouble : kTroubles) {
    if (std::ranges::find(facts.status, trouble.status) == facts.status.end()) continue;
    facts.code = trouble.code;
    facts.reason = fmt::format(fmt::runtime(trouble.sentence), domain);
    return;
  }
}

json::object to_json(const RegistrationFacts& facts) {
  json::array status;
  for (const std::string& each : facts.status) status.emplace_back(each);
  json::object object{
      {"known", facts.known},        {"server", facts.server},      {"asked", base::to_rfc3339(facts.asked)},
      {"status", std::move(status)}, {"expires", nullptr},          {"code", facts.code},
      {"reason", facts.reason},      {"confirmed", facts.confirmed}};
  if (facts.expires) object["expires"] = base::to_rfc3339(*facts.expires);
  return object;
}

RegistrationFacts registration_facts_from(const json::object& object) {
  RegistrationFacts facts;
  facts.known = flag_in(object, "known");
  facts.server = text_in(object, "server");
  facts.asked = base::from_rfc3339(text_in(object, "asked")).value_or(base::WallTime{});
  if (const json::value* status = object.if_contains("status"); status != nullptr && status->is_array()) {
    for (const json::value& each : status->get_array()) {
      if (each.is_string()) facts.status.emplace_back(std::string_view{each.get_string()});
    }
  }
  facts.expires = base::from_rfc3339(text_in(object, "expires"));
  facts.code = text_in(object, "code");
  facts.reason = text_in(object, "reason");
  facts.confirmed = flag_in(object, "confirmed");
  return facts;
}

json::object object_from(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  return !error && value.is_object() ? value.get_object() : json::object{};
}

}  // namespace paynamed::monitor
