// BulkFile: the rows' file as it is worked on: checked whole before anything is sent, known by its hash, and
// read from its start as often as needed.
//
// Threads: one thread at a time.
#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace paynamed::ctl {

struct BulkMistake {
  std::uint64_t line = 0;
  std::string message;
};

// The first thousand, for a file of something else has millions.
struct BulkMistakes {
  static constexpr std::size_t kMostTold = 1'000;
  std::vector<BulkMistake> told;
  std::uint64_t total = 0;

  void add(std::uint64_t line, std::string message);
};

class BulkFile {
 public:
  // A path, or "-" for standard input, which is kept in a temporary file without a name. `domain` is for
  // names without one. INVALID_ARGUMENT when it cannot be read.
  static base::Result<BulkFile> open(const std::string& path, std::string domain);

  // Every row read once: mistakes in order, names that stand there twice among them. Also counts rows.
  BulkMistakes check();
  std::uint64_t rows() const { return rows_; }
  std::uint64_t lines() const { return lines_; }
  // SHA-256 of the domain and all bytes, in hex: the same rows mean other names with another domain.
  const std::string& hash() const { return hash_; }

  // At the start of the file.
  std::istream& from_start();

 private:
  BulkFile(std::unique_ptr<std::istream> stream, std::string domain)
      : stream_(std::move(stream)), domain_(std::move(domain)) {}
  base::Result<void> read_hash();

  std::unique_ptr<std::istream> stream_;
  std::string domain_;
  std::string hash_;
  std::uint64_t rows_ = 0;
  std::uint64_t lines_ = 0;
};

}  // namespace paynamed::ctl
