#include "pipeline/action.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace json = boost::json;
namespace asio = boost::asio;
using base::Result;

asio::awaitable<Result<json::object>> Action::prepare(const StepContext&) {
  co_return json::object{};
}

asio::awaitable<UndoResult> Action::undo(const StepContext&) {
  co_return UndoDone{{}, "nothing to take back"};
}

base::Status check_size(const Done& done) {
  // What an entry of the journal has besides is little.
  constexpr std::size_t kMostOutputs = state::kMaxTextBytes / 2;
  const auto too_large = [](std::string_view what, std::size_t most) {
    return base::failed_precondition(fmt::format(
        "the step gave more than {} bytes of {}, which cannot be stored; look at what its plugin answers",
        most, what));
  };
  if (json::serialize(done.outputs).size() + done.message.size() > kMostOutputs)
    return too_large("outputs", kMostOutputs);
  for (const state::NewEvent& event : done.events) {
    if (event.data.size() > state::kMaxEventBytes) return too_large("event data", state::kMaxEventBytes);
  }
  return {};
}

const json::object* StepContext::outputs_of_kind(std::string_view kind) const {
  for (std::size_t i = pipeline.steps.size(); i-- > 0;) {
    const StepProgress& other = progress.step(i);
    if (pipeline.steps[i].kind == kind && other.state == StepView::State::kDone) return &other.outputs;
  }
  return nullptr;
}

namespace {

Result<std::string> look_up(const StepContext& context, std::string_view path) {
  const RunInput& input = context.input;
  if (path == "name") return input.name.text();
  if (path == "user") return input.name.user();
  if (path == "domain") return input.name.domain();
  if (path == "owner") return input.owner;
  if (path == "reference") return input.reference;
  constexpr std::string_view kSteps = "steps.";
  if (path.starts_with(kSteps)) {
    path.remove_prefix(kSteps.size());
    const auto dot = path.find('.');
    for (std::size_t i = 0; i < context.pipeline.steps.size() && dot != std::string_view::npos; ++i) {
      if (context.pipeline.steps[i].id != path.substr(0, dot)) continue;
      const json::value* found = context.progress.step(i).outputs.if_contains(path.substr(dot + 1));
      if (found && found->is_string()) return std::string{found->get_string()};
      return std::string{};  // the step was skipped
    }
  }
  return base::fail(
      base::internal("the pipeline refers to '" + std::string{path} + "', which this run does not have"));
}

}  // namespace

Result<std::optional<std::string>> StepContext::text_argument(std::string_view name) const {
  const auto found = step().args.find(std::string{name});
  if (found == step().args.end()) return std::nullopt;
  const auto* parts = std::get_if<std::vector<TextPart>>(&found->second);
  if (!parts) return std::nullopt;
  Result<std::string> text = expand(*parts, [this](std::string_view path) { return look_up(*this, path); });
  if (!text) return base::fail(text.error());
  return std::optional<std::string>{*std::move(text)};
}

std::optional<std::int64_t> StepContext::integer_argument(std::string_view name) const {
  const auto found = step().args.find(std::string{name});
  if (found == step().args.end()) return std::nullopt;
  const auto* value = std::get_if<std::int64_t>(&found->second);
  return value ? std::optional{*value} : std::nullopt;
}

std::optional<base::Duration> StepContext::duration_argument(std::string_view name) const {
  const auto found = step().args.find(std::string{name});
  if (found == step().args.end()) return std::nullopt;
  const auto* value = std::get_if<base::Duration>(&found->second);
  return value ? std::optional{*value} : std::nullopt;
}

json::object RunInput::to_json() const {
  json::object object;
  object["name"] = name.text();
  object["verb"] = state::to_string(verb);
  object["owner"] = owner;
  object["reference"] = reference;
  object["livemode"] = livemode;
  if (bulk) object["priority"] = "bulk";
  object["source"] = state::to_string(source.kind);
  if (!source.instance.empty()) object["node_instance"] = source.instance;
  if (!source.node.empty()) object["node"] = source.node;
  if (!source.uri.empty()) object["uri"] = source.uri;
  if (!source.offer.empty()) object["offer"] = source.offer;
  if (!value.empty()) object["value"] = value;
  if (adoption) {
    object["adopts"] = json::object{{"found", to_hex(adoption->found)},
                                    {"ttl", adoption->ttl_seconds},
                                    {"take_over", adoption->take_over}};
  }
  if (before) object["before"] = record_data(*before);
  return object;
}

namespace {

std::optional<Adoption> adoption_from(const json::object& object) {
  const auto found = values_from_hex(object, "found");
  const json::value* take_over = object.if_contains("take_over");
  if (!found || take_over == nullptr || !take_over->is_bool()) return std::nullopt;
  return Adoption{*found, static_cast<std::uint32_t>(integer_of(object, "ttl").value_or(0)),
                  take_over->get_bool()};
}

}  // namespace

Result<RunInput> RunInput::from_json(std::string_view tenant, std::string_view text) {
  const auto broken = [] {
    return base::fail(
        base::data_loss("the run's stored input is unreadable; restore the state file from a backup"));
  };
  boost::system::error_code error;
  const json::value parsed = json::parse(text, error);
  if (error || !parsed.is_object()) return broken();
  const json::object& object = parsed.get_object();

  auto name = base::Name::parse(text_of(object, "name"));
  const auto verb = state::verb_from(text_of(object, "verb"));
  const auto kind = state::source_kind_from(text_of(object, "source"));
  if (!name || !verb || !kind) return broken();
  RunInput input{std::string{tenant}, *std::move(name), *verb};
  input.owner = text_of(object, "owner");
  input.reference = text_of(object, "reference");
  const json::value* livemode = object.if_contains("livemode");
  input.livemode = !(livemode && livemode->is_bool() && !livemode->get_bool());
  input.bulk = text_of(object, "priority") == "bulk";
  input.source.kind = *kind;
  input.source.instance = text_of(object, "node_instance");
  input.source.node = text_of(object, "node");
  input.source.uri = text_of(object, "uri");
  input.source.offer = text_of(object, "offer");
  input.value = text_of(object, "value");
  if (const json::value* adopts = object.if_contains("adopts"); adopts && adopts->is_object()) {
    input.adoption = adoption_from(adopts->get_object());
    if (!input.adoption) return broken();
  }
  if (const json::value* before = object.if_contains("before"); before && before->is_object()) {
    input.before = record_from_data(before->get_object());
    if (!input.before) return broken();
  }
  return input;
}

}  // namespace paynamed::pipeline
