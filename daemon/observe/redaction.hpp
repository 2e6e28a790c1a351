// Redaction: the values that must never be written anywhere. What reads a secret registers it; what writes
// text asks.
//
// Threads: every function may be called from any thread.
#pragma once

#include <deque>
#include <shared_mutex>
#include <string>
#include <string_view>

namespace paynamed::observe {

class Redaction {
 public:
  // From now on `secret` is replaced in every text. Values shorter than 4 bytes are not: they would eat
  // ordinary text. A secret of several lines counts as a whole and line by line. Remembers the newest 1,000.
  void add(std::string_view secret);

  // `text` with "[redacted]" in the place of every registered value.
  std::string apply(std::string_view text) const;

 private:
  void add_one(std::string_view value);

  mutable std::shared_mutex mutex_;
  std::deque<std::string> values_;  // longest first does not matter: each is replaced wherever it stands
};

}  // namespace paynamed::observe
