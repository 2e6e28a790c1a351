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

  // The same of a value that somebody sent to us: values and lines count from 16 bytes, or words of the log
  // could be made to vanish, and none of them takes the place of one that add() was told. Certificates are no
  // secrets, and each of their lines would cost every line of the log a search; with a private key beside
  // them they count.
  void add_of_caller(std::string_view secret);

  // `text` with "[redacted]" in the place of every registered value.
  std::string apply(std::string_view text) const;

 private:
  using Values =
      std::deque<std::string>;  // longest first does not matter: each is replaced wherever it stands
  static void add_lines(Values& values, std::string_view secret, std::size_t shortest);

  mutable std::shared_mutex mutex_;
  Values values_;      // guarded by mutex_
  Values of_callers_;  // the same
};

}  // namespace paynamed::observe
