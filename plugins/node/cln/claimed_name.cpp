#include "claimed_name.hpp"

#include <cstdint>
#include <optional>

namespace paynamed::cln {
namespace {

constexpr std::uint64_t kInvreqBip353Name = 91;
constexpr std::string_view kPrefix = "lni1";
constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

// The bytes of bech32 without a checksum (BOLT 12, "Encoding"); empty for another letter.
std::string bytes_of(std::string_view digits) {
  std::string bytes;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char each : digits) {
    const auto value = kAlphabet.find(each);
    if (value == std::string_view::npos) return {};
    bits = (bits << 5 | static_cast<unsigned>(value)) & 0xFFF;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  return bytes;
}

// Takes numbers and texts from the front; nothing when too little is left.
class Front {
 public:
  explicit Front(std::string_view rest) : rest_(rest) {}

  bool is_at_end() const { return rest_.empty(); }
  std::optional<std::string_view> text(std::uint64_t size) {
    if (size > rest_.size()) return std::nullopt;
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::optional<std::uint64_t> number(std::uint64_t size) {
    const auto bytes = text(size);
    if (!bytes) return std::nullopt;
    std::uint64_t value = 0;
    for (const char each : *bytes) value = value << 8 | static_cast<unsigned char>(each);
    return value;
  }
  // BOLT 1's.
  std::optional<std::uint64_t> big_size() {
    const auto first = number(1);
    if (!first || *first < 0xFD) return first;
    return number(*first == 0xFD ? 2 : *first == 0xFE ? 4 : 8);
  }

 private:
  std::string_view rest_;
};

std::string name_in(std::string_view value) {
  Front front(value);
  std::string whole;
  for (const char* end : {"@", ""}) {
    const auto size = front.number(1);
    const auto part = size ? front.text(*size) : std::nullopt;
    if (!part || part->empty()) return {};
    whole.append(*part).append(end);
  }
  return whole;
}

}  // namespace

std::string claimed_name(std::string_view bolt12) {
  if (!bolt12.starts_with(kPrefix)) return {};
  const std::string bytes = bytes_of(bolt12.substr(kPrefix.size()));
  Front front(bytes);
  while (!front.is_at_end()) {
    const auto type = front.big_size();
    const auto size = type ? front.big_size() : std::nullopt;
    const auto value = size ? front.text(*size) : std::nullopt;
    // Types are in order.
    if (!value || *type > kInvreqBip353Name) return {};
    if (*type == kInvreqBip353Name) return name_in(*value);
  }
  return {};
}

}  // namespace paynamed::cln
