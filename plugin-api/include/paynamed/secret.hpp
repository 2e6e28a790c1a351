// Secret: a handle from the configuration. Its value is asked from the daemon at each use, so that it can be
// changed without a restart, and it cannot be printed.
//
// Threads: a handle; every function may be called from any thread, read_now() from none that is on the
// strand.
#pragma once

#include <paynamed/plugin/v1/secret.pb.h>

#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "paynamed/wait_now.hpp"

namespace paynamed {

// A secret in the clear. Keep it as short as the use takes; it is overwritten when it goes.
class SecretValue {
 public:
  explicit SecretValue(std::string value) : value_(std::move(value)) {}
  SecretValue(const SecretValue& other) = default;
  SecretValue(SecretValue&& other) noexcept : value_(other.value_) { other.wipe(); }
  SecretValue& operator=(const SecretValue&) = delete;
  ~SecretValue() { wipe(); }

  // Never into a log, a metric, an error or an observation.
  std::string_view reveal() const { return value_; }
  friend std::ostream& operator<<(std::ostream&, const SecretValue&) = delete;

 private:
  void wipe() noexcept {
    volatile char* at = value_.data();
    for (std::size_t i = 0; i < value_.size(); ++i) at[i] = 0;
  }
  std::string value_;
};

class Secret {
 public:
  // From Config::secret(), or from a handle that came with a request.
  Secret(Host host, std::string handle) : host_(std::move(host)), handle_(std::move(handle)) {}

  // The value as it is now, or why it cannot be read: UNAUTHENTICATED while it is not there, for then an
  // operator must mend it as one that is wrong. `then` runs on the strand.
  void read(std::function<void(Result<SecretValue>)> then) const {
    plugin::v1::ReadSecretRequest request;
    request.set_handle(handle_);
    host_.call<plugin::v1::ReadSecretReply>(
        "pn.secret/1", "Read", request, Host::CallOptions(),
        [then = std::move(then)](Result<plugin::v1::ReadSecretReply> reply) {
          if (!reply.ok()) return then(unreadable(reply.error()));
          then(SecretValue(std::move(*reply->mutable_value())));
        });
  }

  // The same for straight code on a thread of the plugin's own (Blocking<>). Throws Error.
  SecretValue read_now() const {
    return detail::wait_now<SecretValue>(host_, "Secret::read_now()",
                                         [this](auto then) { read(std::move(then)); });
  }

  // Only says which secret it is.
  const std::string& handle() const { return handle_; }
  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

 private:
  static Error unreadable(const Error& error) {
    const bool missing = error.code() == Code::kFailedPrecondition || error.code() == Code::kNotFound;
    return missing ? Error(Code::kUnauthenticated, error.message(), error.detail()) : error;
  }

  Host host_;
  std::string handle_;
};

}  // namespace paynamed
