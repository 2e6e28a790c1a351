// Credentials, and where they may come from. Each source is one place that AWS's own tools look at.
//
// Threads: on the strand.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <paynamed/error.hpp>
#include <paynamed/secret.hpp>
#include <string>
#include <string_view>

namespace paynamed::route53 {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

struct Credentials {
  std::string access_key_id;
  std::shared_ptr<const SecretValue> secret_access_key;
  std::shared_ptr<const SecretValue> session_token;  // null: none
  // Temporary ones end then. Others are read again at each use, so that they can be changed without a
  // restart.
  std::optional<WallTime> expires;
};

// What a source has: credentials, or why it is not the one that is used here.
struct Found {
  std::optional<Credentials> credentials;
  std::string why_not;  // "AWS_ACCESS_KEY_ID is not set"
};

class CredentialSource {
 public:
  CredentialSource() = default;
  CredentialSource(const CredentialSource&) = delete;
  CredentialSource& operator=(const CredentialSource&) = delete;
  virtual ~CredentialSource() = default;

  // "the environment"; for sentences.
  virtual std::string name() const = 0;
  // Fails when the source is meant to be used and cannot: then no later one is tried. `then` may run at once.
  virtual void find(std::function<void(Result<Found>)> then) = 0;
};

// A variable of the process; empty when it is not set. Apart, for the tests.
using Environment = std::function<std::string(const char* name)>;
std::string process_environment(const char* name);

// Null for an empty text.
std::shared_ptr<const SecretValue> secret_of(std::string text);

// The keys that the endpoints of containers and instances answer with: AccessKeyId, SecretAccessKey, Token,
// Expiration. Fails when it is not such JSON; nothing of it is in the error.
Result<Credentials> credentials_in_json(std::string_view json, const std::string& who);
// "2026-01-02T03:04:05Z".
std::optional<WallTime> time_of(std::string_view text);

// A regular file of at most 64 KiB; nothing when it is not there. Fails with the reason when it cannot be
// read.
Result<std::optional<std::string>> read_small_file(const std::string& path);

}  // namespace paynamed::route53
