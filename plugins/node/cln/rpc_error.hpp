// RpcError: what lightningd answers to a call that it refuses, and what that means in the contract.
//
// Threads: a value type; the functions are pure.
#pragma once

#include <cstdint>
#include <exception>
#include <paynamed/error.hpp>
#include <string>

namespace paynamed::cln {

// Numbers of lightningd's common/jsonrpc_errors.h.
inline constexpr std::int64_t kUnknownCommand = -32601;
inline constexpr std::int64_t kBadParameters = -32602;
inline constexpr std::int64_t kGeneric = -1;
inline constexpr std::int64_t kPluginError = -3;
inline constexpr std::int64_t kPluginTerminated = -4;
inline constexpr std::int64_t kShuttingDown = -5;
inline constexpr std::int64_t kLabelExists = 900;
inline constexpr std::int64_t kWaitTimedOut = 904;
inline constexpr std::int64_t kOfferExistsInactive = 1000;
inline constexpr std::int64_t kOfferAlreadyDisabled = 1001;
inline constexpr std::int64_t kOfferAlreadyEnabled = 1006;
inline constexpr std::int64_t kOfferUsedUp = 1007;

class RpcError : public std::exception {
 public:
  // `text` is the node's: made short, put on one line and into UTF-8.
  RpcError(std::int64_t code, const std::string& text);
  std::int64_t code() const { return code_; }
  const std::string& text() const { return text_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::int64_t code_;
  std::string text_;
};

// For a refusal that the caller did not expect. `doing` is what was tried: "making an offer".
Error error_of(const RpcError& refusal, const std::string& doing);

// Runs `look`, which reads what a change did that was made before. When it cannot, the change stays: the
// outcome is UNKNOWN, never "nothing was done".
template <class Look>
auto after_change(const Look& look) {
  try {
    return look();
  } catch (const RpcError& refusal) {
    throw Error(Code::kUnknown, "The node did it and does not show what it did; it is asked again.",
                refusal.text());
  } catch (const Error& error) {
    if (error.code() != Code::kUnavailable) throw;
    throw Error(Code::kUnknown, error.message(), error.detail());
  }
}

}  // namespace paynamed::cln
