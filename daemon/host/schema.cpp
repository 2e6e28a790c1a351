#include "host/schema.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "host/text.hpp"

namespace paynamed::host {
namespace json = boost::json;

struct Schema::Compiled {
  json::object text;
  valijson::Schema schema;
};

namespace {

constexpr std::string_view kSecretStandIn = "secret";
constexpr int kDeepest = 16;

// What the validator checks, and what only describes. Everything else is refused, for it would be ignored.
const std::set<std::string_view> kKeywords = {"$schema",
                                              "$id",
                                              "$comment",
                                              "title",
                                              "description",
                                              "default",
                                              "examples",
                                              "secret",
                                              "type",
                                              "enum",
                                              "const",
                                              "minimum",
                                              "maximum",
                                              "exclusiveMinimum",
                                              "exclusiveMaximum",
                                              "multipleOf",
                                              "minLength",
                                              "maxLength",
                                              "pattern",
                                              "minItems",
                                              "maxItems",
                                              "uniqueItems",
                                              "items",
                                              "contains",
                                              "properties",
                                              "required",
                                              "minProperties",
                                              "maxProperties",
                                              "additionalProperties",
                                              "propertyNames",
                                              "dependencies",
                                              "allOf",
                                              "anyOf",
                                              "oneOf",
                                              "not",
                                              "if",
                                              "then",
                                              "else"};
const std::set<std::string_view> kBesideSecret = {"secret",      "type",     "title",
                                                  "description", "$comment", "examples"};

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

// The schema of the value under `key` of a table; nullptr if the key is not known. `any` is set if it may
// hold anything.
const json::object* schema_of_key(const json::object& schema, std::string_view key, bool& any) {
  if (const auto* properties = object_member(schema, "properties")) {
    if (const auto* found = member(*properties, key)) return found->if_object();
  }
  const auto* others = member(schema, "additionalProperties");
  if (others == nullptr) return nullptr;
  if (others->is_bool()) any = others->get_bool();
  return others->if_object();
}

// Finds keywords that would not be checked, and secrets in places where they could not be found again.
class KeywordCheck {
 public:
  std::string problem;

  void walk(const json::value& value, const std::string& where, bool in_alternative, int depth) {
    if (!problem.empty() || value.is_bool()) return;
    const auto* schema = value.if_object();
    if (schema == nullptr) return refuse(where, "is not a schema");
    if (depth > kDeepest) return refuse(where, "is nested too deeply");
    for (const auto& [keyword, argument] : *schema) {
      if (!kKeywords.contains(keyword)) {
        return refuse(where, "uses the keyword \"" + printable(keyword, 64) +
                                 "\", which would not be checked; check that in the plugin instead");
      }
      if (is_secret(*schema) && !kBesideSecret.contains(keyword)) {
        return refuse(where,
                      "says \"" + std::string(keyword) + "\" of a secret, whose value is not known here");
      }
      walk_argument(keyword, argument, where, in_alternative, depth);
    }
    if (in_alternative && is_secret(*schema)) {
      refuse(where, "is a secret inside of an alternative; put it into `properties` of the table");
    }
  }

 private:
  void refuse(const std::string& where, const std::string& why) {
    problem = (where.empty() ? "The schema" : "The schema at " + where) + " " + why + ".";
  }

