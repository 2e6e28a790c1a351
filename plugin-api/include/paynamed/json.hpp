// Json: the little JSON that a configuration needs, read-only and without dependencies. For the JSON of a
// provider's API use a library of your own choice.
//
// Threads: a value type; distinct objects are independent.
#pragma once

#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "paynamed/error.hpp"

namespace paynamed {

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value = nullptr;

  // RFC 8259, at most 32 levels. Throws Error(kInvalidArgument) with the byte at which it stopped.
  static Json parse(std::string_view text);

  template <class T>
  const T* as() const {
    return std::get_if<T>(&value);
  }
};

namespace detail {

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  Json document() {
    Json json = any(0);
    skip_space();
    if (at_ != text_.size()) wrong("the end");
    return json;
  }

 private:
  [[noreturn]] void wrong(const char* expected) const {
    throw Error(Code::kInvalidArgument, "The configuration is not JSON: " + std::string(expected) +
                                            " was expected at byte " + std::to_string(at_) + ".");
  }
  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    skip_space();
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  Json any(int depth) {
    if (depth > 32) wrong("less nesting");
    skip_space();
    switch (peek()) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
        return {string()};
      default:
        break;
    }
    if (take("true")) return {true};
    if (take("false")) return {false};
    if (take("null")) return {nullptr};
    return number();
  }

  Json object(int depth) {
    Json::Object object;
    take('{');
    if (take('}')) return {std::move(object)};
    do {
      skip_space();
      if (peek() != '"') wrong("a key");
      auto key = string();
      if (!take(':')) wrong("a colon");
      object.insert_or_assign(std::move(key), any(depth + 1));
    } while (take(','));
    if (!take('}')) wrong("a comma or a closing brace");
    return {std::move(object)};
  }

  Json array(int depth) {
    Json::Array array;
    take('[');
    if (take(']')) return {std::move(array)};
    do {
      array.push_back(any(depth + 1));
    } while (take(','));
    if (!take(']')) wrong("a comma or a closing bracket");
    return {std::move(array)};
  }

  Json number() {
    const auto start = at_;
    while (std::string_view("+-.0123456789eE").find(peek()) != std::string_view::npos && at_ < text_.size())
      ++at_;
    const auto digits = text_.substr(start, at_ - start);
    const auto* end = digits.data() + digits.size();
    std::int64_t whole = 0;
    if (const auto read = std::from_chars(digits.data(), end, whole);
        read.ec == std::errc() && read.ptr == end) {
      return {whole};
    }
    double real = 0;
    if (const auto read = std::from_chars(digits.data(), end, real);
        read.ec == std::errc() && read.ptr == end) {
      return {real};
    }
    at_ = start;
    wrong("a value");
  }

  unsigned hex4() {
    unsigned code = 0;
    const auto digits = text_.substr(at_, 4);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (digits.size() != 4 || read.ptr != digits.data() + 4) wrong("four hex digits");
    at_ += 4;
    return code;
  }

  static void append_utf8(std::string& out, unsigned code) {
    const auto byte = [&out](unsigned value) { out.push_back(static_cast<char>(value)); };
    if (code < 0x80) {
      byte(code);
    } else if (code < 0x800) {
      byte(0xC0U | (code >> 6U));
      byte(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
      byte(0xE0U | (code >> 12U));
      byte(0x80U | ((code >> 6U) & 0x3FU));
      byte(0x80U | (code & 0x3FU));
    } else {
      byte(0xF0U | (code >> 18U));
      byte(0x80U | ((code >> 12U) & 0x3FU));
      byte(0x80U | ((code >> 6U) & 0x3FU));
      byte(0x80U | (code & 0x3FU));
    }
  }

  std::string string() {
    std::string out;
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return out;
      if (static_cast<unsigned char>(c) < 0x20) break;
      if (c != '\\') {
        out.push_back(c);
        continue;
      }
      const char escape = peek();
      ++at_;
      constexpr std::string_view kLetters = "\"\\/bfnrt";
      constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
      if (const auto which = kLetters.find(escape); which != std::string_view::npos) {
        out.push_back(kMeanings[which]);
      } else if (escape == 'u') {
        unsigned code = hex4();
        if (code >= 0xD800 && code < 0xDC00) {
          if (!take("\\u")) wrong("the second half of a surrogate pair");
          const unsigned low = hex4();
          if (low < 0xDC00 || low > 0xDFFF) wrong("the second half of a surrogate pair");
          code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
        } else if (code >= 0xDC00 && code < 0xE000) {
          wrong("the first half of a surrogate pair");
        }
        append_utf8(out, code);
      } else {
        wrong("an escape");
      }
    }
    wrong("the end of a string");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace detail

inline Json Json::parse(std::string_view text) {
  return detail::JsonReader(text).document();
}

}  // namespace paynamed
