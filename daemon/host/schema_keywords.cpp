#include "host/schema_keywords.hpp"

#include <regex>
#include <set>
#include <string_view>

#include "host/schema_reading.hpp"
#include "host/text.hpp"

namespace paynamed::host {
namespace json = boost::json;

namespace {

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

}  // namespace

std::string problem_of_keywords(const json::value& schema) {
  KeywordCheck check;
  check.walk(schema, "", false, 0);
  return check.problem;
}

}  // namespace paynamed::host
