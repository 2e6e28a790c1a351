// TXT contents both ways, whatever their bytes.
#include "txt_content.hpp"

#include <gtest/gtest.h>

namespace paynamed::cloudflare {
namespace {

TEST(TxtContent, StringsHaveAtMost255Bytes) {
  EXPECT_EQ(quoted_content("a"), "\"a\"");
  EXPECT_EQ(quoted_content(std::string(255, 'a')), "\"" + std::string(255, 'a') + "\"");
  EXPECT_EQ(quoted_content(std::string(256, 'a')), "\"" + std::string(255, 'a') + "\" \"a\"");
}

TEST(TxtContent, QuotesBackslashesAndOtherBytesAreEscaped) {
  EXPECT_EQ(quoted_content("a\"b\\c;d e\t\xff"), R"("a\"b\\c;d e\009\255")");
}

TEST(TxtContent, EveryByteSurvives) {
  std::string all;
  for (int i = 0; i < 1024; ++i) all += static_cast<char>(i & 255);
  EXPECT_EQ(joined_value(quoted_content(all)), all);
}

TEST(TxtContent, WhatTheServerSplitIsJoined) {
  EXPECT_EQ(joined_value(R"("bitcoin:?lno=" "lno1" "abc")"), "bitcoin:?lno=lno1abc");
  EXPECT_EQ(joined_value("\"a\"\t\"b\""), "ab");
}

TEST(TxtContent, TextWithoutQuotesIsTakenAsItIs) {
  EXPECT_EQ(joined_value("v=spf1 -all"), "v=spf1 -all");
}

TEST(TxtContent, BrokenQuotesAndEscapesAreNoValue) {
  for (const char* broken : {"\"open", "\"a\" b", "\"a\\", "\"\\25\"", "\"\\256\"", "\"a\"\"b"}) {
    EXPECT_EQ(joined_value(broken), std::nullopt) << broken;
  }
}

}  // namespace
}  // namespace paynamed::cloudflare
