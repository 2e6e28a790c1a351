// The lines of text/event-stream (WHATWG HTML, section 9.2 "Server-sent events").
//
// Threads: pure functions; each appends one block, with the empty line that ends it.
#pragma once

#include <string>
#include <string_view>

#include "base/time.hpp"

namespace paynamed::api {

// An event. Line ends within `data` become several data lines, which readers put together with \n again.
// `id` and `type` have none.
void append_event(std::string& out, std::string_view id, std::string_view type, std::string_view data);

// A comment, which readers drop: it tells that the connection lives. `id` is what they send as Last-Event-ID
// from now on, without an event; empty: as before.
void append_heartbeat(std::string& out, std::string_view id);

// How long a reader waits before it comes back.
void append_retry(std::string& out, base::Duration wait);

}  // namespace paynamed::api
