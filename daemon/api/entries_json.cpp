#include "api/entries_json.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "names/utf8.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

}  // namespace

std::string shown_value(std::string_view value) {
  if (names::is_utf8(value)) return std::string{value};
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = byte >= 0x20 && byte < 0x7F && c != '\\';
    out += is_plain ? std::string(1, c) : fmt::format("\\{:03}", byte);
  }
  return out;
}

json::object to_json(const domains::ZoneEntry& entry) {
  json::array records;
  for (const domains::TxtRecord& each : entry.records) {
    records.push_back(json::object{{"value", shown_value(each.value)},
                                   {"ttl", each.ttl_seconds},
                                   {"comment", text_or_null(shown_value(each.comment))}});
  }
  json::array warnings;
  for (const names::Warning& each : entry.warnings)
    warnings.push_back(json::object{{"code", each.code}, {"message", each.message}});
  return json::object{{"owner_name", entry.owner},
                      {"name", entry.name ? json::value(entry.name->text()) : json::value(nullptr)},
                      {"kind", domains::to_string(entry.kind)},
                      {"rule", text_or_null(entry.rule)},
                      {"message", text_or_null(entry.sentence)},
                      {"records", std::move(records)},
                      {"alias", text_or_null(entry.alias)},
                      {"adoptable", text_or_null(entry.adoptable)},
                      {"take_over", entry.takes_over},
                      {"warnings", std::move(warnings)},
                      {"fingerprint", entry.fingerprint}};
}

}  // namespace paynamed::api
