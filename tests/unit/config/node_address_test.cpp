// Which addresses of nodes are any, and which a rule allows.
#include "config/node_address.hpp"

#include <gtest/gtest.h>

namespace paynamed::config {
namespace {

TEST(NodeAddress, IsWrittenInOneWay) {
  struct Case {
    const char* given;
    const char* text;
  };
  for (const Case& each : {Case{"https://Node7.Example.com:3010", "https://node7.example.com:3010"},
                           Case{"HTTPS://node7.example.com/", "https://node7.example.com:443"},
                           Case{"https://192.0.2.1:3010", "https://192.0.2.1:3010"},
                           Case{"https://[2001:DB8:0::1]:3010", "https://[2001:db8::1]:3010"}}) {
    const auto read = NodeAddress::parse(each.given);
    ASSERT_TRUE(read) << each.given << ": " << read.error().message();
    EXPECT_EQ(read->text(), each.text);
  }
}

TEST(NodeAddress, WhatIsNoneIsRefused) {
  for (const char* bad : {"",
                          "node7.example.com:3010",
                          "https://",
                          "https://:3010",
                          "https://a b:1",
                          "https://node7:0",
                          "https://node7:65536",
                          "https://node7:x",
                          "grpc://node7",
                          "https://u@node7:1",
                          "https://node7:1/v1",
                          "https://node7:1?x",
                          "https://node7:1#x",
                          "https://node7\\x:1",
                          "https://-node7:1",
                          "https://node..7:1",
                          "https://node7.:1",
                          "https://127.1:3010",
                          "https://2130706433:3010",
                          "https://0x7f000001:3010",
                          "https://[::1:3010",
                          "https://[node7]:3010",
                          "https://[::1]x:3010",
                          "ht tp://node7:1"}) {
    EXPECT_FALSE(NodeAddress::parse(bad)) << bad;
  }
}

struct Allowed {
  const char* rule;
  const char* address;
  bool allowed;
};

class NodeRules : public ::testing::TestWithParam<Allowed> {};

TEST_P(NodeRules, AllowWhatTheySay) {
  const auto rule = NodeRule::parse(GetParam().rule);
  ASSERT_TRUE(rule) << rule.error().message();
  const auto address = NodeAddress::parse(GetParam().address);
  ASSERT_TRUE(address) << address.error().message();
  EXPECT_EQ(rule->allows(*address), GetParam().allowed) << GetParam().rule << " and " << GetParam().address;
}

INSTANTIATE_TEST_SUITE_P(
    , NodeRules,
    ::testing::Values(Allowed{"node7.example.com:3010", "https://node7.example.com:3010", true},
                      Allowed{"node7.example.com:3010", "https://node7.example.com:3011", false},
                      Allowed{"node7.example.com:*", "https://node7.example.com:3011", true},
                      Allowed{"node7.example.com:3010", "https://node8.example.com:3010", false},
                      Allowed{"*.example.com:3010", "https://node7.example.com:3010", true},
                      Allowed{"*.example.com:3010", "https://a.b.example.com:3010", true},
                      Allowed{"*.example.com:3010", "https://example.com:3010", false},
                      Allowed{"*.example.com:3010", "https://evilexample.com:3010", false},
                      Allowed{"*.example.com:3010", "https://10.1.2.3:3010", false},
                      Allowed{"10.1.0.0/16:3010", "https://10.1.255.3:3010", true},
                      Allowed{"10.1.0.0/16:3010", "https://10.2.0.1:3010", false},
                      Allowed{"10.1.0.0/16:3010", "https://10.1.0.1.example.com:3010", false},
                      Allowed{"10.1.2.3:3010", "https://10.1.2.3:3010", true},
                      Allowed{"10.1.2.3:3010", "https://10.1.2.4:3010", false},
                      Allowed{"0.0.0.0/0:3010", "https://10.1.2.4:3010", true},
                      Allowed{"0.0.0.0/0:3010", "https://[::ffff:10.1.2.4]:3010", false},
                      Allowed{"[fd00::/8]:3010", "https://[fd12::1]:3010", true},
                      Allowed{"[fd00::/8]:3010", "https://[fe80::1]:3010", false},
                      Allowed{"[::1]:*", "https://[::1]:1", true}));

TEST(NodeRule, WhatIsNoneIsRefused) {
  for (const char* bad : {"", "*", "*:3010", "*.:3010", "node7", "node7:", "node7:0", "node7:x",
                          "10.1.0.0/33:1", "10.1.0.0/:1", "10.1.0.0/-1:1", "10.1/16:1", "[fd00::/129]:1",
                          "[10.1.0.0/16]:1", "a.*.example.com:1", "https://node7:1", "no de:1", "127.1:1"}) {
    EXPECT_FALSE(NodeRule::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace paynamed::config
