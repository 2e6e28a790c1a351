#include "names/proof/wire_name.hpp"

#include <array>

#include "names/ascii.hpp"
#include "net/dns_wire.hpp"

namespace paynamed::names {
namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxLabels = 127;

// Where each label's length byte stands.
struct Labels {
  std::array<std::uint8_t, kMaxLabels> at{};
  std::size_t count = 0;
};

Labels labels_of(std::string_view wire) {
  Labels labels;
  std::size_t at = 0;
  while (wire[at] != '\0') {
    labels.at[labels.count++] = static_cast<std::uint8_t>(at);
    at += 1U + static_cast<std::uint8_t>(wire[at]);
  }
  return labels;
}

std::string_view label_at(std::string_view wire, std::size_t at) {
  return wire.substr(at + 1, static_cast<std::uint8_t>(wire[at]));
}

}  // namespace

std::optional<WireName> WireName::read(ByteView bytes) {
  WireName name;
  std::size_t size = 0;
  while (true) {
    if (size >= bytes.size()) return std::nullopt;
    const std::size_t length = bytes[size];
    if (length > kMaxLabel || size + 1 + length > kMaxName) return std::nullopt;
    ++size;
    if (length == 0) break;
    size += length;
    ++name.labels_;
  }
  name.wire_.assign(reinterpret_cast<const char*>(bytes.data()), size);
  // Length bytes are below 64 and so never look like letters.
  for (char& c : name.wire_) c = to_lower(c);
  return name;
}

std::optional<WireName> WireName::from_text(std::string_view text) {
  const auto wire = net::name_to_wire(text);
  if (!wire) return std::nullopt;
  return read(*wire);
}

std::string WireName::to_text() const {
  const auto found = net::name_from_wire(bytes());
  return found ? found->name : std::string{};
}

bool WireName::is_wildcard() const {
  return first_label() == "*";
}

std::string_view WireName::first_label() const {
  return label_at(wire_, 0);
}

WireName WireName::suffix(std::size_t labels) const {
  if (labels >= labels_) return *this;
  std::size_t at = 0;
  for (std::size_t i = labels; i < labels_; ++i) at += 1U + static_cast<std::uint8_t>(wire_[at]);
  WireName name;
  name.wire_ = wire_.substr(at);
  name.labels_ = labels;
  return name;
}

std::optional<WireName> WireName::wildcard_child() const {
  if (wire_.size() + 2 > kMaxName) return std::nullopt;
  WireName name;
  name.wire_ = "\x01*" + wire_;
  name.labels_ = labels_ + 1;
  return name;
}

std::optional<WireName> WireName::with_suffix_replaced(const WireName& from, const WireName& to) const {
  const std::size_t kept = wire_.size() - from.wire_.size();
  if (kept + to.wire_.size() > kMaxName) return std::nullopt;
  WireName name;
  name.wire_ = wire_.substr(0, kept) + to.wire_;
  name.labels_ = labels_ - from.labels_ + to.labels_;
  return name;
}

bool WireName::is_at_or_below(const WireName& ancestor) const {
  if (labels_ < ancestor.labels_) return false;
  std::size_t at = 0;
  for (std::size_t i = ancestor.labels_; i < labels_; ++i) at += 1U + static_cast<std::uint8_t>(wire_[at]);
  return std::string_view{wire_}.substr(at) == ancestor.wire_;
}

std::strong_ordering operator<=>(const WireName& a, const WireName& b) {
  const Labels left = labels_of(a.wire_);
  const Labels right = labels_of(b.wire_);
  for (std::size_t i = 1; i <= left.count && i <= right.count; ++i) {
    // char_traits compares bytes as unsigned.
    const int order =
        label_at(a.wire_, left.at[left.count - i]).compare(label_at(b.wire_, right.at[right.count - i]));
    if (order != 0) return order < 0 ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return left.count <=> right.count;
}

}  // namespace paynamed::names
