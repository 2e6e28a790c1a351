#include "host/schema_reading.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "host/text.hpp"

namespace paynamed::host {
namespace json = boost::json;

std::string escaped(std::string_view token) {
  std::string out;
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

const json::value* member(const json::object& object, std::string_view key) {
  return object.if_contains(key);
}

const json::object* object_member(const json::object& object, std::string_view key) {
  const auto* found = member(object, key);
  return found == nullptr ? nullptr : found->if_object();
}

bool is_secret(const json::object& schema) {
  const auto* secret = member(schema, "secret");
  return secret != nullptr && secret->is_bool() && secret->get_bool();
}

const json::object* schema_of_key(const json::object& schema, std::string_view key, bool& any) {
  if (const auto* properties = object_member(schema, "properties")) {
    if (const auto* found = member(*properties, key)) return found->if_object();
  }
  const auto* others = member(schema, "additionalProperties");
  if (others == nullptr) return nullptr;
  if (others->is_bool()) any = others->get_bool();
  return others->if_object();
}

std::string quoted(std::string_view text) {
  return "\"" + printable(text, 100) + "\"";
}

std::vector<std::string> keys_of(const json::object& schema) {
  std::vector<std::string> keys;
  if (const auto* properties = object_member(schema, "properties")) {
    for (const auto& [key, value] : *properties) keys.emplace_back(key);
  }
  return keys;
}

bool holds_secret(const json::object& schema) {
  const auto* properties = object_member(schema, "properties");
  return properties != nullptr && std::any_of(properties->begin(), properties->end(), [](const auto& each) {
           const auto* inner = each.value().if_object();
           return inner != nullptr && (is_secret(*inner) || holds_secret(*inner));
         });
}

std::optional<SecretSource> secret_source(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr || object->size() != 1) return std::nullopt;
  const auto& [key, where] = *object->begin();
  if (!where.is_string() || where.get_string().empty()) return std::nullopt;
  if (key == "env") return SecretSource{SecretSource::Kind::kEnv, std::string(where.get_string())};
  if (key == "file") return SecretSource{SecretSource::Kind::kFile, std::string(where.get_string())};
  return std::nullopt;
}

namespace {

std::string number_text(const json::object& schema, std::string_view keyword) {
  const auto* value = member(schema, keyword);
  return value == nullptr ? std::string() : json::serialize(*value);
}

// " between 1 and 65535", " of at least 1"; empty without limits.
std::string limits(const json::object& schema, std::string_view least_keyword,
                   std::string_view most_keyword) {
  const auto least = number_text(schema, least_keyword);
  const auto most = number_text(schema, most_keyword);
  if (!least.empty() && !most.empty()) return " between " + least + " and " + most;
  if (!least.empty()) return " of at least " + least;
  if (!most.empty()) return " of at most " + most;
  return {};
}

std::string describe_type(const json::object& schema, std::string_view type) {
  if (type == "string") {
    auto text = std::string("a string");
    if (const auto size = limits(schema, "minLength", "maxLength"); !size.empty()) text += size + " bytes";
    if (const auto* pattern = member(schema, "pattern"); pattern != nullptr && pattern->is_string()) {
      text += " that matches " + std::string(pattern->get_string());
    }
    return text;
  }
  if (type == "integer" || type == "number") {
    return (type == "integer" ? "a whole number" : "a number") + limits(schema, "minimum", "maximum");
  }
  if (type == "boolean") return "true or false";
  if (type == "object") return "a table";
  if (type == "array") {
    const auto* items = object_member(schema, "items");
    auto text = "a list" + (items == nullptr ? std::string() : " whose items are each " + describe(*items));
    if (const auto size = limits(schema, "minItems", "maxItems"); !size.empty())
      text += "," + size + " items";
    return text;
  }
  return std::string(type);
}

}  // namespace

std::string describe(const json::object& schema) {
  if (const auto* values = member(schema, "enum"); values != nullptr && values->is_array()) {
    std::string text = "one of ";
    for (const auto& value : values->get_array())
      text += (text.ends_with(' ') ? "" : ", ") + json::serialize(value);
    return text;
  }
  if (const auto* value = member(schema, "const")) return json::serialize(*value);
  const auto* type = member(schema, "type");
  if (type == nullptr) return {};
  if (type->is_string()) return describe_type(schema, type->get_string());
  std::string text;
  if (const auto* types = type->if_array()) {
    for (const auto& one : *types) {
      if (one.is_string()) text += (text.empty() ? "" : " or ") + describe_type(schema, one.get_string());
    }
  }
  return text;
}

std::string describe_alternatives(const json::object& schema) {
  for (const auto* keyword : {"anyOf", "oneOf"}) {
    const auto* list = member(schema, keyword);
    if (list == nullptr || !list->is_array()) continue;
    std::string text;
    for (const auto& one : list->get_array()) {
      const auto* required = one.is_object() ? member(one.get_object(), "required") : nullptr;
      if (required == nullptr || !required->is_array()) return {};
      std::string keys;
      for (const auto& key : required->get_array()) {
        if (key.is_string()) keys += (keys.empty() ? "" : " with ") + quoted(key.get_string());
      }
      text += (text.empty() ? "" : " or ") + keys;
    }
    return (std::string_view(keyword) == "oneOf" ? "needs exactly one of " : "needs ") + text;
  }
  return {};
}

}  // namespace paynamed::host
