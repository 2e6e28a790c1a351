#include "host/text.hpp"

#include <gtest/gtest.h>

namespace paynamed::host {
namespace {

TEST(Printable, KeepsTextAndDropsControls) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"plain", "plain"},
      {"", ""},
      {"a\nb\tc\r\x1b[31m\x7f", "a b c  [31m "},
      {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"},
      {"\xC2\x9B"
       "x",
       " x"},                             // C1 control
      {"\xFF\xC3", "??"},                 // no UTF-8
      {"\xC0\x80\xED\xA0\x80", "?????"},  // overlong, surrogate
      {"\xF4\x90\x80\x80", "????"},       // beyond U+10FFFF
      {std::string_view("a\0b", 3), "a b"},
  };
  for (const auto& [text, expected] : kCases) EXPECT_EQ(printable(text, 100), expected);
}

TEST(Printable, CutsAtACharacter) {
  EXPECT_EQ(printable("abcdef", 3), "abc");
  EXPECT_EQ(printable("ab\xE2\x82\xAC", 4), "ab");
}

TEST(Nearest, FindsTheLikelyWordOnly) {
  const std::vector<std::string> words = {"server", "port", "algorithm", "ttl"};
  const std::pair<const char*, const char*> kCases[] = {
      {"sever", "server"},
      {"servers", "server"},
      {"prot", "port"},
      {"algoritm", "algorithm"},
      {"tll", "ttl"},
      {"x", ""},
      {"", ""},
      {"completely", ""},
  };
  for (const auto& [word, expected] : kCases) EXPECT_EQ(nearest(word, words), expected) << word;
}

}  // namespace
}  // namespace paynamed::host
