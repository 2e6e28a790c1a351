#include "ctl/bulk_file.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>

#include "ctl/bulk_rows.hpp"

namespace paynamed::ctl {
namespace {

using base::Result;

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// What comes from a pipe can be read only once.
Result<std::unique_ptr<std::istream>> kept_copy_of(std::istream& input) {
  const char* folder = std::getenv("TMPDIR");
  std::string name =
      std::string{folder != nullptr && *folder != '\0' ? folder : "/tmp"} + "/paynamectl-XXXXXX";
  const int descriptor = mkstemp(name.data());
  if (descriptor < 0) {
    return base::fail(base::unavailable(fmt::format(
        "cannot keep what comes from standard input at {} ({}); set TMPDIR", name, std::strerror(errno))));
  }
  close(descriptor);
  auto stream = std::make_unique<std::fstream>(name, std::ios::in | std::ios::out | std::ios::binary);
  unlink(name.c_str());
  *stream << input.rdbuf();
  // An input without a byte sets failbit.
  stream->clear(stream->rdstate() & ~std::ios::failbit);
  stream->flush();
  if (stream->bad() || input.bad())
    return base::fail(base::unavailable("cannot keep what comes from standard input; is the disk full?"));
  return stream;
}

}  // namespace

Result<BulkFile> BulkFile::open(const std::string& path, std::string domain) {
  std::unique_ptr<std::istream> stream;
  if (path == "-") {
    auto kept = kept_copy_of(std::cin);
    if (!kept) return base::fail(kept.error());
    stream = *std::move(kept);
  } else {
    auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
    std::error_code error;
    if (!*file || std::filesystem::is_directory(path, error)) {
      return base::fail(base::invalid_argument(
          fmt::format("cannot read '{}'; --from takes a file, or - for standard input", path)));
    }
    stream = std::move(file);
  }
  BulkFile opened{std::move(stream), std::move(domain)};
  if (auto read = opened.read_hash(); !read) return base::fail(read.error());
  return opened;
}

Result<void> BulkFile::read_hash() {
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> digest{EVP_MD_CTX_new()};
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  bool fine = digest && EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) == 1;
  std::array<char, 64 * 1024> part{};
  const std::string meant = domain_ + "\n";
  fine = fine && EVP_DigestUpdate(digest.get(), meant.data(), meant.size()) == 1;
  std::istream& stream = from_start();
  while (fine && (stream.read(part.data(), part.size()) || stream.gcount() > 0))
    fine = EVP_DigestUpdate(digest.get(), part.data(), static_cast<std::size_t>(stream.gcount())) == 1;
  fine = fine && !stream.bad() && EVP_DigestFinal_ex(digest.get(), bytes.data(), &size) == 1;
  if (!fine) return base::fail(base::unavailable("the file cannot be read to its end"));
  hash_.clear();
  for (unsigned i = 0; i < size; ++i) hash_ += fmt::format("{:02x}", bytes[i]);
  return {};
}

std::istream& BulkFile::from_start() {
  stream_->clear();
  stream_->seekg(0);
  return *stream_;
}

void BulkMistakes::add(std::uint64_t line, std::string message) {
  ++total;
  if (told.size() < kMostTold) told.push_back({line, std::move(message)});
}

BulkMistakes BulkFile::check() {
  BulkMistakes mistakes;
  // Of a million names 16 MB; two names with one hash are less likely than a disk that errs.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> seen;
  BulkRows rows{from_start(), domain_};
  rows_ = 0;
  while (auto row = rows.next()) {
    lines_ = rows.line();
    if (!*row) {
      mistakes.add(rows.line(), row->error().message());
      continue;
    }
    ++rows_;
    seen.emplace_back(std::hash<std::string>{}((*row)->name), (*row)->line);
  }
  std::ranges::sort(seen);
  for (std::size_t i = 1; i < seen.size(); ++i) {
    if (seen[i].first != seen[i - 1].first) continue;
    mistakes.add(seen[i].second, fmt::format("the name stands in line {} already", seen[i - 1].second));
  }
  if (rows_ == 0 && mistakes.total == 0) mistakes.add(1, "the file has no row");
  std::ranges::stable_sort(mistakes.told, {}, &BulkMistake::line);
  return mistakes;
}

}  // namespace paynamed::ctl
