#include "messages.hpp"

#include <charconv>

namespace paynamed::route53 {
namespace {

constexpr char kNamespace[] = "https://route53.amazonaws.com/doc/2013-04-01/";

Error incomplete(const char* what) {
  return Error(Code::kDataLoss, std::string("The answer of Route 53 has no ") + what +
                                    "; look whether a proxy stands between.");
}

std::string leaf(const char* name, std::string_view text) {
  return std::string("<") + name + ">" + escape_xml(text) + "</" + name + ">";
}

std::string change_xml(const Change& change) {
  std::string xml = "<Change>" + leaf("Action", change.action == Action::kCreate ? "CREATE" : "DELETE");
  xml += "<ResourceRecordSet>" + leaf("Name", change.set.name) + leaf("Type", change.set.type);
  xml += leaf("TTL", std::to_string(change.set.ttl_seconds)) + "<ResourceRecords>";
  for (const auto& value : change.set.values)
    xml += "<ResourceRecord>" + leaf("Value", value) + "</ResourceRecord>";
  return xml + "</ResourceRecords></ResourceRecordSet></Change>";
}

RecordSet record_set(const Element& element) {
  RecordSet set;
  set.name = element.text_of("Name");
  set.type = element.text_of("Type");
  set.identifier = element.text_of("SetIdentifier");
  set.alias = element.child("AliasTarget") != nullptr || element.child("TrafficPolicyInstanceId") != nullptr;
  const std::string& ttl = element.text_of("TTL");
  std::from_chars(ttl.data(), ttl.data() + ttl.size(), set.ttl_seconds);
  if (const Element* records = element.child("ResourceRecords")) {
    for (const Element& record : records->children) set.values.push_back(record.text_of("Value"));
  }
  return set;
}

std::optional<HostedZone> hosted_zone(const Element& element) {
  HostedZone zone;
  zone.id = without_prefix(element.text_of("Id"));
  zone.name = element.text_of("Name");
  if (const Element* config = element.child("Config"))
    zone.is_private = config->text_of("PrivateZone") == "true";
  if (zone.id.empty() || zone.name.empty()) return std::nullopt;
  return zone;
}

std::optional<std::uint64_t> count_in(const std::string& text) {
  std::uint64_t count = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return count;
}

}  // namespace

std::string change_request(const std::vector<const Change*>& changes) {
  std::string xml =
      std::string(R"(<?xml version="1.0" encoding="UTF-8"?><ChangeResourceRecordSetsRequest xmlns=")") +
      kNamespace + R"("><ChangeBatch><Changes>)";
  for (const Change* change : changes) xml += change_xml(*change);
  return xml + "</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>";
}

Result<ListPage> read_list_page(const Element& answer) {
  const Element* sets = answer.child("ResourceRecordSets");
  const std::string& truncated = answer.text_of("IsTruncated");
  if (sets == nullptr || truncated.empty()) return incomplete("list of records");
  ListPage page;
  page.sets.reserve(sets->children.size());
  for (const Element& each : sets->children) {
    RecordSet set = record_set(each);
    if (set.name.empty() || set.type.empty()) return incomplete("name or type in a record");
    page.sets.push_back(std::move(set));
  }
  if (truncated == "true") {
    page.next = {answer.text_of("NextRecordName"), answer.text_of("NextRecordType"),
                 answer.text_of("NextRecordIdentifier")};
    if (page.next->name.empty() || page.sets.empty()) return incomplete("place where the next page begins");
  }
  return page;
}

Result<ChangeInfo> read_change_info(const Element& answer) {
  const Element* info = answer.child("ChangeInfo");
  if (info == nullptr || info->text_of("Id").empty()) return incomplete("ChangeInfo");
  return ChangeInfo{without_prefix(info->text_of("Id")), info->text_of("Status") == "INSYNC"};
}

Result<ZonePage> read_zone_page(const Element& answer) {
  const Element* zones = answer.child("HostedZones");
  if (zones == nullptr) return incomplete("list of hosted zones");
  ZonePage page;
  for (const Element& each : zones->children) {
    auto zone = hosted_zone(each);
    if (!zone) return incomplete("id or name of a hosted zone");
    page.zones.push_back(*std::move(zone));
  }
  if (answer.text_of("IsTruncated") == "true") {
    page.next = HostedZone{answer.text_of("NextHostedZoneId"), answer.text_of("NextDNSName"), false};
  }
  return page;
}

Result<HostedZone> read_hosted_zone(const Element& answer) {
  const Element* element = answer.child("HostedZone");
  auto zone = element == nullptr ? std::nullopt : hosted_zone(*element);
  if (!zone) return incomplete("hosted zone");
  return *std::move(zone);
}

Result<ZoneLimit> read_zone_limit(const Element& answer) {
  const Element* limit = answer.child("Limit");
  const auto most = limit == nullptr ? std::nullopt : count_in(limit->text_of("Value"));
  const auto used = count_in(answer.text_of("Count"));
  if (!most || !used) return incomplete("limit of record sets");
  return ZoneLimit{*used, *most};
}

Refusal read_refusal(std::uint32_t http_status, std::string_view body) {
  Refusal refusal{http_status, {}, {}};
  const auto answer = read_xml(body);
  if (!answer.ok()) return refusal;
  if (const Element* error = answer->child("Error")) {
    refusal.code = error->text_of("Code");
    refusal.messages.push_back(error->text_of("Message"));
  } else if (const Element* messages = answer->child("Messages")) {
    refusal.code = answer->name;
    for (const Element& each : messages->children) refusal.messages.push_back(each.text);
  }
  return refusal;
}

std::string without_prefix(const std::string& id) {
  return id.substr(id.rfind('/') + 1);
}

}  // namespace paynamed::route53
