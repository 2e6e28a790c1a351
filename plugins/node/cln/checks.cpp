#include "checks.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <paynamed/error.hpp>

namespace paynamed::cln {
namespace {

constexpr std::size_t kMostKey = 512;
constexpr std::size_t kHashDigits = 64;

[[noreturn]] void throw_wrong(std::string_view what, const std::string& problem) {
  throw Error(Code::kInvalidArgument, std::string(what) + " " + problem + ".");
}

}  // namespace

// As the JSON that it will be sent in is read.
bool is_utf8(const std::string& text) {
  boost::json::error_code wrong;
  boost::json::parse(boost::json::serialize(boost::json::string(text)), wrong);
  return !wrong;
}

void check_key(std::string_view what, const std::string& key) {
  if (key.empty()) throw_wrong(what, "is missing");
  check_text(what, key, kMostKey);
}

void check_text(std::string_view what, const std::string& text, std::size_t most_bytes) {
  if (text.size() > most_bytes) {
    throw_wrong(what,
                "has " + std::to_string(text.size()) + " bytes; the most is " + std::to_string(most_bytes));
  }
  if (!is_utf8(text)) throw_wrong(what, "is not UTF-8");
}

void check_amount(std::uint64_t amount_msat) {
  if (amount_msat > kMostMsat) {
    throw_wrong("amount_msat", "of " + std::to_string(amount_msat) + " is more than all bitcoin");
  }
}

void check_hash(std::string_view what, const std::string& hash) {
  if (hash.size() != kHashDigits || hash.find_first_not_of("0123456789abcdef") != std::string::npos) {
    throw_wrong(what, "must have 64 lower-case hex digits");
  }
}

}  // namespace paynamed::cln
