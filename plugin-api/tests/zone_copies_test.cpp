// Zones that are fetched as a whole, by a plugin in straight code.
#include "paynamed/zone_copies.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "paynamed/dns_provider.hpp"
#include "paynamed/testing/test_host.hpp"

namespace paynamed {
namespace {

using namespace plugin::v1;
using testing::TestHost;

constexpr int kCallers = 4;  // as many as a Blocking<> plugin has threads

// What the server does; shared with the plugin, which is made by name only.
struct Server {
  std::atomic<int> fetches = 0;
  std::atomic<int> arrived = 0;
  std::atomic<int> wait_for = 0;  // a fetch ends when so many have come
  std::atomic<bool> fails = false;
  std::atomic<std::size_t> kept = 0;
};
Server* server = nullptr;

class Lister final : public Blocking<DnsProvider> {
 public:
  Lister(Host host, const Config&) : Blocking<DnsProvider>(std::move(host)), copies_(this->host()) {}
  ListNamesReply list_names(ListNamesRequest request, Call&) override {
    ++server->arrived;
    const auto copy = copies_.get(request.zone(), !request.page().empty(), std::chrono::seconds(60),
                                  [] { return fetch(); });
    ListNamesReply reply;
    reply.set_next_page(*copy);
    return reply;
  }
  ReadReply read(ReadRequest, Call&) override {
    server->kept = copies_.kept();
    return {};
  }

 private:
  static std::string fetch() {
    const int number = ++server->fetches;
    while (server->arrived < server->wait_for) std::this_thread::yield();
    if (server->fails.exchange(false)) throw Error(Code::kUnavailable, "No answer came.");
    return std::to_string(number);
  }
  ZoneCopies<std::string> copies_;
};

struct ZoneCopiesTest : ::testing::Test {
  Server there;
  TestHost host;
  testing::Instance* plugin = nullptr;
  void SetUp() override {
    server = &there;
    plugin = host.create<Lister>("{}").value();
  }
  static ListNamesRequest page(const std::string& zone, bool first) {
    ListNamesRequest request;
    request.set_zone(zone);
    request.set_page(first ? "" : "next");
    return request;
  }
  // Which fetch the page is of; "failed".
  std::string get(const std::string& zone, bool first) {
    const auto reply = host.call<ListNamesReply>(plugin, "ListNames", page(zone, first));
    return reply.ok() ? reply->next_page() : "failed";
  }
  std::size_t kept() {
    EXPECT_TRUE(host.call<ReadReply>(plugin, "Read", ReadRequest()).ok());
    return there.kept;
  }
};

TEST_F(ZoneCopiesTest, AFirstPageIsNewAndThoseBehindItAreNot) {
  EXPECT_EQ(get("a.", true), "1");
  EXPECT_EQ(get("a.", false), "1");
  EXPECT_EQ(get("b.", true), "2");
  EXPECT_EQ(get("a.", false), "1") << "zones do not push each other out";
  EXPECT_EQ(get("a.", true), "3");
  EXPECT_EQ(get("a.", false), "3");
}

TEST_F(ZoneCopiesTest, WhatNobodyAsksForIsGivenUp) {
  get("a.", true);
  for (int i = 0; i < 5; ++i) {
    host.advance(std::chrono::seconds(50));
    EXPECT_EQ(get("a.", false), "1");
  }
  EXPECT_EQ(kept(), 1U);
  host.advance(std::chrono::seconds(121));
  EXPECT_EQ(kept(), 0U);
  EXPECT_EQ(get("a.", false), "2");
}

TEST_F(ZoneCopiesTest, ThoseWhoAskAtOnceShareAFetch) {
  there.wait_for = kCallers;
  std::vector<testing::PendingCall> calls;
  for (int i = 0; i < kCallers; ++i) calls.push_back(host.start(plugin, "ListNames", page("a.", true)));
  for (const auto& each : calls) EXPECT_TRUE(host.wait<ListNamesReply>(each).ok());
  // The first one's, one for all who came while it was under way, and one should somebody have come late.
  EXPECT_LT(there.fetches, kCallers);
}

TEST_F(ZoneCopiesTest, AFailureIsItsCallersOwn) {
  there.fails = true;
  there.wait_for = 2;
  const auto first = host.start(plugin, "ListNames", page("a.", true));
  const auto second = host.start(plugin, "ListNames", page("a.", true));
  const int well =
      (host.wait<ListNamesReply>(first).ok() ? 1 : 0) + (host.wait<ListNamesReply>(second).ok() ? 1 : 0);
  EXPECT_EQ(well, 1);
  EXPECT_EQ(get("a.", false), "2");
}

}  // namespace
}  // namespace paynamed
