// Messages of clients as they are read, and what they are answered.
#include "protocol.hpp"

#include <gtest/gtest.h>

namespace paynamed::websocket {
namespace {

TEST(Protocol, ACommandIsRead) {
  const auto auth = read_command(R"({"id":1,"auth":"pnt_x.y"})");
  ASSERT_TRUE(auth.ok());
  EXPECT_EQ(auth.value().id, 1U);
  EXPECT_EQ(std::get<AuthCommand>(auth.value().what).credential, "pnt_x.y");
  const auto subscribe =
      read_command(R"({"subscribe":{"position":"2-17","names":["a@b"],"types":["payment.*"]}})");
  ASSERT_TRUE(subscribe.ok());
  EXPECT_FALSE(subscribe.value().id);
  const auto& what = std::get<SubscribeCommand>(subscribe.value().what);
  EXPECT_EQ(what.after, (Position{2, 17}));
  EXPECT_EQ(what.names, std::vector<std::string>{"a@b"});
  EXPECT_EQ(what.types, std::vector<std::string>{"payment.*"});
  EXPECT_EQ(
      std::get<SubscribeCommand>(read_command(R"({"subscribe":{"position":"earliest"}})").value().what).after,
      Position());
  for (const char* now : {R"({"subscribe":{}})", R"({"subscribe":{"position":"now"}})"})
    EXPECT_FALSE(std::get<SubscribeCommand>(read_command(now).value().what).after) << now;
  EXPECT_EQ(
      std::get<UnsubscribeCommand>(read_command(R"({"id":0,"unsubscribe":3})").value().what).subscription,
      3U);
  EXPECT_TRUE(std::holds_alternative<PingCommand>(read_command(R"({"ping":{}})").value().what));
}

TEST(Protocol, WhatIsNoCommandIsRefusedWithoutWhatItSays) {
  for (const char* text : {"",
                           "[]",
                           "1",
                           "null",
                           "{",
                           "{}",
                           R"({"id":1})",
                           R"({"id":-1,"ping":{}})",
                           R"({"id":"a","ping":{}})",
                           R"({"id":1.5,"ping":{}})",
                           R"({"auth":1})",
                           R"({"auth":""})",
                           R"({"subscribe":[]})",
                           R"({"subscribe":{"position":1}})",
                           R"({"subscribe":{"position":"17"}})",
                           R"({"subscribe":{"position":"0-17"}})",
                           R"({"subscribe":{"position":"1-17x"}})",
                           R"({"subscribe":{"names":"a@b"}})",
                           R"({"subscribe":{"names":[1]}})",
                           R"({"subscribe":{"since":"1-1"}})",
                           R"({"unsubscribe":0})",
                           R"({"unsubscribe":"1"})",
                           R"({"auth":"secret-word","ping":{}})",
                           R"({"auth":"secret-word","other":1})"}) {
    const auto command = read_command(text);
    ASSERT_FALSE(command.ok()) << text;
    EXPECT_EQ(command.code(), Code::kInvalidArgument) << text;
    EXPECT_EQ(command.error().message().find("secret-word"), std::string::npos) << text;
  }
  EXPECT_FALSE(read_command(R"({"auth":")" + std::string(5'000, 'x') + "\"}").ok());
  EXPECT_FALSE(read_command(std::string(10'000, '[')).ok()) << "deep";
}

TEST(Protocol, PositionsAreReadAsTheyAreWritten) {
  for (const char* text : {"1-0", "1-17", "4294967295-18446744073709551615"})
    EXPECT_EQ(to_text(*position_from(text)), text);
  for (const char* text : {"", "1", "-1", "1-", "0-1", "1-1-1", " 1-1", "1- 1", "+1-1", "4294967296-1",
                           "1-18446744073709551616"})
    EXPECT_FALSE(position_from(text)) << text;
}

TEST(Protocol, AReasonFitsIntoACloseFrame) {
  EXPECT_LE(close_reason("too_many_commands", UINT32_MAX).size(), 123U);
  EXPECT_EQ(close_reason("draining", 1'200), R"({"code":"draining","retry_after_ms":1200})");
}

}  // namespace
}  // namespace paynamed::websocket
