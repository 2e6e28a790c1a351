#include "api/submission.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/auth.hpp"
#include "api/problem.hpp"
#include "api/render.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxIdempotencyKeyBytes = 255;

Response accepted_response(const std::string& name, const pipeline::Accepted& accepted,
                           const std::vector<std::string>& warnings, state::RunState state,
                           const std::string& reason, unsigned status) {
  const std::string run_link = "/v1/runs/" + accepted.run.to_string();
  const std::string name_link = "/v1/names/" + percent_encode(name);
  json::object body{
      {"run", accepted.run.to_string()},
      {"name", name},
      {"state", state::to_string(state)},
      {"reason", reason.empty() ? json::value{} : json::value(reason)},
      {"warnings", json::array(warnings.begin(), warnings.end())},
      {"links", json::object{{"self", run_link}, {"name", name_link}}},
  };
  Response response = json_response(status, body);
  response.headers.add("Location", status == 201 ? name_link : run_link);
  if (accepted.replayed) response.headers.add("Idempotency-Replayed", "true");
  return response;
}

unsigned status_of(state::Verb verb, state::RunState state) {
  if (state != state::RunState::kCompleted) return 202;
  return verb == state::Verb::kRegister ? 201 : 200;
}

}  // namespace

base::Result<bool> read_bulk(const Body& body) {
  auto priority = body.text("priority", 16);
  if (!priority) return base::fail(priority.error());
  if (*priority == "bulk") return true;
  if (priority->empty() || *priority == "interactive") return false;
  return base::fail(base::invalid_argument("'priority' must be interactive or bulk"));
}

pipeline::Command new_command(state::Verb verb, base::Name name) {
  return pipeline::Command{{}, verb, std::move(name), {}, {}, {}, 0, {}, {}, {}, {}};
}

base::Result<std::string> idempotency_key_of(const Request& request) {
  const std::string* key = request.headers.find("Idempotency-Key");
  if (key == nullptr) return std::string{};
  const bool printable = std::all_of(key->begin(), key->end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (key->empty() || key->size() > kMaxIdempotencyKeyBytes || !printable ||
      request.headers.count("Idempotency-Key") > 1) {
    return base::fail(base::invalid_argument(
        fmt::format("the Idempotency-Key must be one header of 1 to {} printable ASCII characters",
                    kMaxIdempotencyKeyBytes)));
  }
  return *key;
}

base::Result<Idempotency> idempotency_of(const Request& request) {
  auto key = idempotency_key_of(request);
  if (!key) return base::fail(key.error());
  if (key->empty()) return Idempotency{};
  return Idempotency{*std::move(key),
                     to_hex(sha256(fmt::format("{}\n{}\n{}", request.method, request.path, request.body)))};
}

base::Result<void> fill_from(const Request& request, pipeline::Command& command) {
  command.tenant = request.tenant;
  command.correlation_id = request.correlation_id;
  command.traceparent = request.traceparent;
  auto idempotency = idempotency_of(request);
  if (!idempotency) return base::fail(idempotency.error());
  command.idempotency_key = std::move(idempotency->key);
  command.request_hash = std::move(idempotency->request_hash);
  return {};
}

boost::asio::awaitable<Response> submit(const Dependencies& dependencies, Request& request,
                                        pipeline::Command command, std::vector<std::string> warnings) {
  const std::string name = command.name.text();
  const state::Verb verb = command.verb;
  auto accepted = co_await dependencies.engine.submit(std::move(command));
  if (!accepted) co_return problem(request, accepted.error());
  warnings.insert(warnings.end(), accepted->warnings.begin(), accepted->warnings.end());

  state::RunState state = state::RunState::kRunning;
  std::string reason;
  // The run of then may be over long since, and a removal may be another run that is turned back.
  if (accepted->replayed || verb == state::Verb::kRemove) {
    auto row = dependencies.store.find_run(request.tenant, accepted->run);
    if (!row) co_return problem(request, row.error());
    if (*row) {
      state = (*row)->state;
      reason = (*row)->reason;
    }
  }
  const auto wait = preferred_wait(request.headers, kMaxWait);
  if (!wait) co_return accepted_response(name, *accepted, warnings, state, reason, 202);

  const std::string applied =
      fmt::format("wait={}", std::chrono::duration_cast<std::chrono::seconds>(*wait).count());
  Response early = accepted_response(name, *accepted, warnings, state, reason, 202);
  early.headers.add("Preference-Applied", applied);
  request.answer_if_stopping(std::move(early));
  std::string tenant = request.tenant;
  auto row = co_await dependencies.engine.wait(std::move(tenant), accepted->run, *wait);
  // The run is on disk whatever became of the wait: the caller has to learn its id.
  if (row) {
    state = row->state;
    reason = row->reason;
  }
  Response response = accepted_response(name, *accepted, warnings, state, reason, status_of(verb, state));
  response.headers.add("Preference-Applied", applied);
  co_return response;
}

}  // namespace paynamed::api
