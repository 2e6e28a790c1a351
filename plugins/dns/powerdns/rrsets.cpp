#include "rrsets.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <paynamed/error.hpp>

namespace paynamed::powerdns {
namespace json = boost::json;

namespace {

constexpr char kAccount[] = "paynamed";
constexpr std::size_t kDeepest = 8;
constexpr std::size_t kMostErrorBytes = 300;

[[noreturn]] void not_understood(const std::string& what) {
  throw Error(Code::kFailedPrecondition,
              "The answer is not one of PowerDNS's API; set \"url\" to where its web server listens.", what);
}

json::value parsed(std::string_view body) {
  json::parse_options options;
  options.max_depth = kDeepest;
  json::error_code failed;
  json::value value = json::parse(body, failed, {}, options);
  if (failed) not_understood(failed.message());
  return value;
}

const json::array& array_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_array()) not_understood("\"" + std::string(key) + "\" is no array");
  return value->get_array();
}

const json::object& object_of(const json::value& value) {
  if (!value.is_object()) not_understood("an object is missing");
  return value.get_object();
}

std::string string_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) not_understood("\"" + std::string(key) + "\" is no string");
  return std::string(value->get_string());
}

bool is_true(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::uint32_t ttl_of(const json::object& rrset) {
  const json::value* value = rrset.if_contains("ttl");
  json::error_code failed;
  const auto ttl = value == nullptr ? 0 : value->to_number<std::uint32_t>(failed);
  if (value == nullptr || failed) not_understood("\"ttl\" is no number of seconds");
  return ttl;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

RRset read_rrset(const json::object& object) {
  RRset rrset;
  rrset.name = lower_case(string_in(object, "name"));
  rrset.type = string_in(object, "type");
  rrset.ttl_seconds = ttl_of(object);
  for (const json::value& each : array_in(object, "records")) {
    const json::object& record = object_of(each);
    if (is_true(record, "disabled")) {
      rrset.switched_off = true;
    } else {
      rrset.contents.push_back(string_in(record, "content"));
    }
  }
  for (const json::value& each : array_in(object, "comments")) {
    const json::object& comment = object_of(each);
    if (string_in(comment, "account") != kAccount) continue;
    rrset.ours = true;
    rrset.comment = string_in(comment, "content");
  }
  return rrset;
}

std::string change(json::object rrset) {
  json::object body;
  body["rrsets"] = json::array{std::move(rrset)};
  return json::serialize(body);
}

}  // namespace

std::vector<RRset> read_rrsets(std::string_view body) {
  const json::value value = parsed(body);
  std::vector<RRset> all;
  for (const json::value& each : array_in(object_of(value), "rrsets")) {
    RRset rrset = read_rrset(object_of(each));
    if (!rrset.contents.empty() || rrset.switched_off) all.push_back(std::move(rrset));
  }
  return all;
}

bool read_signed_flag(std::string_view body) {
  const json::value value = parsed(body);
  const json::value* flag = object_of(value).if_contains("dnssec");
  if (flag == nullptr || !flag->is_bool()) not_understood("\"dnssec\" is neither true nor false");
  return flag->get_bool();
}

std::vector<Key> read_keys(std::string_view body) {
  const json::value value = parsed(body);
  if (!value.is_array()) not_understood("the keys are no array");
  std::vector<Key> keys;
  for (const json::value& each : value.get_array()) {
    const json::object& object = object_of(each);
    Key key;
    key.used = is_true(object, "active") && is_true(object, "published");
    // Only keys that the parent may know have it.
    if (object.contains("ds")) {
      for (const json::value& ds : array_in(object, "ds")) {
        if (!ds.is_string()) not_understood("\"ds\" has something else than strings");
        key.ds.emplace_back(ds.get_string());
      }
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

std::string read_error(std::string_view body) {
  json::parse_options options;
  options.max_depth = kDeepest;
  json::error_code failed;
  const json::value value = json::parse(body, failed, {}, options);
  if (failed || !value.is_object()) return {};
  const json::value* error = value.get_object().if_contains("error");
  if (error == nullptr || !error->is_string()) return {};
  std::string text(error->get_string().subview(0, kMostErrorBytes));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  }
  return text;
}

std::string replacing_body(const std::string& name, const std::string& content, std::uint32_t ttl_seconds,
                           const std::string& comment) {
  json::object record;
  record["content"] = content;
  record["disabled"] = false;
  json::object rrset;
  rrset["name"] = name;
  rrset["type"] = "TXT";
  rrset["ttl"] = ttl_seconds;
  rrset["changetype"] = "REPLACE";
  rrset["records"] = json::array{std::move(record)};
  json::array comments;
  if (!comment.empty()) {
    json::object ours;
    ours["content"] = comment;
    ours["account"] = kAccount;
    comments.push_back(std::move(ours));
  }
  // An empty list takes away what others said of a record that is no more.
  rrset["comments"] = std::move(comments);
  return change(std::move(rrset));
}

std::string deleting_body(const std::string& name) {
  json::object rrset;
  rrset["name"] = name;
  rrset["type"] = "TXT";
  rrset["changetype"] = "DELETE";
  return change(std::move(rrset));
}

}  // namespace paynamed::powerdns
