#include "cursor.hpp"

#include <charconv>
#include <paynamed/error.hpp>

namespace paynamed::cln {
namespace {

constexpr std::size_t kDigits = 16;

bool is_hex(std::string_view text) {
  return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Cursor Cursor::parse(const std::string& text) {
  Cursor cursor;
  const auto first = text.find('.');
  const auto last = text.rfind('.');
  bool good = first != std::string::npos && first < last;
  if (good) {
    cursor.node = text.substr(0, first);
    cursor.hash = text.substr(last + 1);
    const auto* end = text.data() + last;
    const auto read = std::from_chars(text.data() + first + 1, end, cursor.pay_index);
    good = is_hex(cursor.node) && is_hex(cursor.hash) && read.ec == std::errc() && read.ptr == end &&
           cursor.pay_index > 0;
  }
  if (good) return cursor;
  throw Error(
      Code::kInvalidArgument,
      "The cursor is not one of this plugin; use next_cursor, or an empty one to start from the first "
      "payment.");
}

Cursor Cursor::at(const std::string& node_id, std::uint64_t pay_index, const std::string& payment_hash) {
  return {node_id.substr(0, kDigits), pay_index, payment_hash.substr(0, kDigits)};
}

std::string Cursor::text() const {
  return node + "." + std::to_string(pay_index) + "." + hash;
}

}  // namespace paynamed::cln
