#include "payments/node_answers.hpp"

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>

namespace paynamed::payments {
namespace asio = boost::asio;
using base::Code;

bool is_final(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kFailedPrecondition:
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kPermissionDenied:
    case Code::kUnimplemented:
    case Code::kOutOfRange:
      return true;
    default:
      return false;
  }
}

base::Status not_known(std::string_view what) {
  return base::deadline_exceeded(fmt::format(
      "the node did not say whether it made the {0}, and is asked again; send the request again with "
      "the same Idempotency-Key, or wait for {0}.created",
      what));
}

base::Status as_told_to_callers(const base::Status& why, const std::string& instance) {
  switch (why.code()) {
    case Code::kInvalidArgument:
    case Code::kFailedPrecondition:
    case Code::kUnimplemented:
    case Code::kResourceExhausted:
    case Code::kUnavailable:
    case Code::kInternal:
      return why;
    default:
      return base::unavailable(
          fmt::format("the node of '{}' makes nothing to be paid now; its operator has to look at it",
                      instance),
          why.to_string());
  }
}

base::Status is_retired(const std::string& instance, std::string_view what) {
  return base::failed_precondition(
      fmt::format("the name's node instance '{}' is retired and makes no new {}; give the name another node",
                  instance, what));
}

asio::awaitable<bool> cancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

}  // namespace paynamed::payments
