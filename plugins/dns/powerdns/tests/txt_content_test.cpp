#include "txt_content.hpp"

#include <gtest/gtest.h>

namespace paynamed::powerdns {
namespace {

using Strings = std::vector<std::string>;

TEST(TxtContent, WritesStringsOfAtMost255Bytes) {
  const std::string full(255, 'a');
  struct Case {
    std::string value;
    std::string content;
  };
  const Case kCases[] = {
      {"", "\"\""},
      {"a b;c", "\"a b;c\""},
      {"\"\\", "\"\\\"\\\\\""},
      {std::string("\0\x1f\x7f\xff", 4), "\"\\000\\031\\127\\255\""},
      {full, "\"" + full + "\""},
      {full + "b", "\"" + full + "\" \"b\""},
  };
  for (const auto& [value, content] : kCases) {
    EXPECT_EQ(txt_content(value), content);
    EXPECT_EQ(txt_value(content), value);
  }
}

TEST(TxtContent, ReadsWhatOthersWrote) {
  struct Case {
    const char* what;
    std::string content;
    std::optional<Strings> strings;
  };
  const Case kCases[] = {
      {"one string", "\"a\"", Strings{"a"}},
      {"two strings", "\"a\" \"b\"", Strings{"a", "b"}},
      {"no blank between", "\"a\"\"b\"", Strings{"a", "b"}},
      {"without quotes", "a b", Strings{"a", "b"}},
      {"an escaped letter", "\"\\a\"", Strings{"a"}},
      {"an octet", "\"\\097\"", Strings{"a"}},
      {"an empty string", "\"\"", Strings{""}},
      {"longer than a string can be", "\"" + std::string(300, 'a') + "\"",
       Strings{std::string(255, 'a'), std::string(45, 'a')}},
      {"nothing", "", std::nullopt},
      {"only blanks", "  ", std::nullopt},
      {"no closing quote", "\"a", std::nullopt},
      {"half an escape", "\"a\\", std::nullopt},
      {"an escaped closing quote", "\"a\\\"", std::nullopt},
      {"half an octet", "\"\\09\"", std::nullopt},
      {"an octet beyond 255", "\"\\256\"", std::nullopt},
  };
  for (const auto& [what, content, strings] : kCases) EXPECT_EQ(txt_strings(content), strings) << what;
}

TEST(TxtContent, GivesAsItIsWhatCannotBeRead) {
  EXPECT_EQ(txt_value("\"a"), "\"a");
}

}  // namespace
}  // namespace paynamed::powerdns
