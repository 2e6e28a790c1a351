#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <limits>

#include "pipeline/compiled.hpp"

namespace paynamed::pipeline {
namespace {

namespace json = boost::json;

constexpr std::int64_t kFormat = 1;
constexpr std::size_t kMaxSnapshotBytes = 1024 * 1024;
constexpr std::size_t kMaxSteps = 64;
// A hundred years, the longest that the configuration takes.
constexpr std::int64_t kLongestMs = 100LL * 365 * 86'400'000;

json::value to_value(const CompiledValue& value) {
  json::object out;
  if (const auto* parts = std::get_if<std::vector<TextPart>>(&value)) {
    json::array list;
    for (const TextPart& part : *parts) {
      list.push_back(json::object{{part.reference ? "reference" : "literal", part.text}});
    }
    out["text"] = std::move(list);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    out["integer"] = *integer;
  } else if (const auto* boolean = std::get_if<bool>(&value)) {
    out["boolean"] = *boolean;
  } else {
    out["duration_ms"] = std::get<base::Duration>(value).count();
  }
  return out;
}

// Reads members of objects; the first that is missing or wrong makes everything wrong.
class SnapshotReader {
 public:
  bool ok() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }

  std::string text(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    if (value != nullptr && value->is_string()) return std::string{value->get_string()};
    wrong(key);
    return {};
  }

  std::int64_t number(const json::object& object, std::string_view key, std::int64_t min, std::int64_t max) {
    const json::value* value = object.if_contains(key);
    if (value != nullptr && value->is_int64() && value->get_int64() >= min && value->get_int64() <= max) {
      return value->get_int64();
    }
    wrong(key);
    return min;
  }

  const json::object& object(const json::object& parent, std::string_view key) {
    const json::value* value = parent.if_contains(key);
    if (value != nullptr && value->is_object()) return value->get_object();
    wrong(key);
    return empty_object_;
  }

  const json::array& array(const json::object& parent, std::string_view key) {
    const json::value* value = parent.if_contains(key);
    if (value != nullptr && value->is_array()) return value->get_array();
    wrong(key);
    return empty_array_;
  }

  void wrong(std::string_view key) {
    if (problem_.empty()) problem_ = fmt::format("'{}' is missing or wrong", key);
  }

 private:
  std::string problem_;
  json::object empty_object_;
  json::array empty_array_;
};

CompiledValue read_value(SnapshotReader& reader, const json::value& value) {
  if (!value.is_object() || value.get_object().size() != 1) {
    reader.wrong("args");
    return false;
  }
  const json::object& object = value.get_object();
  const std::string_view key = object.begin()->key();
  if (key == "integer") {
    return reader.number(object, key, std::numeric_limits<std::int64_t>::min(),
                         std::numeric_limits<std::int64_t>::max());
  }
  if (key == "duration_ms") return base::Duration{reader.number(object, key, 0, kLongestMs)};
  if (key == "boolean" && object.begin()->value().is_bool()) return object.begin()->value().get_bool();
  std::vector<TextPart> parts;
  if (key != "text") reader.wrong("args");
  for (const json::value& part : reader.array(object, "text")) {
    if (!part.is_object()) {
      reader.wrong("text");
      break;
    }
    const bool reference = part.get_object().contains("reference");
    parts.push_back({reference, reader.text(part.get_object(), reference ? "reference" : "literal")});
  }
  return parts;
}

CompiledStep read_step(SnapshotReader& reader, const json::value& value) {
  CompiledStep step;
  if (!value.is_object()) {
    reader.wrong("steps");
    return step;
  }
  const json::object& object = value.get_object();
  step.id = reader.text(object, "id");
  step.kind = reader.text(object, "kind");
  step.instance = reader.text(object, "instance");
  for (const auto& member : reader.object(object, "args")) {
    step.args.emplace(std::string{member.key()}, read_value(reader, member.value()));
  }
  step.timeout = base::Duration{reader.number(object, "timeout_ms", 1, kLongestMs)};
  step.deadline = base::Duration{reader.number(object, "deadline_ms", step.timeout.count(), kLongestMs)};
  const json::object& retry = reader.object(object, "retry");
  step.retry.attempts = static_cast<std::uint32_t>(reader.number(retry, "attempts", 1, 100));
  step.retry.first = base::Duration{reader.number(retry, "first_ms", 1, kLongestMs)};
  step.retry.max = base::Duration{reader.number(retry, "max_ms", step.retry.first.count(), kLongestMs)};
  const std::string on_exhausted = reader.text(object, "on_exhausted");
  if (on_exhausted == "compensate") {
    step.on_exhausted = config::Step::OnExhausted::kCompensate;
  } else if (on_exhausted != "pause") {
    reader.wrong("on_exhausted");
  }
  return step;
}

base::Result<CompiledPipeline> refuse(std::string detail) {
  return base::fail(
      base::data_loss("a stored pipeline cannot be read; restore the state file, or run the version of "
                      "paynamed that wrote it",
                      std::move(detail)));
}

}  // namespace

std::string CompiledPipeline::to_json() const {
  json::array list;
  for (const CompiledStep& step : steps) {
    json::object args;
    for (const auto& [key, value] : step.args) args[key] = to_value(value);
    const bool pause = step.on_exhausted == config::Step::OnExhausted::kPause;
    list.push_back(json::object{{"id", step.id},
                                {"kind", step.kind},
                                {"instance", step.instance},
                                {"args", std::move(args)},
                                {"timeout_ms", step.timeout.count()},
                                {"deadline_ms", step.deadline.count()},
                                {"retry",
                                 {{"attempts", step.retry.attempts},
                                  {"first_ms", step.retry.first.count()},
                                  {"max_ms", step.retry.max.count()}}},
                                {"on_exhausted", pause ? "pause" : "compensate"}});
  }
  return json::serialize(json::object{{"format", kFormat}, {"name", name}, {"steps", std::move(list)}});
}

base::Result<CompiledPipeline> CompiledPipeline::from_json(std::string_view text) {
  if (text.size() > kMaxSnapshotBytes) return refuse("it is too large");
  json::error_code error;
  const json::value value = json::parse(text, error);
  if (error) return refuse(error.message());
  if (!value.is_object()) return refuse("it is no object");
  SnapshotReader reader;
  const json::object& root = value.get_object();
  reader.number(root, "format", kFormat, kFormat);
  CompiledPipeline pipeline;
  pipeline.name = reader.text(root, "name");
  const json::array& steps = reader.array(root, "steps");
  if (steps.size() > kMaxSteps) return refuse("it has too many steps");
  for (const json::value& step : steps) {
    pipeline.steps.push_back(read_step(reader, step));
    if (!reader.ok()) break;
  }
  if (!reader.ok()) return refuse(reader.problem());
  return pipeline;
}

}  // namespace paynamed::pipeline