  void walk_argument(std::string_view keyword, const json::value& argument, const std::string& where,
                     bool in_alternative, int depth) {
    const auto inside = where + "/" + std::string(keyword);
    if (keyword == "properties" || keyword == "dependencies") {
      const auto* object = argument.if_object();
      if (object == nullptr) return refuse(inside, "is not a table");
      for (const auto& [key, schema] : *object) {
        if (keyword == "dependencies" && schema.is_array()) continue;
        walk(schema, inside + "/" + escaped(key), in_alternative || keyword == "dependencies", depth + 1);
      }
    } else if (keyword == "items" || keyword == "additionalProperties") {
      if (argument.is_array()) return refuse(inside, "is a list; give one schema for all items");
      walk(argument, inside, in_alternative, depth + 1);
    } else if (keyword == "not" || keyword == "if" || keyword == "then" || keyword == "else" ||
               keyword == "contains" || keyword == "propertyNames") {
      walk(argument, inside, true, depth + 1);
    } else if (keyword == "allOf" || keyword == "anyOf" || keyword == "oneOf") {
      const auto* list = argument.if_array();
      if (list == nullptr) return refuse(inside, "is not a list");
      for (std::size_t i = 0; i < list->size(); ++i) {
        walk((*list)[i], inside + "/" + std::to_string(i), true, depth + 1);
      }
    } else if (keyword == "secret" && !argument.is_bool()) {
      refuse(inside, "is not true or false");
    } else if (keyword == "pattern" && argument.is_string()) {
      try {
        const std::regex pattern(argument.get_string().c_str());
      } catch (const std::regex_error&) {
        refuse(inside, "is not a regular expression");
      }
    }
  }
};

std::string quoted(std::string_view text) {
  return "\"" + printable(text, 100) + "\"";
}

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

std::string describe(const json::object& schema);

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

// "a whole number between 1 and 65535"; empty if the schema says too little or too much for a sentence.
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

std::vector<std::string> keys_of(const json::object& schema) {
  std::vector<std::string> keys;
  if (const auto* properties = object_member(schema, "properties")) {
    for (const auto& [key, value] : *properties) keys.emplace_back(key);
  }
  return keys;
}

// Whether a secret stands in such a table, or in one inside of it.
bool holds_secret(const json::object& schema) {
  const auto* properties = object_member(schema, "properties");
  return properties != nullptr && std::any_of(properties->begin(), properties->end(), [](const auto& each) {
           const auto* inner = each.value().if_object();
           return inner != nullptr && (is_secret(*inner) || holds_secret(*inner));
         });
}

// The place of a secret, or nothing.
std::optional<SecretSource> secret_source(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr || object->size() != 1) return std::nullopt;
  const auto& [key, where] = *object->begin();
  if (!where.is_string() || where.get_string().empty()) return std::nullopt;
  if (key == "env") return SecretSource{SecretSource::Kind::kEnv, std::string(where.get_string())};
  if (key == "file") return SecretSource{SecretSource::Kind::kFile, std::string(where.get_string())};
  return std::nullopt;
}

// Walks a table beside its schema: finds unknown and missing keys and bad secrets, and makes the table that
// the validator sees, without what was reported here.
class TableCheck {
 public:
  std::vector<SchemaProblem> problems;

