#include "base/status.hpp"

#include <array>

namespace paynamed::base {
namespace {

constexpr std::array<std::string_view, 17> kNames = {
    "OK",        "CANCELLED",        "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS",   "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",     "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED",
};

}  // namespace

std::string_view to_string(Code code) {
  const auto number = static_cast<std::size_t>(code);
  return number < kNames.size() ? kNames[number] : "UNKNOWN";
}

Code code_from_number(std::int32_t number) {
  return number >= 0 && static_cast<std::size_t>(number) < kNames.size() ? static_cast<Code>(number)
                                                                         : Code::kUnknown;
}

std::string Status::to_string() const {
  std::string text{base::to_string(code_)};
  if (!message_.empty()) text.append(": ").append(message_);
  if (!detail_.empty()) text.append(" (").append(detail_).append(")");
  return text;
}

Status cancelled(std::string message) { return {Code::kCancelled, std::move(message)}; }
Status unknown(std::string message, std::string detail) {
  return {Code::kUnknown, std::move(message), std::move(detail)};
}
Status invalid_argument(std::string message, std::string detail) {
  return {Code::kInvalidArgument, std::move(message), std::move(detail)};
}
Status deadline_exceeded(std::string message, std::string detail) {
  return {Code::kDeadlineExceeded, std::move(message), std::move(detail)};
}
Status not_found(std::string message) { return {Code::kNotFound, std::move(message)}; }
Status already_exists(std::string message) { return {Code::kAlreadyExists, std::move(message)}; }
Status permission_denied(std::string message, std::string detail) {
  return {Code::kPermissionDenied, std::move(message), std::move(detail)};
}
Status resource_exhausted(std::string message) { return {Code::kResourceExhausted, std::move(message)}; }
Status failed_precondition(std::string message, std::string detail) {
  return {Code::kFailedPrecondition, std::move(message), std::move(detail)};
}
Status aborted(std::string message, std::string detail) {
  return {Code::kAborted, std::move(message), std::move(detail)};
}
Status out_of_range(std::string message) { return {Code::kOutOfRange, std::move(message)}; }
Status unimplemented(std::string message) { return {Code::kUnimplemented, std::move(message)}; }
Status internal(std::string message, std::string detail) {
  return {Code::kInternal, std::move(message), std::move(detail)};
}
Status unavailable(std::string message, std::string detail) {
  return {Code::kUnavailable, std::move(message), std::move(detail)};
}
Status data_loss(std::string message, std::string detail) {
  return {Code::kDataLoss, std::move(message), std::move(detail)};
}
Status unauthenticated(std::string message, std::string detail) {
  return {Code::kUnauthenticated, std::move(message), std::move(detail)};
}

}  // namespace paynamed::base
