// lightningd's errors in the text of a gRPC status: whatever stands there, it is read or it is not, and
// nothing else happens.
#include "rust_text.hpp"

#include <gtest/gtest.h>

#include "rpc_error.hpp"

namespace paynamed::cln {
namespace {

const std::string kStart = "Error calling method Offer: RpcError { code: ";

struct Read {
  std::string text;
  std::optional<std::int64_t> code;
  std::string message;
};

TEST(ClnRustText, IsReadAsRustWritesIt) {
  const std::vector<Read> cases{
      {kStart + R"(Some(900), message: "Duplicate label 'a'", data: None })", 900, "Duplicate label 'a'"},
      {kStart + R"(Some(-32602), message: "x", data: Some(Object {"code": Number(5)}) })", -32602, "x"},
      {kStart + R"(Some(-1), message: "", data: None })", -1, ""},
      {kStart + R"(Some(1), message: "a \"b\" \\ c\nd\te\rf\u{7f}\0", data: None })", 1,
       std::string("a \"b\" \\ c\nd\te\rf\x7f\0", 17)},
      {kStart + R"(Some(1), message: "\u{e9}\u{20ac}\u{1f600}", data: None })", 1, "\u00e9\u20ac\U0001f600"},
      {kStart + R"(None, message: "Malformed response from lightningd: unknown variant `x`", data: None })",
       std::nullopt, "Malformed response from lightningd: unknown variant `x`"},
      // One in the message of another.
      {kStart + R"(Some(5), message: "RpcError { code: Some(900), message: \"no\"", data: None })", 5,
       "RpcError { code: Some(900), message: \"no\""}};
  for (const auto& each : cases) {
    const auto read = refusal_in(each.text);
    ASSERT_TRUE(read) << each.text;
    EXPECT_EQ(read->code, each.code) << each.text;
    EXPECT_EQ(read->message, each.message) << each.text;
  }
}

TEST(ClnRustText, AnotherTextIsNoRefusal) {
  for (const std::string& other :
       {std::string(), std::string("Error calling method "), std::string("Socket closed"),
        "x" + kStart + R"(Some(1), message: "m", data: None })",
        std::string(R"(Error calling method : RpcError { code: Some(1), message: "m", data: None })"),
        std::string(R"(Error calling method a b: RpcError { code: Some(1), message: "m", data: None })"),
        kStart + R"(Some(), message: "m", data: None })", kStart + R"(Some(x), message: "m", data: None })",
        kStart + R"(Some(+1), message: "m", data: None })",
        kStart + R"(Some( 1), message: "m", data: None })",
        kStart + R"(Some(99999999999999999999), message: "m", data: None })",
        kStart + R"(Some(1, message: "m", data: None })", kStart + R"(Maybe, message: "m" })",
        kStart + "Some(1)", kStart + "Some(1), message: m", kStart + "None"}) {
    EXPECT_FALSE(refusal_in(other)) << other;
  }
}

TEST(ClnRustText, WhatIsCutOrBrokenIsReadAsFarAsItGoes) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", ""},
      {"abc", "abc"},
      {"a\\", "a"},
      {"a\\u", "au"},
      {"\\u{", "u{"},
      {"\\u{}", "u{}"},
      {"\\u{d800}", "u{d800}"},
      {"\\u{110000}", "u{110000}"},
      {"\\q", "q"},
      {"\\u{41", "u{41"},
      {"\\u{-41}", "u{-41}"},
      {"\\u{41}", "A"},
      {"\\'", "'"},
      {"\\u{ffffffffffffffffffff}", "u{ffffffffffffffffffff}"}};
  for (const auto& [written, message] : cases) {
    const auto read = refusal_in(kStart + "Some(7), message: \"" + written);
    ASSERT_TRUE(read) << written;
    EXPECT_EQ(read->message, message) << written;
  }
}

TEST(ClnRustText, AMessageOfAMegabyteIsCut) {
  for (const std::string& piece : {std::string("x"), std::string("\\u{1f600}"), std::string("\\")}) {
    std::string text = kStart + "Some(7), message: \"";
    while (text.size() < (1U << 20)) text += piece;
    const auto read = refusal_in(text);
    ASSERT_TRUE(read);
    EXPECT_LE(read->message.size(), 2'000U);
    EXPECT_LE(RpcError(*read->code, read->message).text().size(), 300U);
  }
}

TEST(ClnRustText, EveryPrefixOfATextIsReadOrNot) {
  const std::string whole = kStart + R"(Some(-32602), message: "a \"\u{1f600}\" b", data: None })";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    // A copy of that size: a read behind its end is noticed by the sanitizers.
    const std::vector<char> copy(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto read = refusal_in(std::string_view(copy.data(), copy.size()));
    // As soon as the message begins, and not before.
    EXPECT_EQ(read.has_value(), size >= whole.find("a \\\"")) << size;
    EXPECT_TRUE(!read || read->code == -32602) << size;
  }
}

TEST(ClnRustText, BytesThatAreNoTextAreMadeText) {
  const auto read = refusal_in(kStart + "Some(7), message: \"a\xff\xc3\", data: None }");
  ASSERT_TRUE(read);
  EXPECT_EQ(RpcError(7, read->message).text(), "a??");
  EXPECT_EQ(RpcError(7, "caf\u00e9").text(), "caf\u00e9");
}

}  // namespace
}  // namespace paynamed::cln
