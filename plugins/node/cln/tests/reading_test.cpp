// What the plugin reads and must not misread: versions, runes, cursors, lightningd's errors, its own
// settings.
#include <gtest/gtest.h>
#include <map>
#include <paynamed/testing/test_host.hpp>

#include "cln.hpp"
#include "cursor.hpp"
#include "rpc_error.hpp"
#include "rune.hpp"
#include "version.hpp"

namespace paynamed::cln {
namespace {

TEST(ClnVersion, V2411AndLaterAreSupported) {
  for (const char* good :
       {"v24.11", "v24.11.1", "v25.02", "v26.06.6", "v26.06.6-modded", "v26.06rc1", "v27.03-12-gab"}) {
    EXPECT_TRUE(is_supported(good)) << good;
  }
  for (const char* bad :
       {"v24.08", "v23.11.2", "v0.12.1", "", "v", "26.06", "v26", "basedon-v26.06", "vx.y"}) {
    EXPECT_FALSE(is_supported(bad)) << bad;
  }
}

TEST(ClnVersion, FrontingNodesCameWithV2604) {
  for (const char* good : {"v26.04", "v26.04.1", "v26.06.6-modded", "v26.10rc1", "v27.01"}) {
    EXPECT_TRUE(has_fronting_nodes(good)) << good;
  }
  for (const char* bad : {"v26.03", "v25.12.1", "v24.11", "", "v", "26.06", "vx.y", "v26"}) {
    EXPECT_FALSE(has_fronting_nodes(bad)) << bad;
  }
}

// base64url of 32 bytes of zero and the text.
std::string rune_of(const std::string& restrictions) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const std::string bytes = std::string(32, '\0') + restrictions;
  std::string text;
  unsigned bits = 0;
  int count = 0;
  for (const char each : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(each);
    for (count += 8; count >= 6; count -= 6) text += kDigits[bits >> (count - 6) & 63];
  }
  if (count > 0) text += kDigits[bits << (6 - count) & 63];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

struct RuneCase {
  const char* restrictions;
  bool only_receives;
};

TEST(ClnRune, OnlyAListOfMethodsThatCannotSpendIsReceiveOnly) {
  for (const RuneCase& each :
       {RuneCase{"=0-1&method=offer|method=invoice", true}, RuneCase{"=1&method=getinfo", true},
        RuneCase{"=1&rate=60&method=offer", true}, RuneCase{"=1", false},
        RuneCase{"=1&method=offer|method=pay", false}, RuneCase{"=1&method^list", false},
        RuneCase{"=1&method=offer|rate=5", false}, RuneCase{"=1&method/pay", false},
        RuneCase{"=1&pnamelabel=x\\&method=offer", false}, RuneCase{"", false}}) {
    EXPECT_EQ(only_receives(rune_of(each.restrictions)), each.only_receives) << each.restrictions;
  }
  EXPECT_FALSE(only_receives("no rune at all"));
  EXPECT_FALSE(only_receives(""));
}

TEST(ClnCursor, IsReadAsItWasWritten) {
  const auto cursor =
      Cursor::at("02" + std::string(64, 'a'), 18'446'744'073'709'551'615U, std::string(64, 'b'));
  const auto read = Cursor::parse(cursor.text());
  EXPECT_TRUE(read.is_of("02" + std::string(64, 'a')));
  EXPECT_FALSE(read.is_of("03" + std::string(64, 'a')));
  EXPECT_TRUE(read.is_at(18'446'744'073'709'551'615U, std::string(64, 'b')));
  EXPECT_FALSE(read.is_at(18'446'744'073'709'551'615U, std::string(64, 'c')));
}

TEST(ClnCursor, WhatIsNoneIsRefused) {
  const std::string node(16, 'a');
  for (const std::string& bad :
       {std::string("5"), node + ".5", node + ".0." + node, node + ".-1." + node, node + ".5x." + node,
        "." + node + ".5", node + ".99999999999999999999." + node, node + ".5." + node + ".",
        std::string(".."), node + "..5." + node}) {
    EXPECT_THROW(Cursor::parse(bad), Error) << bad;
  }
}

TEST(ClnRpcError, MeansOneThingInTheContract) {
  EXPECT_EQ(error_of(RpcError(-32602, "x"), "it").code(), Code::kInvalidArgument);
  EXPECT_EQ(error_of(RpcError(-32601, "x"), "it").code(), Code::kFailedPrecondition);
  EXPECT_EQ(error_of(RpcError(-5, "x"), "it").code(), Code::kUnavailable);
  // What may have been done is not known, and never a failure.
  for (const std::int64_t code : {-4, -3, -1, 200, 209, 42}) {
    EXPECT_EQ(error_of(RpcError(code, "x"), "it").code(), Code::kUnknown) << code;
  }
}

TEST(ClnRpcError, TheNodesTextIsShortAndOnOneLine) {
  const RpcError error(1, "a\nb\x1b[31m" + std::string(10'000, 'x'));
  EXPECT_LE(error.text().size(), 300U);
  EXPECT_EQ(error.text().find_first_of("\n\x1b"), std::string::npos);
}

struct BadTable {
  const char* json;
  const char* named;
};

TEST(ClnSettings, AWrongTableNamesItsKey) {
  paynamed::testing::TestHost host;
  for (const BadTable& each :
       {BadTable{R"({"transport": "pigeon"})", "transport"}, BadTable{R"({"transport": "socket"})", "socket"},
        BadTable{R"({"transport": "socket", "socket": "rpc"})", "socket"},
        BadTable{R"({"transport": "socket", "socket": "/a", "rune": "r"})", "rune"},
        BadTable{R"({"transport": "rest", "rune": "r"})", "url"},
        BadTable{R"({"transport": "rest", "url": "http://localhost:3010", "rune": "r"})", "url"},
        BadTable{R"({"transport": "rest", "url": "https://localhost:3010"})", "rune"},
        BadTable{R"({"transport": "rest", "url": "https://localhost", "rune": "r", "socket": "/a"})",
                 "socket"},
        BadTable{R"({"transport": "socket", "socket": "/a", "timeout": "1h"})", "timeout"},
        BadTable{R"({"transport": "socket", "socket": "/a", "ca": "/c"})", "ca"},
        BadTable{R"({"transport": "socket", "socket": "/a", "address": "h:1"})", "address"},
        BadTable{R"({"transport": "socket", "socket": "/a", "fronting_nodes": ["02ab"]})", "fronting_nodes"},
        BadTable{R"({"transport": "socket", "socket": "/a", "fronting_nodes": "02ab"})", "fronting_nodes"}}) {
    const auto made = host.create<Cln>(each.json);
    ASSERT_FALSE(made.ok()) << each.json;
    EXPECT_EQ(made.code(), Code::kInvalidArgument) << each.json;
    EXPECT_NE(made.error().message().find(std::string("\"") + each.named + "\""), std::string::npos)
        << made.error().message();
  }
}

// A table for gRPC with that for one of its keys; "null" is none.
std::string grpc_table(const std::string& key, const std::string& value) {
  std::map<std::string, std::string> table{{"transport", R"("grpc")"},
                                           {"address", R"("127.0.0.1:9736")"},
                                           {"ca", R"("/ca.pem")"},
                                           {"client_certificate", R"("/client.pem")"},
                                           {"client_key", R"("handle")"}};
  table[key] = value;
  std::string json;
  for (const auto& [each, text] : table) {
    if (text != "null") json += (json.empty() ? "{\"" : ", \"") + each + "\": " + text;
  }
  return json + "}";
}

TEST(ClnSettings, AWrongTableForGrpcNamesItsKey) {
  paynamed::testing::TestHost host;
  const std::vector<std::pair<const char*, const char*>> cases{{"address", "null"},
                                                               {"address", R"("")"},
                                                               {"address", R"("host")"},
                                                               {"address", R"(":9736")"},
                                                               {"address", R"("host:")"},
                                                               {"address", R"("host:0")"},
                                                               {"address", R"("host:65536")"},
                                                               {"address", R"("host:97x")"},
                                                               {"address", R"("::1:9736")"},
                                                               {"address", R"("unix:/a:1")"},
                                                               {"address", R"("a b:1")"},
                                                               {"address", R"("a,b:1")"},
                                                               {"ca", "null"},
                                                               {"ca", R"("")"},
                                                               {"client_certificate", "null"},
                                                               {"client_key", "null"},
                                                               {"server_name", R"("")"},
                                                               {"rune", R"("r")"},
                                                               {"url", R"("https://a")"},
                                                               {"socket", R"("/a")"}};
  for (const auto& [key, value] : cases) {
    const auto made = host.create<Cln>(grpc_table(key, value));
    ASSERT_FALSE(made.ok()) << key << " " << value;
    EXPECT_EQ(made.code(), Code::kInvalidArgument) << key << " " << value;
    EXPECT_NE(made.error().message().find(std::string("\"") + key + "\""), std::string::npos)
        << made.error().message();
  }
}

TEST(ClnSettings, AHostOrAnAddressWithItsPortIsTaken) {
  paynamed::testing::TestHost host;
  for (const char* good : {R"("127.0.0.1:9736")", R"("[::1]:9736")", R"("node-1.example:65535")"}) {
    const auto made = host.create<Cln>(grpc_table("address", good));
    EXPECT_TRUE(made.ok()) << good << (made.ok() ? "" : made.error().message());
  }
}

}  // namespace
}  // namespace paynamed::cln
