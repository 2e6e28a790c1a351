// The command line: options, environment, and which command they mean.
//
// Threads: one at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "ctl/commands.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {

using Connect = std::function<std::unique_ptr<Connection>(Url url, std::string key)>;

// Reads argv, PAYNAMED_URL, PAYNAMED_API_KEY and PAYNAMED_DOMAIN and runs the command. Gives the exit status.
// `confirm` asks the user; empty where nobody can answer.
int run_command_line(int argc, const char* const* argv, const Connect& connect, const base::Clock& clock,
                     Style style, std::function<void(std::string_view)> out,
                     std::function<void(std::string_view)> err, std::function<void(base::Duration)> pause,
                     std::function<bool(std::string_view)> confirm = {});

}  // namespace paynamed::ctl
