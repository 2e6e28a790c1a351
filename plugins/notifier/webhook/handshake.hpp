// CloudEvents' validation of webhooks (http-webhook.md 1.0.1, section 4): a receiver says by its answer to
// OPTIONS that it wants events from an origin, so that nobody points us at a host that does not.
//
// Threads: pure functions.
#pragma once

#include <paynamed/http.hpp>
#include <string>

#include "settings.hpp"

namespace paynamed::webhook {

HttpRequest handshake_request(const Settings& settings, const std::string& url);

// A sentence for the tenant that says how often the receiver wants to be called, when it says so, or an empty
// one; INVALID_ARGUMENT when it does not want `origin`.
Result<std::string> read_handshake(const HttpReply& answer, const std::string& origin);

}  // namespace paynamed::webhook
