#include "state/event_check.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace paynamed::state {
namespace {
namespace json = boost::json;

// The schemas of the types, each compiled when the first event of it comes; patterns too, for that takes
// longer than all the rest.
class Schemas {
 public:
  Schemas() : document_(json::parse(events_schema()).as_object()) {}

  std::optional<std::string> problem_of(const json::value& value, const std::string& definition) {
    const std::lock_guard lock{mutex_};
    const valijson::Schema* schema = find(definition);
    if (schema == nullptr) return fmt::format("the schema has no definition '{}'", definition);
    valijson::ValidationResults results;
    if (validator_.validate(*schema, valijson::adapters::BoostJsonAdapter{value}, &results))
      return std::nullopt;
    std::string problem;
    valijson::ValidationResults::Error error;
    while (results.popError(error)) {
      for (const std::string& step : error.context) problem += step;
      problem += ": " + error.description + "; ";
    }
    return problem;
  }

 private:
  // nullptr when there is no such definition.
  const valijson::Schema* find(const std::string& definition) {
    const auto known = compiled_.find(definition);
    if (known != compiled_.end()) return known->second.get();
    const json::object& definitions = document_.at("definitions").as_object();
    if (!definitions.contains(definition)) return nullptr;
    json::object schema;
    schema["allOf"] = json::array{json::object{{"$ref", "#/definitions/" + definition}}};
    schema["definitions"] = definitions;
    return compiled_.emplace(definition, compile(json::value(std::move(schema)))).first->second.get();
  }

  static std::unique_ptr<valijson::Schema> compile(const json::value& text) {
    auto schema = std::make_unique<valijson::Schema>();
    valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
    parser.populateSchema(valijson::adapters::BoostJsonAdapter{text}, *schema);
    return schema;
  }

  const json::object document_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::map<std::string, std::unique_ptr<valijson::Schema>> compiled_;
  valijson::Validator validator_;
};

std::string definition_of(std::string_view type, std::uint64_t version) {
  // What comes after it is the operator's word.
  if (type.starts_with("custom.")) type = "custom";
  return fmt::format("{}.v{}", type, version);
}

std::optional<std::string> problem_of(const json::value& value, const std::string& definition) {
  static Schemas schemas;
  return schemas.problem_of(value, definition);
}

}  // namespace

std::optional<std::string> problem_of_data(std::string_view type, std::uint32_t version,
                                           std::string_view data) {
  boost::system::error_code error;
  const json::value value = json::parse(data, error);
  if (error) return "it is not JSON: " + error.message();
  return problem_of(value, definition_of(type, version));
}

std::optional<std::string> problem_of_event(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error) return "it is not JSON: " + error.message();
  if (auto problem = problem_of(value, "envelope")) return problem;
  const json::object& event = value.as_object();
  const std::string_view type{event.at("type").as_string()};
  const auto version = event.at("version").to_number<std::uint64_t>();
  return problem_of(event.at("data"), definition_of(type, version));
}

void check_event(const NewEvent& event) {
  const auto problem = problem_of_data(event.type, event.version, event.data);
  if (!problem) return;
  std::fprintf(stderr, "paynamed: an event %s does not keep proto/events.schema.json: %s\nits data: %s\n",
               event.type.c_str(), problem->c_str(), event.data.c_str());
  std::abort();
}

}  // namespace paynamed::state
