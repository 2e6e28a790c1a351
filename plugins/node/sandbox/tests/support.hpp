// What the tests of the sandbox share: a folder of their own, and a second, independent reading of what it
// writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bytes.hpp"

namespace paynamed::sandbox::testing {

class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view content);

// Fails the test on anything but hex.
Bytes from_hex(std::string_view hex);
template <std::size_t size>
std::array<std::uint8_t, size> array_from_hex(std::string_view hex) {
  std::array<std::uint8_t, size> array{};
  const auto bytes = from_hex(hex);
  for (std::size_t index = 0; index < size && index < bytes.size(); ++index) array[index] = bytes[index];
  return array;
}

// The words after the "1", without looking at a checksum.
std::vector<std::uint8_t> bech32_words(std::string_view text);
// Whole bytes; what is left of the last word must be zero.
Bytes bytes_of_words(const std::vector<std::uint8_t>& words);
// The records of a TLV stream (one-byte and two-byte BigSize), checked to ascend.
std::map<std::uint64_t, Bytes> tlv_records(BytesView stream);
// BIP 340 over `hash` by the x coordinate of a compressed key.
bool schnorr_verifies(BytesView signature, BytesView hash, BytesView public_key);
// The compressed key that made a recoverable signature of 65 bytes.
Bytes recovered_key(BytesView signature, BytesView hash);

}  // namespace paynamed::sandbox::testing
