// Submission: what all verbs on names share. A command goes to the engine, and the answer says where its run
// is.
//
// Threads: any.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "api/body.hpp"
#include "api/dependencies.hpp"
#include "api/message.hpp"

namespace paynamed::api {

// The longest wait that `Prefer: wait=` and `?wait=` can ask for.
inline constexpr base::Duration kMaxWait{60'000};

pipeline::Command new_command(state::Verb verb, base::Name name);

// The Idempotency-Key; empty when there is none. INVALID_ARGUMENT when it is empty, longer than 255 bytes,
// given twice or not printable ASCII.
base::Result<std::string> idempotency_key_of(const Request& request);

// The Idempotency-Key of a request with a hash of what is asked; both empty without one.
struct Idempotency {
  std::string key;
  std::string request_hash;
};
// Fails as idempotency_key_of().
base::Result<Idempotency> idempotency_of(const Request& request);

// Fills tenant, idempotency key, request hash, correlation id and traceparent from the request.
// Fails as idempotency_of().
base::Result<void> fill_from(const Request& request, pipeline::Command& command);

// "priority" of the body: true for "bulk". INVALID_ARGUMENT for another word.
base::Result<bool> read_bulk(const Body& body);

// Submits, waits as long as Prefer asks, and answers: 202 while the run is open or when it ended without its
// goal, 201 when a registration ended well, 200 when another verb did. `warnings` go into the answer before
// the engine's.
boost::asio::awaitable<Response> submit(const Dependencies& dependencies, Request& request,
                                        pipeline::Command command, std::vector<std::string> warnings);

}  // namespace paynamed::api
