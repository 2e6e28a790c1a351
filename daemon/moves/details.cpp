#include "moves/details.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace paynamed::moves {
namespace json = boost::json;

namespace {

struct TextList {
  const char* key;
  std::vector<std::string> Details::*member;
};
constexpr TextList kLists[] = {
    {"accept", &Details::accept},         {"servers", &Details::servers},
    {"to_servers", &Details::to_servers}, {"from_servers", &Details::from_servers},
    {"to_names", &Details::to_names},     {"to_ds", &Details::to_ds},
    {"notes", &Details::notes},           {"problems", &Details::problems},
    {"delegation", &Details::delegation},
};
struct Number {
  const char* key;
  std::uint32_t SeenTtls::*member;
};
constexpr Number kTtls[] = {
    {"parent_ns", &SeenTtls::parent_ns},   {"zone_ns_from", &SeenTtls::zone_ns_from},
    {"zone_ns_to", &SeenTtls::zone_ns_to}, {"ds", &SeenTtls::ds},
    {"dnskey", &SeenTtls::dnskey},         {"negative", &SeenTtls::negative},
    {"largest", &SeenTtls::largest},
};

std::string text_of(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::uint32_t number_of(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  boost::system::error_code error;
  const auto number = value == nullptr ? 0U : value->to_number<std::uint32_t>(error);
  return error ? 0 : number;
}

bool flag_of(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::vector<std::string> list_of(const json::object& object, const char* key) {
  std::vector<std::string> list;
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_array()) return list;
  for (const json::value& each : value->get_array()) {
    if (each.is_string()) list.emplace_back(each.get_string());
  }
  return list;
}

json::value time_or_null(const std::optional<base::WallTime>& time) {
  return time ? json::value(base::to_rfc3339(*time)) : json::value(nullptr);
}

}  // namespace

void SeenTtls::merge(const SeenTtls& other) {
  for (const Number& each : kTtls) {
    if (each.member == &SeenTtls::largest) continue;
    this->*each.member = std::max(this->*each.member, other.*each.member);
  }
  if (other.largest <= largest) return;
  largest = other.largest;
  largest_set = other.largest_set;
}

SeenTtls::Wait SeenTtls::longest(bool going_back, bool still_named) const {
  const std::uint32_t zone_ns_left = going_back ? zone_ns_to : zone_ns_from;
  Wait wait;
  const auto consider = [&wait](std::uint32_t seconds, std::string because) {
    if (seconds > wait.seconds) wait = {seconds, std::move(because)};
  };
  if (still_named) {
    consider(parent_ns + zone_ns_left,
             fmt::format("the NS set at the parent ({} s) and then the one that the servers it leaves still "
                         "give out ({} s)",
                         parent_ns, zone_ns_left));
  }
  consider(parent_ns, "the NS set at the parent");
  consider(zone_ns_from, "the NS set of the zone on the old servers");
  consider(zone_ns_to, "the NS set of the zone on the new servers");
  consider(ds, "the DS records at the parent");
  consider(dnskey, "the DNSKEY records");
  consider(negative, "answers that a name is not there (SOA)");
  consider(largest, largest_set);
  return wait;
}

json::object to_json(const Details& details) {
  json::object object;
  for (const TextList& each : kLists) {
    json::array list;
    for (const std::string& text : details.*each.member) list.emplace_back(text);
    object[each.key] = std::move(list);
  }
  json::object ttls;
  for (const Number& each : kTtls) ttls[each.key] = details.ttls.*each.member;
  ttls["largest_set"] = details.ttls.largest_set;
  object["ttls"] = std::move(ttls);
  object["trouble"] = details.trouble;
  object["seen_at_to"] = details.seen_at_to;
  object["going_back"] = details.going_back;
  object["drain_since"] = time_or_null(details.drain_since);
  object["drain_until"] = time_or_null(details.drain_until);
  object["drain_because"] = details.drain_because;
  object["generation"] = details.generation;
  return object;
}

std::string to_text(const Details& details) {
  return json::serialize(to_json(details));
}

Details details_from(std::string_view text) {
  Details details;
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return details;
  const json::object& object = value.get_object();
  for (const TextList& each : kLists) details.*each.member = list_of(object, each.key);
  if (const json::value* ttls = object.if_contains("ttls"); ttls != nullptr && ttls->is_object()) {
    for (const Number& each : kTtls) details.ttls.*each.member = number_of(ttls->get_object(), each.key);
    details.ttls.largest_set = text_of(ttls->get_object(), "largest_set");
  }
  details.trouble = text_of(object, "trouble");
  details.seen_at_to = flag_of(object, "seen_at_to");
  details.going_back = flag_of(object, "going_back");
  details.drain_since = base::from_rfc3339(text_of(object, "drain_since"));
  details.drain_until = base::from_rfc3339(text_of(object, "drain_until"));
  details.drain_because = text_of(object, "drain_because");
  details.generation = number_of(object, "generation");
  return details;
}

}  // namespace paynamed::moves
