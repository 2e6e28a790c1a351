#include "host/table_check.hpp"

#include <algorithm>

#include "host/schema_reading.hpp"
#include "host/text.hpp"

namespace paynamed::host {
namespace json = boost::json;

namespace {

constexpr std::string_view kSecretStandIn = "secret";

// A schema that allows something else than a table says so by its type; the validator reports that.
bool describes_table(const json::object& schema) {
  const auto* type = member(schema, "type");
  return type == nullptr
             ? schema.contains("properties") || schema.empty() || schema.contains("additionalProperties")
             : type->is_string() && type->get_string() == "object";
}

std::vector<std::string> missing_keys(const json::object& object, const json::object& schema) {
  auto keys = keys_of(schema);
  std::erase_if(keys, [&](const std::string& key) { return object.contains(key); });
  return keys;
}

// Whether an unknown key may be the misspelt one of a secret.
bool may_be_secret(const json::object& object, const json::object& schema, const std::string& meant) {
  const auto names_secret = [&](std::string_view key) {
    bool any = false;
    const auto* inner = schema_of_key(schema, key, any);
    return inner != nullptr && is_secret(*inner);
  };
  if (!meant.empty()) return names_secret(meant);
  const auto* required = member(schema, "required");
  if (required == nullptr || !required->is_array()) return false;
  const auto& keys = required->get_array();
  return std::any_of(keys.begin(), keys.end(), [&](const json::value& key) {
    return key.is_string() && !object.contains(key.get_string()) && names_secret(key.get_string());
  });
}

std::string what(const json::object& schema, std::string_view key) {
  bool any = false;
  const auto* inner = schema_of_key(schema, key, any);
  if (inner == nullptr) return {};
  if (is_secret(*inner)) return "; it is a secret: write { env = \"NAME\" } or { file = \"path\" }";
  const auto text = describe(*inner);
  return text.empty() ? std::string() : "; it must be " + text;
}

}  // namespace

json::value TableCheck::walk(const json::value& value, const json::object* schema, const std::string& path) {
  if (schema == nullptr) return value;
  if (is_secret(*schema)) {
    if (!secret_source(value)) {
      problems.push_back(
          {path,
           false,
           "a secret does not stand in the file itself: write { env = \"NAME\" } or { file = \"path\" }",
           {},
           true});
    }
    return json::value(kSecretStandIn);
  }
  if (const auto* object = value.if_object()) return walk_object(*object, *schema, path);
  if (const auto* array = value.if_array()) {
    json::array copy;
    for (std::size_t i = 0; i < array->size(); ++i) {
      copy.push_back(walk((*array)[i], object_member(*schema, "items"), path + "/" + std::to_string(i)));
    }
    return json::value(std::move(copy));
  }
  return value;
}

json::value TableCheck::walk_object(const json::object& object, const json::object& schema,
                                    const std::string& path) {
  json::object copy;
  const bool is_table = describes_table(schema);
  for (const auto& [key, value] : object) {
    const auto inside = path + "/" + escaped(key);
    bool any = !is_table;
    const auto* inner = schema_of_key(schema, key, any);
    if (inner == nullptr && !any) {
      auto meant = nearest(key, missing_keys(object, schema));
      const bool hide = may_be_secret(object, schema, meant);
      problems.push_back({inside, true, quoted(key) + " is not a known key", std::move(meant), hide});
      continue;
    }
    copy.emplace(key, walk(value, inner, inside));
  }
  if (const auto* required = member(schema, "required"); required != nullptr && required->is_array()) {
    for (const auto& key : required->get_array()) {
      if (!key.is_string() || object.contains(key.get_string())) continue;
      problems.push_back(
          {path, false, quoted(key.get_string()) + " is missing" + what(schema, key.get_string()), {}});
    }
  }
  return json::value(std::move(copy));
}

}  // namespace paynamed::host
