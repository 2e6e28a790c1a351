#include "paynamed/config.hpp"

#include <gtest/gtest.h>

#include "paynamed/testing/test_host.hpp"

namespace paynamed {
namespace {

using namespace std::chrono_literals;

const pn_host kNoHost{};

Config config(std::string_view json) {
  return Config(Host(&kNoHost), json);
}

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kInvalidArgument);
    return error.message();
  }
  return "no error";
}

TEST(Config, GivesTypedValues) {
  const auto table = config(R"({"server": "192.0.2.1", "port": 53, "rate": 2.5, "whole": 3, "tcp": true,
                               "wait": "90s", "names": ["a", "b"], "inner": {"x": 1}, "list": [{"y": 2}]})");
  EXPECT_EQ(table.string("server"), "192.0.2.1");
  EXPECT_EQ(table.string("absent", "fallback"), "fallback");
  EXPECT_EQ(table.integer("port", 1, 65535), 53);
  EXPECT_EQ(table.integer_or("absent", 7), 7);
  EXPECT_DOUBLE_EQ(table.number("rate"), 2.5);
  EXPECT_DOUBLE_EQ(table.number("whole"), 3);
  EXPECT_TRUE(table.boolean("tcp"));
  EXPECT_FALSE(table.boolean("absent", false));
  EXPECT_EQ(table.duration("wait"), 90s);
  EXPECT_EQ(table.duration("absent", 5ms), 5ms);
  EXPECT_EQ(table.strings("names"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(table.strings("absent").empty());
  EXPECT_EQ(table.table("inner").integer("x"), 1);
  ASSERT_EQ(table.tables("list").size(), 1U);
  EXPECT_EQ(table.tables("list")[0].integer("y"), 2);
  EXPECT_TRUE(table.has("tcp"));
  EXPECT_EQ(table.keys().size(), 9U);
}

TEST(Config, ErrorsNameTheKeyAndWhatItMustBe) {
  const auto table =
      config(R"({"port": 99999, "wait": "soon", "inner": {"x": "1"}, "list": [1], "names": [1]})");
  const std::pair<std::function<void()>, const char*> kCases[] = {
      {[&] { table.string("server"); }, "\"server\" is missing; it must be a string."},
      {[&] { table.string("port"); }, "\"port\" must be a string."},
      {[&] { table.integer("port", 1, 65535); }, "\"port\" must be between 1 and 65535."},
      {[&] { table.boolean("port"); }, "\"port\" must be true or false."},
      {[&] { table.table("inner").integer("x"); }, "\"inner.x\" must be a whole number."},
      {[&] { table.tables("list"); }, "\"list\" must be a list of tables."},
      {[&] { table.strings("names"); }, "\"names\" must be a list of strings."},
      {[&] { table.duration("wait"); },
       "\"wait\" must be a time such as \"200ms\", \"10s\", \"5m\", \"12h\" or \"365d\"."},
  };
  for (const auto& [work, expected] : kCases) EXPECT_EQ(message_of(work), expected);
}

TEST(Config, RefusesTimesOutsideItsForm) {
  for (const auto* text : {"", "10", "s", "-1s", "1.5s", "10 s", "99999999999999999999s", "40000d", "10S"}) {
    const auto table = config(std::string(R"({"t": ")") + text + "\"}");
    EXPECT_NE(message_of([&] { table.duration("t"); }), "no error") << text;
  }
}

TEST(Json, ReadsEscapesAndSurrogates) {
  const auto json =
      Json::parse(R"(["\"\\\/\b\f\n\r\t", "\u00e4\u20ac\ud83d\ude00", -12, 1e3, null, {}, []])");
  const auto& items = *json.as<Json::Array>();
  EXPECT_EQ(*items[0].as<std::string>(), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(*items[1].as<std::string>(), "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(*items[2].as<std::int64_t>(), -12);
  EXPECT_DOUBLE_EQ(*items[3].as<double>(), 1000);
}

TEST(Json, RefusesWhatIsNotJson) {
  const std::string deep(40, '[');
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("{\"a\"}"), std::string("{\"a\":}"), std::string("[1,]"),
        std::string("tru"), std::string("\"\\x\""), std::string("\"\\ud800\""), std::string("\"\\udc00\""),
        std::string("\"\\u12\""), std::string("\"\n\""), std::string("1 2"), std::string("--1"),
        std::string("\""), deep}) {
    EXPECT_THROW(Json::parse(text), Error) << text;
  }
}

}  // namespace
}  // namespace paynamed
