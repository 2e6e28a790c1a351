// Engine: runs pipelines for names as durable sagas.
//
// Before an action its intent is on disk, its outcome before the next action; after a crash an intent without
// an outcome is run forward again under the same key. Every run ends completed, compensated or paused with a
// reason.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/name.hpp"
#include "base/result.hpp"
#include "state/model.hpp"

namespace paynamed::pipeline {

// Where a name's payments go, as the caller says it.
struct Source {
  state::SourceKind kind = state::SourceKind::kNode;
  std::string node;   // kNode: the backend's reference; empty for its default node
  std::string uri;    // kExternal: a BIP-321 URI, or
  std::string offer;  // a BOLT 12 offer; exactly one of the two
  // kNode: the NodeBackend that makes the offers; empty for the one that the pipeline names.
  std::string instance = {};
};

// A registration that takes over what stands at the name already, as it was looked at.
struct Adoption {
  std::vector<std::string> found;  // every TXT value that stands there, as bytes
  std::uint32_t ttl_seconds = 0;   // of the one that is adopted as it is
  // The record is published anew in place of all that stands there. Else it is one record, which stays
  // untouched.
  bool take_over = false;
};

// What a caller asks for.
struct Command {
  std::string tenant;
  state::Verb verb = state::Verb::kRegister;
  base::Name name;
  std::string owner;
  std::string reference;
  Source source;                        // register and set_source
  std::uint64_t expected_revision = 0;  // set_source, rotate, remove, repair; 0: any
  std::string idempotency_key;
  std::string request_hash;
  std::string correlation_id;
  std::string traceparent;
  bool bulk = false;                      // nobody in particular waits: others go first
  std::optional<Adoption> adoption = {};  // register
};

struct Accepted {
  base::Uuid run;
  bool replayed = false;              // the idempotency key was used before for the same request
  std::vector<std::string> warnings;  // about the source: what some wallets would not like
};

// A run as a timeline.
struct StepView {
  enum class State { kPending, kRunning, kWaiting, kDone, kSkipped, kFailed, kUndoing, kUndone };
  std::string id;
  std::string kind;
  State state = State::kPending;
  std::uint32_t attempts = 0;
  std::optional<base::WallTime> started;
  std::optional<base::WallTime> finished;
  std::optional<base::WallTime> until;  // kWaiting, or a failed attempt: when the next one is due
  std::string message;  // the last thing known: a failure, what is waited for, what came of it
  std::string outputs;  // JSON object
};

std::string_view to_string(StepView::State state);  // "pending", "running", "waiting", "done", "skipped", ...

struct RunView {
  state::RunRow row;
  std::vector<StepView> steps;
};

class Engine {
 public:
  virtual ~Engine() = default;

  // Checks the command (domain, policy, source) and makes it a run; the run is on disk when this resumes.
  // Errors as Store::accept_run, and INVALID_ARGUMENT for a source that must not be published or names no
  // node instance, FAILED_PRECONDITION for a node instance that is retired or of another network than the
  // domain, NOT_FOUND for a domain that is not ours, PERMISSION_DENIED for a domain that the tenant may not
  // use, UNAVAILABLE while the daemon stops.
  virtual boost::asio::awaitable<base::Result<Accepted>> submit(Command command) = 0;

  // Resumes when the run is final or paused, or after `most`; the row of then. NOT_FOUND when the tenant has
  // no such run.
  virtual boost::asio::awaitable<base::Result<state::RunRow>> wait(std::string tenant, base::Uuid run,
                                                                   base::Duration most) = 0;

  // Lets a paused run go on where it stands. FAILED_PRECONDITION when it is not paused.
  virtual boost::asio::awaitable<base::Result<void>> resume(std::string tenant, base::Uuid run) = 0;
  // Ends a paused or waiting run by compensation. FAILED_PRECONDITION when it is final or compensates
  // already.
  virtual boost::asio::awaitable<base::Result<void>> cancel(std::string tenant, base::Uuid run) = 0;

  virtual base::Result<RunView> view(std::string_view tenant, base::Uuid run) = 0;
};

}  // namespace paynamed::pipeline
