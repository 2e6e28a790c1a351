// Code, Error and Result: how the SDK says that something did not work.
//
// Threads: value types; distinct objects are independent.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "paynamed/abi.h"

namespace paynamed {

// The codes of gRPC; abi.h says what the daemon does with each.
enum class Code : std::int32_t {
  kOk = PN_OK,
  kCancelled = PN_CANCELLED,
  kUnknown = PN_UNKNOWN,
  kInvalidArgument = PN_INVALID_ARGUMENT,
  kDeadlineExceeded = PN_DEADLINE_EXCEEDED,
  kNotFound = PN_NOT_FOUND,
  kAlreadyExists = PN_ALREADY_EXISTS,
  kPermissionDenied = PN_PERMISSION_DENIED,
  kResourceExhausted = PN_RESOURCE_EXHAUSTED,
  kFailedPrecondition = PN_FAILED_PRECONDITION,
  kAborted = PN_ABORTED,
  kOutOfRange = PN_OUT_OF_RANGE,
  kUnimplemented = PN_UNIMPLEMENTED,
  kInternal = PN_INTERNAL,
  kUnavailable = PN_UNAVAILABLE,
  kDataLoss = PN_DATA_LOSS,
  kUnauthenticated = PN_UNAUTHENTICATED,
};

// One sentence that says what happened and what to do, under a code for the daemon. May be thrown wherever
// the SDK calls the plugin; it becomes the status of that call.
class Error : public std::exception {
 public:
  Error(Code code, std::string message, std::string detail = {}, std::uint32_t retry_after_ms = 0)
      : code_(code),
        retry_after_ms_(retry_after_ms),
        message_(std::move(message)),
        detail_(std::move(detail)) {}

  Code code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  // For operators only; never shown to callers of the API.
  const std::string& detail() const noexcept { return detail_; }
  // 0: no wish.
  std::uint32_t retry_after_ms() const noexcept { return retry_after_ms_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  Code code_;
  std::uint32_t retry_after_ms_;
  std::string message_;
  std::string detail_;
};

// A value or the Error that says why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: meant to be implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: meant to be implicit

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  // Throw the Error if there is no value.
  T& value() & {
    if (!ok()) throw error();
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    if (!ok()) throw error();
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    if (!ok()) throw error();
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  // Only if not ok().
  const Error& error() const { return *std::get_if<1>(&state_); }
  Code code() const { return ok() ? Code::kOk : error().code(); }

 private:
  std::variant<T, Error> state_;
};

namespace detail {

inline pn_bytes borrow(std::string_view text) {
  return {text.data(), text.size()};
}

inline std::string_view view(pn_bytes bytes) {
  return bytes.data == nullptr ? std::string_view() : std::string_view(bytes.data, bytes.size);
}

// Borrows from `error`.
inline pn_status to_abi(const Error& error) {
  return {sizeof(pn_status),       static_cast<std::int32_t>(error.code()),
          error.retry_after_ms(),  0,
          borrow(error.message()), borrow(error.detail())};
}

inline pn_status ok_status() {
  return {sizeof(pn_status), PN_OK, 0, 0, {nullptr, 0}, {nullptr, 0}};
}

// What the other side said, copied; reads no member that its maker did not know.
inline Error from_abi(const pn_status& status) {
  const auto known = status.code >= 0 && status.code <= PN_UNAUTHENTICATED;
  return Error(known ? static_cast<Code>(status.code) : Code::kUnknown,
               PN_HAS(pn_status, &status, message) ? std::string(view(status.message)) : std::string(),
               PN_HAS(pn_status, &status, detail) ? std::string(view(status.detail)) : std::string(),
               PN_HAS(pn_status, &status, retry_after_ms) ? status.retry_after_ms : 0);
}

// The exception in flight as an Error. Only inside a catch block.
inline Error current_error() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& other) {
    return Error(Code::kInternal, "The plugin failed in a way that it did not expect; look at its log.",
                 other.what());
  } catch (...) {
    return Error(Code::kInternal, "The plugin failed in a way that it did not expect; look at its log.");
  }
}

}  // namespace detail
}  // namespace paynamed
