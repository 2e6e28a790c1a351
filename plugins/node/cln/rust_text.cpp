#include "rust_text.hpp"

#include <algorithm>
#include <charconv>

namespace paynamed::cln {
namespace {

constexpr std::size_t kMostMessage = 2'000;

// Takes `expected` off the front, if it stands there.
bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

bool take_method(std::string_view& text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  const auto* end = std::find_if_not(text.begin(), text.end(), is_letter);
  const auto size = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(size);
  return size > 0;
}

template <class Number>
bool take_number(std::string_view& text, Number& number, int base) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (read.ec != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return true;
}

void append_utf8(std::string& text, std::uint32_t point) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (point >> shift & 0x3f)); };
  if (point < 0x80) {
    text += static_cast<char>(point);
  } else if (point < 0x800) {
    text += static_cast<char>(0xc0 | point >> 6);
    tail(0);
  } else if (point < 0x1'0000) {
    text += static_cast<char>(0xe0 | point >> 12);
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xf0 | point >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

// What stands behind a backslash; the rules of Rust's char::escape_debug. What is none stands as it is.
void take_escaped(std::string_view& text, std::string& message) {
  if (text.empty()) return;
  const char kind = text.front();
  text.remove_prefix(1);
  if (kind != 'u' || text.empty() || text.front() != '{') {
    constexpr std::string_view kKinds = "nrt0";
    constexpr std::string_view kMeanings("\n\r\t\0", 4);
    const auto at = kKinds.find(kind);
    message += at == std::string_view::npos ? kind : kMeanings[at];
    return;
  }
  auto rest = text.substr(1);
  std::uint32_t point = 0;
  const bool is_one = take_number(rest, point, 16) && take(rest, "}") && point <= 0x10'ffff &&
                      (point < 0xd800 || point > 0xdfff);
  if (!is_one) {
    message += kind;
    return;
  }
  append_utf8(message, point);
  text = rest;
}

// Until the quote that ends it, or as far as there is something.
std::string message_in(std::string_view text) {
  std::string message;
  while (!text.empty() && text.front() != '"' && message.size() < kMostMessage - 4) {
    const char each = text.front();
    text.remove_prefix(1);
    if (each == '\\') {
      take_escaped(text, message);
    } else {
      message += each;
    }
  }
  return message;
}

}  // namespace

std::optional<RustRefusal> refusal_in(std::string_view status_text) {
  auto rest = status_text;
  // From its front, and not searched for: a message may hold the text of another one.
  if (!take(rest, "Error calling method ") || !take_method(rest) || !take(rest, ": RpcError { code: ")) {
    return std::nullopt;
  }
  RustRefusal refusal;
  if (!take(rest, "None")) {
    std::int64_t code = 0;
    if (!take(rest, "Some(") || !take_number(rest, code, 10) || !take(rest, ")")) return std::nullopt;
    refusal.code = code;
  }
  if (!take(rest, ", message: \"")) return std::nullopt;
  refusal.message = message_in(rest);
  return refusal;
}

}  // namespace paynamed::cln