  json::value walk(const json::value& value, const json::object* schema, const std::string& path) {
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

 private:
  json::value walk_object(const json::object& object, const json::object& schema, const std::string& path) {
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

  // A schema that allows something else than a table says so by its type; the validator reports that.
  static bool describes_table(const json::object& schema) {
    const auto* type = member(schema, "type");
    return type == nullptr
               ? schema.contains("properties") || schema.empty() || schema.contains("additionalProperties")
               : type->is_string() && type->get_string() == "object";
  }

  static std::vector<std::string> missing_keys(const json::object& object, const json::object& schema) {
    auto keys = keys_of(schema);
    std::erase_if(keys, [&](const std::string& key) { return object.contains(key); });
    return keys;
  }

  // Whether an unknown key may be the misspelt one of a secret.
  static bool may_be_secret(const json::object& object, const json::object& schema,
                            const std::string& meant) {
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

  static std::string what(const json::object& schema, std::string_view key) {
    bool any = false;
    const auto* inner = schema_of_key(schema, key, any);
    if (inner == nullptr) return {};
    if (is_secret(*inner)) return "; it is a secret: write { env = \"NAME\" } or { file = \"path\" }";
    const auto text = describe(*inner);
    return text.empty() ? std::string() : "; it must be " + text;
  }
};

struct Place {
  std::string pointer;
  const json::object* schema;
  const json::value* value;
};

// From the validator's path ("<root>", "[tsig]", "[0]") to ours.
Place place_of(const std::vector<std::string>& context, const json::object& schema,
               const json::value& table) {
  Place place{"", &schema, &table};
  for (std::size_t i = 1; i < context.size(); ++i) {
    const auto token = std::string_view(context[i]).substr(1, context[i].size() - 2);
    place.pointer += "/" + escaped(token);
    const auto* array = place.value == nullptr ? nullptr : place.value->if_array();
    if (array != nullptr) {
      const auto index = static_cast<std::size_t>(std::stoul(std::string(token)));
      place.value = index < array->size() ? &(*array)[index] : nullptr;
      place.schema = place.schema == nullptr ? nullptr : object_member(*place.schema, "items");
    } else {
      const auto* object = place.value == nullptr ? nullptr : place.value->if_object();
      place.value = object == nullptr ? nullptr : object->if_contains(token);
      bool any = false;
      place.schema = place.schema == nullptr ? nullptr : schema_of_key(*place.schema, token, any);
    }
  }
  return place;
}

// For anyOf and oneOf over lists of required keys, which is how a schema says "a or b": the sentence.
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

SchemaProblem to_problem(const Place& place, const std::string& said) {
  SchemaProblem problem{place.pointer, false, {}, {}};
  problem.hide = place.schema != nullptr && holds_secret(*place.schema) && place.value != nullptr &&
                 !place.value->is_object();
  const auto wanted = place.schema == nullptr ? std::string() : describe(*place.schema);
  // The validator's own words only where ours say too little: an alternative, or a rule about the whole
  // table.
  const bool about_type =
      place.value == nullptr || !place.value->is_object() || said.find("type") != std::string::npos;
  if (!wanted.empty() && about_type) {
    problem.message = "must be " + wanted;
  } else {
    problem.message = place.schema == nullptr ? std::string() : describe_alternatives(*place.schema);
    if (problem.message.empty()) problem.message = "breaks a rule of the plugin: " + printable(said, 300);
  }
  if (place.schema != nullptr && place.value != nullptr && place.value->is_string()) {
    std::vector<std::string> values;
    if (const auto* allowed = member(*place.schema, "enum"); allowed != nullptr && allowed->is_array()) {
      for (const auto& value : allowed->get_array()) {
        if (value.is_string()) values.emplace_back(value.get_string());
      }
    }
    problem.suggestion = nearest(place.value->get_string(), values);
  }
  return problem;
}

}  // namespace

Schema::Schema(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

base::Result<Schema> Schema::parse(std::string_view text) {
  json::error_code error;
  const auto value = json::parse(text, error);
  if (error) return base::fail(base::invalid_argument("The schema is not JSON (" + error.message() + ")."));
  if (!value.is_object()) return base::fail(base::invalid_argument("The schema is not a JSON object."));
  const auto* type = member(value.get_object(), "type");
  if (type != nullptr && (!type->is_string() || type->get_string() != "object")) {
    return base::fail(
        base::invalid_argument("The schema must be of the type \"object\", for it describes a table."));
  }
  KeywordCheck keywords;
  keywords.walk(value, "", false, 0);
  if (!keywords.problem.empty()) return base::fail(base::invalid_argument(keywords.problem));
  auto compiled = std::make_unique<Compiled>();
  compiled->text = value.get_object();
  try {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    const json::value root(compiled->text);
    parser.populateSchema(valijson::adapters::BoostJsonAdapter(root), compiled->schema);
  } catch (const std::exception& failure) {
    return base::fail(base::invalid_argument(
        "The schema is not a draft-07 schema: " + printable(failure.what(), 300) + "."));
  }
  return Schema(std::move(compiled));
}

std::vector<SchemaProblem> Schema::check(const json::object& table) const {
  TableCheck walker;
  const auto reduced = walker.walk(json::value(table), &compiled_->text, "");
  valijson::ValidationResults results;
  try {
    valijson::Validator(valijson::Validator::kStrongTypes)
        .validate(compiled_->schema, valijson::adapters::BoostJsonAdapter(reduced), &results);
  } catch (const std::exception& failure) {  // a pattern that std::regex gives up on
    walker.problems.push_back({"", false, "cannot be checked: " + printable(failure.what(), 200), {}});
  }
  // The validator reports a mistake and then every table around it: only the innermost counts, the first at
  // each place.
  std::map<std::string, SchemaProblem> found;
  const std::vector<valijson::ValidationResults::Error> errors(results.begin(), results.end());
  for (const auto& error : errors) {
    const bool has_inner = std::any_of(errors.begin(), errors.end(), [&](const auto& other) {
      return other.context.size() > error.context.size() &&
             std::equal(error.context.begin(), error.context.end(), other.context.begin());
    });
    if (has_inner || error.description.starts_with("Missing required property")) continue;
    const auto place = place_of(error.context, compiled_->text, reduced);
    found.emplace(place.pointer, to_problem(place, error.description));
  }
  auto problems = std::move(walker.problems);
  for (auto& [path, problem] : found) problems.push_back(std::move(problem));
  if (problems.empty() && !errors.empty()) {
    // Only missing keys inside of alternatives.
    const auto place = place_of(errors.back().context, compiled_->text, reduced);
    problems.push_back(to_problem(place, errors.front().description));
  }
  std::stable_sort(problems.begin(), problems.end(),
                   [](const auto& a, const auto& b) { return a.path < b.path; });
  return problems;
}

namespace {

using HandleOf = std::function<std::string(const std::string&, SecretSource)>;

json::value replaced(const json::value& value, const json::object* schema, const std::string& path,
                     const HandleOf& handle) {
  if (schema == nullptr) return value;
  if (is_secret(*schema)) {
    auto source = secret_source(value);
    return source ? json::value(handle(path, std::move(*source))) : json::value(nullptr);
  }
  if (const auto* object = value.if_object()) {
    json::object copy;
    for (const auto& [key, inner] : *object) {
      bool any = false;
      copy.emplace(key, replaced(inner, schema_of_key(*schema, key, any), path + "/" + escaped(key), handle));
    }
    return json::value(std::move(copy));
  }
  if (const auto* array = value.if_array()) {
    json::array copy;
    for (std::size_t i = 0; i < array->size(); ++i) {
      copy.push_back(
          replaced((*array)[i], object_member(*schema, "items"), path + "/" + std::to_string(i), handle));
    }
    return json::value(std::move(copy));
  }
  return value;
}

}  // namespace

json::object Schema::replace_secrets(const json::object& table, const HandleOf& handle) const {
  return replaced(json::value(table), &compiled_->text, "", handle).as_object();
}

}  // namespace paynamed::host
