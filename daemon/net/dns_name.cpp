#include <fmt/format.h>

#include "net/dns_wire.hpp"

namespace paynamed::net {
namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxName = 255;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void append_escaped(std::string& out, std::uint8_t byte) {
  const char c = lower(static_cast<char>(byte));
  if (byte <= 0x20 || byte >= 0x7f) {
    fmt::format_to(std::back_inserter(out), "\\{:03}", byte);
    return;
  }
  constexpr std::string_view kSpecial = ".\\\"();@$";
  if (kSpecial.find(c) != std::string_view::npos) out.push_back('\\');
  out.push_back(c);
}

// One byte of text at `at`, which moves behind it; nothing for a broken escape.
std::optional<std::uint8_t> take_byte(std::string_view name, std::size_t& at) {
  if (name[at] != '\\') return static_cast<std::uint8_t>(name[at++]);
  ++at;
  if (at >= name.size()) return std::nullopt;
  if (!is_digit(name[at])) return static_cast<std::uint8_t>(name[at++]);
  if (at + 3 > name.size() || !is_digit(name[at + 1]) || !is_digit(name[at + 2])) return std::nullopt;
  const int value = (name[at] - '0') * 100 + (name[at + 1] - '0') * 10 + (name[at + 2] - '0');
  at += 3;
  if (value > 255) return std::nullopt;
  return static_cast<std::uint8_t>(value);
}

}  // namespace

std::optional<DnsNameAt> name_from_wire(std::span<const std::uint8_t> wire) {
  DnsNameAt found;
  while (true) {
    if (found.size >= wire.size()) return std::nullopt;
    const std::size_t length = wire[found.size];
    if (length > kMaxLabel || found.size + 1 + length > std::min(wire.size(), kMaxName)) return std::nullopt;
    ++found.size;
    if (length == 0) break;
    for (const std::uint8_t byte : wire.subspan(found.size, length)) append_escaped(found.name, byte);
    found.name.push_back('.');
    found.size += length;
  }
  if (found.name.empty()) found.name = ".";
  return found;
}

std::optional<std::vector<std::uint8_t>> name_to_wire(std::string_view name) {
  std::vector<std::uint8_t> wire;
  if (name.empty()) return std::nullopt;
  if (name == ".") return std::vector<std::uint8_t>{0};
  std::size_t at = 0;
  while (at < name.size()) {
    const std::size_t length_at = wire.size();
    wire.push_back(0);
    while (at < name.size() && name[at] != '.') {
      const auto byte = take_byte(name, at);
      if (!byte) return std::nullopt;
      wire.push_back(*byte);
    }
    const std::size_t length = wire.size() - length_at - 1;
    if (length == 0 || length > kMaxLabel || wire.size() >= kMaxName) return std::nullopt;
    wire[length_at] = static_cast<std::uint8_t>(length);
    ++at;  // the dot, or one behind the end
  }
  wire.push_back(0);
  return wire;
}

std::optional<std::string> normal_name(std::string_view name) {
  const auto wire = name_to_wire(name);
  if (!wire) return std::nullopt;
  auto found = name_from_wire(*wire);
  if (!found) return std::nullopt;
  return std::move(found->name);
}

bool is_at_or_below(std::string_view name, std::string_view ancestor) {
  if (ancestor == "." || name == ancestor) return true;
  if (name.size() <= ancestor.size() || !name.ends_with(ancestor)) return false;
  std::size_t dot = name.size() - ancestor.size() - 1;
  if (name[dot] != '.') return false;
  // An escaped dot belongs to a label: count the backslashes before it.
  std::size_t backslashes = 0;
  while (dot > backslashes && name[dot - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 0;
}

std::string parent_of(std::string_view name) {
  for (std::size_t at = 0; at + 1 < name.size(); ++at) {
    if (name[at] == '\\') {
      ++at;
    } else if (name[at] == '.') {
      return std::string{name.substr(at + 1)};
    }
  }
  return ".";
}

std::optional<std::string> txt_value(std::span<const std::uint8_t> rdata) {
  if (rdata.empty()) return std::nullopt;
  std::string value;
  std::size_t at = 0;
  while (at < rdata.size()) {
    const std::size_t length = rdata[at++];
    if (at + length > rdata.size()) return std::nullopt;
    for (std::size_t i = 0; i < length; ++i) value.push_back(static_cast<char>(rdata[at + i]));
    at += length;
  }
  return value;
}

std::optional<std::string> target_name(const DnsRecord& record) {
  switch (record.type) {
    case DnsType::kNs:
    case DnsType::kCname:
    case DnsType::kDname:
    case DnsType::kSoa: {
      auto found = name_from_wire(record.rdata);
      if (!found || (record.type != DnsType::kSoa && found->size != record.rdata.size())) return std::nullopt;
      return std::move(found->name);
    }
    default:
      return std::nullopt;
  }
}

std::optional<std::uint32_t> soa_serial(const DnsRecord& record) {
  if (record.type != DnsType::kSoa) return std::nullopt;
  const std::span rdata{record.rdata};
  const auto primary = name_from_wire(rdata);
  if (!primary) return std::nullopt;
  const auto mailbox = name_from_wire(rdata.subspan(primary->size));
#ifdef PAYNAMED_PLANT_BUG_DNS
  if (!mailbox) return std::nullopt;
#else
  if (!mailbox || rdata.size() != primary->size + mailbox->size + 20) return std::nullopt;
#endif
  std::uint32_t serial = 0;
  for (const std::uint8_t byte : rdata.subspan(primary->size + mailbox->size, 4)) serial = serial << 8 | byte;
  return serial;
}

}  // namespace paynamed::net
