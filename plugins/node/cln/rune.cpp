#include "rune.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace paynamed::cln {
namespace {

constexpr std::size_t kSealBytes = 32;
constexpr std::array<std::string_view, 10> kHarmless = {
    "getinfo",     "listfunds", "offer",        "listoffers",     "disableoffer",
    "enableoffer", "invoice",   "listinvoices", "waitanyinvoice", "decode"};

// Empty when it is no base64.
std::string decoded(std::string_view rune) {
  std::string text(rune);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  while (text.size() % 4 != 0) text += '=';
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return {};
  for (auto at = text.size(); at > 0 && text[at - 1] == '=' && !bytes.empty(); --at) bytes.pop_back();
  return bytes;
}

std::vector<std::string_view> parts_of(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_harmless(std::string_view alternative) {
  constexpr std::string_view kMethod = "method=";
  return alternative.substr(0, kMethod.size()) == kMethod &&
         std::find(kHarmless.begin(), kHarmless.end(), alternative.substr(kMethod.size())) != kHarmless.end();
}

}  // namespace

bool only_receives(std::string_view rune) {
  const auto bytes = decoded(rune);
  if (bytes.size() <= kSealBytes) return false;
  // What is escaped may look like a restriction and be none.
  if (bytes.find('\\', kSealBytes) != std::string::npos) return false;
  const auto restrictions = parts_of(std::string_view(bytes).substr(kSealBytes), '&');
  return std::any_of(restrictions.begin(), restrictions.end(), [](std::string_view restriction) {
    const auto alternatives = parts_of(restriction, '|');
    return std::all_of(alternatives.begin(), alternatives.end(), is_harmless);
  });
}

}  // namespace paynamed::cln
