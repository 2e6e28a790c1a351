// Rows of a bulk registration: CSV with a head (RFC 4180) or JSON lines, read one by one, so that a file may
// be longer than the memory.
//
// Threads: one thread at a time.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ctl/commands.hpp"

namespace paynamed::ctl {

// One name to register.
struct BulkRow {
  std::uint64_t line = 0;  // where it begins, from 1
  std::string name;        // user@domain, in lower case
  std::string owner;
  std::string reference;
  SourceOption source;
};

// As POST /v1/names takes it.
std::string body_of(const BulkRow& row);

// A text as one field of CSV, quoted where it has to be.
std::string csv_field(std::string_view text);

class BulkRows {
 public:
  // The longest line, and the longest quoted field over several lines.
  static constexpr std::size_t kMaxRowBytes = 64 * 1024;
  // The columns that a row may have; the others of `failures` files are passed over.
  static const std::vector<std::string>& columns();

  // `domain` is for names without one. The stream outlives this.
  BulkRows(std::istream& stream, std::string domain);

  // The next row; nothing at the end. An error is of this row alone, and the next call goes on behind it,
  // unless is_broken(). The message says what is wrong, without the line.
  std::optional<base::Result<BulkRow>> next();
  // The line where the row that next() gave last begins.
  std::uint64_t line() const { return row_line_; }
  // The head cannot be used, so that nothing behind it can be read.
  bool is_broken() const { return broken_; }

 private:
  enum class Format { kUnknown, kCsv, kJsonLines };

  // A line without its end; nothing at the end of the stream.
  std::optional<base::Result<std::string>> read_line();
  std::optional<base::Result<std::vector<std::string>>> read_record(std::string first);
  base::Result<void> take_head(const std::vector<std::string>& head);
  base::Result<BulkRow> row_of_fields(const std::vector<std::string>& fields) const;
  base::Result<BulkRow> row_of_json(const std::string& text) const;
  base::Result<BulkRow> checked(BulkRow row) const;

  std::istream& stream_;
  const std::string domain_;
  Format format_ = Format::kUnknown;
  std::vector<std::string> head_;
  std::uint64_t next_line_ = 1;
  std::uint64_t row_line_ = 0;
  bool broken_ = false;
};

}  // namespace paynamed::ctl
