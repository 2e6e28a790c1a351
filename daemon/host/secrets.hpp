// Secrets: where each is read from, and the service pn.secret/1, which reads it at use. A plugin sees handles
// and asks for values; it gets those of its own configuration, of nodes that were added to it and of webhooks
// that it sends only. Every value that was read is hidden in the log from then on.
//
// Threads: every function may be called from any thread. Reading a file blocks.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "observe/log.hpp"

namespace paynamed::host {

// The place of a secret, never the secret itself.
struct SecretSource {
  enum class Kind { kEnv, kFile };
  Kind kind = Kind::kEnv;
  std::string where;  // the name of an environment variable or the path of a file

  // env "NAME" or file "path"; for messages.
  std::string to_string() const;
  friend bool operator==(const SecretSource&, const SecretSource&) = default;
};

// The longest secret, in bytes.
inline constexpr std::size_t kMostSecretBytes = 64 * 1024;

// The value as it is now, without the line end at its end. FAILED_PRECONDITION if it is not there, empty or
// too long; the message names the place. Files below a relative path are looked for in `directory`.
base::Result<std::string> read_secret(const SecretSource& source, const std::filesystem::path& directory);

// Reads a secret that is in no configuration, by its handle ("secret:<instance>/added/...", of a node;
// "secret:<instance>/webhook/...", of a webhook). NOT_FOUND when there is none. From any thread; may block
// shortly.
using AddedSecrets = std::function<base::Result<std::string>(std::string_view handle)>;

// The secrets of one instance.
class Secrets {
 public:
  // Handles are "secret:<instance>/<path>". A file that others than its owner may read gives one warning.
  // `added` may be empty: then there are none.
  Secrets(std::string instance, std::filesystem::path directory, observe::Log log, AddedSecrets added = {});

  // Makes the handle of the secret at `path` ("/tsig/key") of the instance's table.
  std::string add(std::string_view path, SecretSource source);
  // NOT_FOUND for a handle that is not of this instance, else as read_secret.
  base::Result<std::string> read(std::string_view handle);

 private:
  base::Result<std::string> read_added(std::string_view handle);
  void warn_if_others_can_read(const std::filesystem::path& file);

  const std::string instance_;
  const std::filesystem::path directory_;
  const observe::Log log_;
  const AddedSecrets added_;
  std::mutex mutex_;
  std::map<std::string, SecretSource, std::less<>> sources_;
  std::set<std::string> warned_;
};

}  // namespace paynamed::host
