// Action: what a step kind does, apart from how it is made durable. The engine calls prepare, writes the
// intent, calls perform, writes the outcome; and later, if the run must be undone, calls undo.
//
// Threads: actions are shared by all runs and keep no state of a run; any thread calls them, each call is a
// coroutine on the daemon's io_context.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/name.hpp"
#include "base/result.hpp"
#include "pipeline/compiled.hpp"
#include "pipeline/engine.hpp"
#include "pipeline/progress.hpp"
#include "state/model.hpp"

namespace paynamed::pipeline {

// What a run is about, fixed when it was accepted and stored with it.
struct RunInput {
  RunInput(std::string of_tenant, base::Name of_name, state::Verb what)
      : tenant(std::move(of_tenant)), name(std::move(of_name)), verb(what) {}

  std::string tenant;
  base::Name name;
  state::Verb verb;
  std::string owner;
  std::string reference;
  Source source;      // as asked for; for rotate, remove and repair as the name has it
  std::string value;  // kExternal: the TXT value to publish, checked; repair: the name's own
  bool livemode = true;
  bool bulk = false;                     // nobody in particular waits: others go first
  std::optional<Adoption> adoption;      // register: what stands there is taken over
  std::optional<state::NameRow> before;  // the name when the run was accepted; none for a new one

  boost::json::object to_json() const;
  static base::Result<RunInput> from_json(std::string_view tenant, std::string_view json);
};

// What an action may know of its run.
struct StepContext {
  const base::Uuid& run;
  const RunInput& input;
  const CompiledPipeline& pipeline;
  const Progress& progress;
  std::size_t index;  // the step's place in the pipeline
  base::WallTime now;
  std::string key;  // "<run>/<step id>/<generation>": stable over attempts
  std::string correlation_id;
  std::string traceparent;

  const CompiledStep& step() const { return pipeline.steps[index]; }
  const StepProgress& step_progress() const { return progress.step(index); }
  // The outputs of the latest done step of this kind; nullptr when there is none.
  const boost::json::object* outputs_of_kind(std::string_view kind) const;
  // An argument's value with its references replaced; nothing when the file does not give it.
  base::Result<std::optional<std::string>> text_argument(std::string_view name) const;
  std::optional<std::int64_t> integer_argument(std::string_view name) const;
  std::optional<base::Duration> duration_argument(std::string_view name) const;
};

struct Done {
  boost::json::object outputs;
  std::vector<state::NewEvent> events;  // written with the outcome; id and time are filled in by the engine
  std::string message;                  // what came of it, for people
  std::optional<state::Proof> proof = {};
};
struct Skipped {
  std::string message;
};
// Not yet: look again at `until`, with `state` given back as step_progress().wait_state.
struct Wait {
  base::WallTime until;
  std::string message;
  boost::json::object state;
};
struct Failure {
  base::Status status;
  bool effect_unknown = false;  // the side effect may have happened all the same
  bool pause = false;           // an earlier call is still open: nothing may be started before it ends
};
using StepResult = std::variant<Done, Skipped, Wait, Failure>;

// FAILED_PRECONDITION when there is more in it than the store takes: plugins say how much they like.
base::Status check_size(const Done& done);

struct UndoDone {
  std::vector<state::NewEvent> events;
  std::string message;
};
using UndoResult = std::variant<UndoDone, Wait, Failure>;

class Action {
 public:
  virtual ~Action() = default;

  // Whether perform() changes anything outside: then its intent is made durable first.
  virtual bool has_effect() const = 0;
  // Whether the run may not be turned back any more once this action may have happened: a proven name was
  // announced, a withdrawn record goes out of caches. From there a run goes forward only.
  virtual bool is_final() const { return false; }
  // Whether prepare() waits for anything; if not, the intent shares a commit with the outcome before it.
  virtual bool reads_before() const { return false; }
  // Reads what the undo will need; changes nothing. Called before the first attempt, and again after an
  // attempt ended with ABORTED (step_progress().intent is then the earlier intent).
  virtual boost::asio::awaitable<base::Result<boost::json::object>> prepare(const StepContext& context);
  // Does it. Called again under the same key after a crash or a transient failure.
  virtual boost::asio::awaitable<StepResult> perform(const StepContext& context) = 0;
  // Takes it back, whatever came of it: step_progress().intent always, .outputs only when the outcome is
  // known.
  virtual boost::asio::awaitable<UndoResult> undo(const StepContext& context);
};

using ActionTable = std::map<std::string, std::unique_ptr<Action>, std::less<>>;

}  // namespace paynamed::pipeline
