#include "pipeline/event_data.hpp"

#include <boost/algorithm/hex.hpp>

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>

#include "pipeline/action.hpp"

namespace paynamed::pipeline {
namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found && found->is_string() ? std::string{found->get_string()} : std::string{};
}

std::optional<std::int64_t> integer_of(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  if (!found) return std::nullopt;
  if (found->is_int64()) return found->get_int64();
  if (found->is_uint64() && found->get_uint64() <= INT64_MAX) {
    return static_cast<std::int64_t>(found->get_uint64());
  }
  return std::nullopt;
}

json::array to_hex(const std::vector<std::string>& values) {
  json::array all;
  for (const std::string& value : values) all.emplace_back(boost::algorithm::hex_lower(value));
  return all;
}

std::optional<std::vector<std::string>> values_from_hex(const json::object& object, std::string_view key) {
  const json::value* all = object.if_contains(key);
  if (all == nullptr || !all->is_array()) return std::nullopt;
  std::vector<std::string> values;
  try {
    for (const json::value& each : all->get_array())
      values.push_back(boost::algorithm::unhex(std::string{each.as_string()}));
  } catch (const std::exception&) {
    return std::nullopt;
  }
  return values;
}

json::object record_data(const state::NameRow& row) {
  json::object data;
  data["name"] = row.name;
  data["domain"] = row.domain;
  data["state"] = state::to_string(row.state);
  data["owner"] = row.owner;
  data["reference"] = row.reference;
  data["livemode"] = row.livemode;
  data["source"] = state::to_string(row.source);
  data["value"] = row.value;
  data["ttl"] = row.ttl_seconds;
  data["dns_instance"] = row.dns_instance;
  data["node_instance"] = row.node_instance;
  data["node"] = row.node;
  data["offer_id"] = row.offer_id;
  if (row.quarantined_until) data["quarantined_until"] = base::to_rfc3339(*row.quarantined_until);
  data["revision"] = row.revision;
  return data;
}

std::optional<state::NameRow> record_from_data(const json::object& object) {
  const auto state = state::name_state_from(text_of(object, "state"));
  const auto source = state::source_kind_from(text_of(object, "source"));
  const auto ttl = integer_of(object, "ttl");
  const auto revision = integer_of(object, "revision");
  if (!state || !source || !ttl || *ttl < 0 || *ttl > UINT32_MAX || !revision || *revision < 0) {
    return std::nullopt;
  }
  state::NameRow row;
  row.name = text_of(object, "name");
  row.domain = text_of(object, "domain");
  row.state = *state;
  row.owner = text_of(object, "owner");
  row.reference = text_of(object, "reference");
  const json::value* livemode = object.if_contains("livemode");
  row.livemode = !(livemode && livemode->is_bool() && !livemode->get_bool());
  row.source = *source;
  row.value = text_of(object, "value");
  row.ttl_seconds = static_cast<std::uint32_t>(*ttl);
  row.dns_instance = text_of(object, "dns_instance");
  row.node_instance = text_of(object, "node_instance");
  row.node = text_of(object, "node");
  row.offer_id = text_of(object, "offer_id");
  row.quarantined_until = base::from_rfc3339(text_of(object, "quarantined_until"));
  row.revision = static_cast<std::uint64_t>(*revision);
  return row;
}

state::NewEvent event_of(std::string_view type, const base::Uuid& run, const RunInput& input,
                         json::object data) {
  // It lives only until it is text: a few events a run make this worth an arena.
  alignas(std::max_align_t) std::array<unsigned char, 2048> buffer;
  json::monotonic_resource memory(buffer.data(), buffer.size());
  json::object all(&memory);
  all.reserve(data.size() + 3);
  all["run"] = run.to_string();
  all["name"] = input.name.text();
  all["livemode"] = input.livemode;
  for (auto& [key, value] : data) all[key] = std::move(value);
  state::NewEvent event;
  event.type = type;
  event.subject = input.name.text();
  event.data = json::serialize(all);
  return event;
}

}  // namespace paynamed::pipeline
