// A Status says how an operation ended: a gRPC code for programs and one sentence for people, which says what
// happened and what to do about it.
//
// Threads: a value type; distinct objects are independent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace paynamed::base {

// The canonical codes of gRPC (google/rpc/code.proto), so that a status crosses every border unchanged:
// plugins, nodes, the REST API. plugin-api/include/paynamed/abi.h says what the daemon does for each.
enum class Code : std::int32_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// "INVALID_ARGUMENT" and so on; "UNKNOWN" for a number outside the table.
std::string_view to_string(Code code);

// The code with this number; kUnknown for a number outside the table (it came from outside).
Code code_from_number(std::int32_t number);

class [[nodiscard]] Status {
 public:
  Status() = default;  // OK
  Status(Code code, std::string message, std::string detail = {})
      : code_(code), message_(std::move(message)), detail_(std::move(detail)) {}

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  // One sentence. Safe to show to the caller of the API.
  const std::string& message() const { return message_; }
  // More for operators (a server's own words, a stack of causes); may be empty. Never shown to callers of the
  // API.
  const std::string& detail() const { return detail_; }
  // How long the other side asked us to wait; 0 if it did not say. Milliseconds.
  std::uint32_t retry_after_ms() const { return retry_after_ms_; }

  Status& with_retry_after(std::uint32_t ms) & {
    retry_after_ms_ = ms;
    return *this;
  }
  Status&& with_retry_after(std::uint32_t ms) && {
    retry_after_ms_ = ms;
    return std::move(*this);
  }

  // Who is not called at the moment, so that nothing was even tried; empty when it was. Who asked waits as
  // long as retry_after_ms() says, and that counts as no attempt.
  const std::string& deferred_by() const { return deferred_by_; }
  bool deferred() const { return !deferred_by_.empty(); }
  Status&& with_deferral(std::string by) && {
    deferred_by_ = std::move(by);
    return std::move(*this);
  }

  // "NOT_FOUND: there is no run 17" and the detail in parentheses; for logs.
  std::string to_string() const;

  friend bool operator==(const Status&, const Status&) = default;

 private:
  Code code_ = Code::kOk;
  std::uint32_t retry_after_ms_ = 0;
  std::string message_;
  std::string detail_;
  std::string deferred_by_;
};

// One factory a code; the argument is the sentence.
Status cancelled(std::string message);
Status unknown(std::string message, std::string detail = {});
Status invalid_argument(std::string message, std::string detail = {});
Status deadline_exceeded(std::string message, std::string detail = {});
Status not_found(std::string message);
Status already_exists(std::string message);
Status permission_denied(std::string message, std::string detail = {});
Status resource_exhausted(std::string message);
Status failed_precondition(std::string message, std::string detail = {});
Status aborted(std::string message, std::string detail = {});
Status out_of_range(std::string message);
Status unimplemented(std::string message);
Status internal(std::string message, std::string detail = {});
Status unavailable(std::string message, std::string detail = {});
Status data_loss(std::string message, std::string detail = {});
Status unauthenticated(std::string message, std::string detail = {});

}  // namespace paynamed::base
