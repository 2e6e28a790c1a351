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

class BulkFile {
 public:
  // A path, or "-" for standard input, which is kept in a temporary file without a name. INVALID_ARGUMENT
  // when it cannot be read.
  static base::Result<BulkFile> open(const std::string& path);

  // Every row read once: mistakes in order, names that stand there twice among them. Also counts rows.
  std::vector<BulkMistake> check(const std::string& domain);
  std::uint64_t rows() const { return rows_; }
  std::uint64_t lines() const { return lines_; }
  // SHA-256 of all bytes, in hex.
  const std::string& hash() const { return hash_; }

  // At the start of the file.
  std::istream& from_start();

 private:
  explicit BulkFile(std::unique_ptr<std::istream> stream) : stream_(std::move(stream)) {}
  base::Result<void> read_hash();

  std::unique_ptr<std::istream> stream_;
  std::string hash_;
  std::uint64_t rows_ = 0;
  std::uint64_t lines_ = 0;
};

}  // namespace paynamed::ctl
