// What the error codes of Route 53 mean: for the plugin, and as a sentence for people
// (Amazon Route 53 API Reference, "Common Errors" and the errors of each action).
//
// Threads: pure functions.
#pragma once

#include <string>

#include "messages.hpp"

namespace paynamed::route53 {

bool is_throttled(const Refusal& refusal);
// A change of the zone is still being worked on.
bool is_busy(const Refusal& refusal);
// The server's own trouble, after which nobody knows what became of a change.
bool is_server_trouble(const Refusal& refusal);
bool is_invalid_batch(const Refusal& refusal);
// A clock is off by more than the five minutes that a signature lives, or the signature itself is wrong.
bool may_be_clock(const Refusal& refusal);
// Temporary credentials that are over, or that the API does not know (any more).
bool is_stale_identity(const Refusal& refusal);

// Whether a message of InvalidChangeBatch is about the set of this name, in Route 53's form.
bool is_about(const std::string& message, const std::string& name);
// What a message says, as far as it matters what to do.
enum class Reason { kConflict, kAlias, kQuota, kOther };
Reason reason_of(const std::string& message);

// `doing`: "changing example.com.".
Error to_error(const Refusal& refusal, const std::string& doing);

}  // namespace paynamed::route53
