// What the actions need of the rest of the daemon, as a few narrow functions, so that each action is tested
// without a plugin, a zone or a resolver.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/name.hpp"
#include "base/result.hpp"
#include "names/lint/report.hpp"
#include "pipeline/action.hpp"
#include "pipeline/actions/turns.hpp"
#include "pipeline/runtime.hpp"
#include "state/moves.hpp"
#include "state/store.hpp"

namespace paynamed::pipeline {

// One attempt at a method of an instance.
struct PluginCall {
  std::string instance;
  std::string method;
  std::string request;  // protobuf bytes
  std::string key;      // idempotency key; empty for reading methods
  // The effect that has to be settled before this call begins; empty: that of `key`. For reads that an undo
  // relies on.
  std::string settle_key;
  std::string correlation_id;
  std::string traceparent;
  base::Duration timeout{};
  bool background = false;      // nobody in particular waits: what shares a limit lets other calls go first
  bool beside_breaker = false;  // about one of several peers behind the instance (host::CallOptions)
  // An earlier attempt under the key may have done it: a reason that may pass is no reason to give up.
  bool resumed = false;
  // About a node with just the secrets that the request names, whatever is kept of one at the same place.
  bool trial = false;
};

struct PluginAnswer {
  base::Result<std::string> reply;
  // The plugin did not answer in time nor within the grace time after it: the call may still act. Nothing
  // else may be started for this key.
  bool stuck = false;
};

// Does the record stand at every address of every authoritative server?
struct AuthoritativeReport {
  bool everywhere = false;
  std::size_t have = 0;   // addresses that have it
  std::size_t asked = 0;  // addresses that could be asked
  std::string sentence;   // who has it, or who is missing and why
  std::string details;    // JSON array, a verdict an address
};

// Do the configured resolvers give the record out?
struct ResolverSummary {
  bool enough = false;
  std::string sentence;
  std::string details;               // JSON array, a verdict a resolver
  std::uint32_t cached_seconds = 0;  // how long those without it may remember what they say now
};

// What a validating resolver says of a domain, from the trust anchor.
struct ValidationReport {
  enum class Verdict { kSecure, kInsecure, kBogus, kIndeterminate };
  Verdict verdict = Verdict::kIndeterminate;
  std::string why;  // a sentence
};

// The record of a name, proven from the trust anchor down and verified offline.
struct ProvenRecord {
  state::Proof proof;           // .value is what it proves
  names::LintReport lint = {};  // what wallets make of it
};

struct Services {
  base::Clock& clock;
  state::Store& store;
  CurrentRuntime runtime;
  // Waits for an earlier call under the same key before it begins.
  std::function<boost::asio::awaitable<PluginAnswer>(PluginCall)> call_plugin;
  std::function<boost::asio::awaitable<base::Result<AuthoritativeReport>>(base::Name, std::string value)>
      check_authoritatives;
  // Not to be called before the authoritative servers have the record. Nothing: no resolvers are configured.
  std::function<boost::asio::awaitable<std::optional<ResolverSummary>>(base::Name, std::string value)>
      check_resolvers;
  // Fails while there is nothing to prove, or nothing that proves it: the message is for people.
  std::function<boost::asio::awaitable<base::Result<ProvenRecord>>(base::Name)> prove_record;
  std::function<boost::asio::awaitable<base::Result<ValidationReport>>(std::string domain)> validate_domain;
  state::MoveStore* moves = nullptr;  // null: no domain is ever moved
  std::shared_ptr<Turns> turns = {};  // of runs that nobody waits for; null: all at once

  // For as long as it lives the run may look at the DNS.
  boost::asio::awaitable<Turns::Turn> turn_of(const RunInput& input) const;
};

// The actions of all step kinds of this version.
ActionTable standard_actions(const Services& services);

}  // namespace paynamed::pipeline
