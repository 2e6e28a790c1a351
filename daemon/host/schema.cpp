#include "host/schema.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <map>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "host/schema_keywords.hpp"
#include "host/schema_reading.hpp"
#include "host/table_check.hpp"
#include "host/text.hpp"

namespace paynamed::host {
namespace json = boost::json;

struct Schema::Compiled {
  json::object text;
  valijson::Schema schema;
};

namespace {

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
  if (auto problem = problem_of_keywords(value); !problem.empty()) {
    return base::fail(base::invalid_argument(std::move(problem)));
  }
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
