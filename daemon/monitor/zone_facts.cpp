#include "monitor/zone_facts.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace paynamed::monitor {
namespace json = boost::json;

namespace {

json::array to_json(const std::vector<std::string>& names) {
  json::array array;
  for (const std::string& name : names) array.emplace_back(name);
  return array;
}

json::object to_json(const DelegationSigner& ds) {
  return {{"key_tag", ds.key_tag},
          {"algorithm", ds.algorithm},
          {"digest_type", ds.digest_type},
          {"digest", ds.digest}};
}

json::object to_json(const SigningKey& key) {
  return {{"key_tag", key.key_tag}, {"algorithm", key.algorithm}, {"flags", key.flags}};
}

json::object to_json(const ZoneServerReport& report) {
  json::object object{{"server", report.server},
                      {"address", report.address},
                      {"verdict", to_string(report.verdict)},
                      {"serial", nullptr},
                      {"explanation", report.sentence}};
  if (report.serial) object["serial"] = *report.serial;
  return object;
}

json::value to_json(const SignatureTimes* first) {
  if (first == nullptr) return nullptr;
  return json::object{
      {"of", first->of}, {"from", base::to_rfc3339(first->from)}, {"until", base::to_rfc3339(first->until)}};
}

const json::object* object_in(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value == nullptr ? nullptr : value->if_object();
}

std::optional<base::WallTime> time_in(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return base::from_rfc3339(std::string_view{value->get_string()});
}

}  // namespace

std::string_view to_string(ZoneServerReport::Verdict verdict) {
  switch (verdict) {
    case ZoneServerReport::Verdict::kServes:
      return "serves";
    case ZoneServerReport::Verdict::kLame:
      return "lame";
    case ZoneServerReport::Verdict::kSilent:
      return "silent";
    case ZoneServerReport::Verdict::kNotAsked:
      break;
  }
  return "not_asked";
}

const SignatureTimes* ZoneFacts::first_to_end() const {
  const auto first = std::ranges::min_element(signatures, {}, &SignatureTimes::until);
  return first == signatures.end() ? nullptr : &*first;
}

bool is_older_serial(std::uint32_t serial, std::uint32_t than) {
  return static_cast<std::int32_t>(serial - than) < 0;
}

std::optional<std::uint32_t> highest_serial(const ZoneFacts& facts) {
  std::optional<std::uint32_t> highest;
  for (const ZoneServerReport& each : facts.servers) {
    if (each.serial && (!highest || is_older_serial(*highest, *each.serial))) highest = each.serial;
  }
  return highest;
}

json::object identity_of(const ZoneFacts& facts) {
  json::object identity;
  if (facts.ds) {
    json::array& all = (identity["ds"] = json::array{}).as_array();
    for (const DelegationSigner& each : *facts.ds) all.push_back(to_json(each));
  }
  if (facts.keys) {
    json::array& all = (identity["keys"] = json::array{}).as_array();
    for (const SigningKey& each : *facts.keys) all.push_back(to_json(each));
  }
  if (facts.delegation) identity["delegation"] = to_json(*facts.delegation);
  if (facts.name_servers) identity["name_servers"] = to_json(*facts.name_servers);
  return identity;
}

json::object to_json(const ZoneFacts& facts) {
  json::object object{{"zone", facts.zone},
                      {"parent", facts.parent},
                      {"security", nullptr},
                      {"explanation", ""},
                      {"ds", nullptr},
                      {"keys", nullptr},
                      {"delegation", nullptr},
                      {"name_servers", nullptr},
                      {"servers", json::array{}},
                      {"signatures", to_json(facts.first_to_end())}};
  for (const auto& each : identity_of(facts)) object[each.key()] = each.value();
  // What does not tell one zone from another.
  for (std::size_t i = 0; facts.ds && i < facts.ds->size(); ++i)
    object["ds"].as_array()[i].as_object()["matches"] = (*facts.ds)[i].matches;
  for (std::size_t i = 0; facts.keys && i < facts.keys->size(); ++i)
    object["keys"].as_array()[i].as_object()["has_ds"] = (*facts.keys)[i].has_ds;
  for (const ZoneServerReport& each : facts.servers) object["servers"].as_array().push_back(to_json(each));
  if (facts.security) {
    object["security"] = names::to_string(facts.security->security);
    object["explanation"] = facts.security->sentence;
  } else {
    object["explanation"] = facts.why_no_security;
  }
  return object;
}

std::string to_text(const ZoneRecord& record) {
  json::object object{{"facts", record.facts}, {"known", record.known}};
  if (record.mark) {
    object["mark"] =
        json::object{{"serial", record.mark->serial}, {"seen", base::to_rfc3339(record.mark->seen)}};
  }
  if (record.signatures) {
    object["signatures"] = json::object{{"until", base::to_rfc3339(record.signatures->until)},
                                        {"seen", base::to_rfc3339(record.signatures->seen)}};
  }
  return json::serialize(object);
}

ZoneRecord zone_record_from(std::string_view text) {
  ZoneRecord record;
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return record;
  const json::object& object = value.get_object();
  if (const auto* facts = object_in(object, "facts")) record.facts = *facts;
  if (const auto* known = object_in(object, "known")) record.known = *known;
  if (const auto* mark = object_in(object, "mark")) {
    const json::value* serial = mark->if_contains("serial");
    const auto number = serial == nullptr ? 0 : serial->to_number<std::uint32_t>(error);
    const auto seen = time_in(*mark, "seen");
    if (serial != nullptr && !error && seen) record.mark = SerialMark{number, *seen};
  }
  if (const auto* signatures = object_in(object, "signatures")) {
    const auto until = time_in(*signatures, "until");
    const auto seen = time_in(*signatures, "seen");
    if (until && seen) record.signatures = SignatureMark{*until, *seen};
  }
  return record;
}

}  // namespace paynamed::monitor
