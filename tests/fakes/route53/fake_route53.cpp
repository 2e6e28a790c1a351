#include "tests/fakes/route53/fake_route53.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

#include "tests/fakes/daemon/http_client.hpp"

namespace paynamed::fakes {
namespace json = boost::json;

FakeRoute53::FakeRoute53() : child_({"/usr/bin/python3", FAKE_ROUTE53}) {
  if (!child_.wait_for_text({"\n"}, std::chrono::seconds(30))) {
    throw std::runtime_error("fake_route53.py did not start: " + child_.errors());
  }
  const std::string line = child_.output();
  port_ = static_cast<std::uint16_t>(std::stoul(line.substr(line.find(' '))));
  zone_id_ = std::string(control("add_zone", {{"name", kZone}}).at("id").as_string());
}

json::value FakeRoute53::control(const std::string& word, const json::object& given) const {
  const HttpReply reply = HttpClient(port_).send("POST", "/_fake/" + word, json::serialize(given));
  if (reply.status != 200) throw std::runtime_error("the fake refuses " + word + ": " + reply.body);
  return reply.json();
}

std::vector<FakeRecordSet> FakeRoute53::record_sets(const std::string& name) const {
  std::vector<FakeRecordSet> sets;
  const auto all = control("zone?id=" + zone_id_);
  for (const auto& each : all.as_array()) {
    if (!name.empty() && each.at("name").as_string() != name) continue;
    FakeRecordSet set;
    set.name = each.at("name").as_string();
    set.type = each.at("type").as_string();
    if (each.at("ttl").is_int64()) set.ttl_seconds = static_cast<std::uint32_t>(each.at("ttl").as_int64());
    for (const auto& value : each.at("values").as_array()) set.values.emplace_back(value.as_string());
    sets.push_back(std::move(set));
  }
  return sets;
}

std::int64_t FakeRoute53::counter(const char* kind, const std::string& name) const {
  const json::value all = control("counters");
  const json::value* found = all.at(kind).as_object().if_contains(name);
  return found == nullptr ? 0 : found->as_int64();
}

std::int64_t FakeRoute53::requests(const std::string& action) const {
  return counter("requests", action);
}

std::int64_t FakeRoute53::refusals(const std::string& code) const {
  return counter("refusals", code);
}

void FakeRoute53::plant(const FakeRecordSet& set) const {
  json::array values;
  for (const auto& value : set.values) values.emplace_back(value);
  control("plant", {{"zone_id", zone_id_},
                    {"name", set.name},
                    {"record_type", set.type},
                    {"ttl", set.ttl_seconds},
                    {"values", values}});
}

void FakeRoute53::remove(const std::string& name, const std::string& type) const {
  control("plant", {{"zone_id", zone_id_},
                    {"name", name},
                    {"record_type", type},
                    {"ttl", 0},
                    {"values", json::array()},
                    {"remove", true}});
}

}  // namespace paynamed::fakes
