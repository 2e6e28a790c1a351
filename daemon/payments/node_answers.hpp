// What the answers of a node mean for whoever asked it to make something.
//
// Threads: pure functions.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "state/nodes.hpp"

namespace paynamed::payments {

// After these the node will not make it however often it is asked.
bool is_final(base::Code code);

// Of an attempt that may have been, or be, successful: "invoice", "order".
base::Status not_known(std::string_view what);

// What the node thinks of us is not what we think of the caller: a rune that it refuses is no bad API key.
base::Status as_told_to_callers(const base::Status& why, const std::string& instance);

// Nothing new is made at an instance that is kept for what it has given out.
base::Status is_retired(const std::string& instance, std::string_view what);

// Whether the coroutine was told to end.
boost::asio::awaitable<bool> cancelled();

}  // namespace paynamed::payments
