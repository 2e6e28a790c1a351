// The HTTP requests of this instance: what all of them have in common.
//
// Threads: pure functions.
#pragma once

#include <chrono>
#include <paynamed/http.hpp>
#include <string>
#include <string_view>

#include "settings.hpp"

namespace paynamed::webhook {

// To the URL of a target, under the operator's rules about who may be called.
HttpRequest request_to(const Settings& settings, std::string_view method, const std::string& url);

void add_header(HttpRequest& request, std::string_view name, std::string value);

// Of what the call has left, so that the answer to it is given in time.
std::chrono::milliseconds time_for(const Settings& settings, const Host& host, const Call& call);

}  // namespace paynamed::webhook
