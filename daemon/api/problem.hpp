// Problem documents (RFC 9457): how every error of the API looks.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "api/message.hpp"
#include "base/status.hpp"

namespace paynamed::api {

// {"type", "title", "status", "detail", "instance", "correlation_id"} as application/problem+json. `detail`
// is a sentence for the caller. `members` is what else the document says, as finished JSON: `"run": "..."`,
// comma-separated.
Response problem(const Request& request, unsigned status, std::string_view type, std::string_view detail,
                 std::string_view members = {});

// The document of a failed operation:
//   INVALID_ARGUMENT 422, NOT_FOUND 404, ALREADY_EXISTS and FAILED_PRECONDITION 409, PERMISSION_DENIED 403,
//   UNAUTHENTICATED 401, RESOURCE_EXHAUSTED and UNAVAILABLE 503 with Retry-After, DEADLINE_EXCEEDED 504,
//   OUT_OF_RANGE 410, UNIMPLEMENTED 501, ABORTED 409 with the open run, or 412 when the revision was another
//   one; all others 500, without the sentence.
// The status is kept as `cause` for the log.
Response problem(const Request& request, const base::Status& status);

// The same for what is wrong with the form of the request (JSON, query, headers): 400.
Response bad_request(const Request& request, const base::Status& status);

// "Not Found" for 404; "Error" for a status that we do not use.
std::string_view reason_phrase(unsigned status);

// A JSON string with its quotes.
std::string quoted(std::string_view text);

}  // namespace paynamed::api
