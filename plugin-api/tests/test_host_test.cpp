// The test host finds what a plugin does wrong: a check that cannot fail proves nothing.
#include "paynamed/testing/test_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "paynamed/dns_provider.hpp"

namespace paynamed::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Kept {
  pn_done done = nullptr;
  void* ctx = nullptr;
};
Kept kept;

const pn_status kOk{sizeof(pn_status), PN_OK, 0, 0, {nullptr, 0}, {nullptr, 0}};

// A module by hand whose call() is given.
pn_module module_with(void (*call)(pn_instance*, const pn_call_info*, const char*, pn_bytes, pn_done,
                                   void*)) {
  return {sizeof(pn_module),
          PN_ABI_MAJOR,
          PN_ABI_MINOR,
          "odd",
          "1",
          "paynamed.plugin.v1.DnsProvider",
          "{}",
          [](const pn_host*, pn_bytes, pn_done, void*) { return reinterpret_cast<pn_instance*>(&kept); },
          call,
          [](pn_instance*, std::uint64_t) {},
          [](pn_instance*, pn_done done, void* ctx) {
            done(ctx, &kOk, {nullptr, 0});
          },
          [](pn_instance*) {}};
}

TEST(TestHost, NoticesASecondAnswer) {
  TestHost host;
  auto* instance = host.create(module_with([](pn_instance*, const pn_call_info*, const char*, pn_bytes,
                                              pn_done done, void* ctx) {
                                 done(ctx, &kOk, {nullptr, 0});
                                 done(ctx, &kOk, {nullptr, 0});
                               }),
                               "{}")
                       .value();
  EXPECT_TRUE(host.call_bytes(instance, "Read", "").ok());
  EXPECT_THAT(host.take_violations(), ElementsAre("Read was answered twice."));
}

TEST(TestHost, NoticesAnAnswerAfterStopAndACallNeverAnswered) {
  TestHost host;
  auto* instance = host.create(module_with([](pn_instance*, const pn_call_info*, const char*, pn_bytes,
                                              pn_done done, void* ctx) {
                                 kept = {done, ctx};
                               }),
                               "{}")
                       .value();
  const auto call = host.start(instance, "Read", plugin::v1::ReadRequest());
  host.run();
  host.stop(instance);
  kept.done(kept.ctx, &kOk, {nullptr, 0});
  EXPECT_THAT(host.take_violations(),
              ElementsAre("Read was never answered.", "Read was answered after stop was done."));
  EXPECT_FALSE(call.done());
}

TEST(TestHost, NoticesAHeldStrand) {
  TestHost host;
  auto* instance = host.create(module_with([](pn_instance*, const pn_call_info*, const char*, pn_bytes,
                                              pn_done done, void* ctx) {
                                 std::this_thread::sleep_for(std::chrono::milliseconds(2'100));
                                 done(ctx, &kOk, {nullptr, 0});
                               }),
                               "{}")
                       .value();
  EXPECT_TRUE(host.call_bytes(instance, "Read", "").ok());
  EXPECT_THAT(host.take_violations(), ElementsAre(HasSubstr("Read held the strand")));
}

TEST(TestHostDeathTest, EndsTheProcessForAViolationThatNobodyTook) {
  EXPECT_DEATH(
      {
        TestHost host;
        auto* instance = host.create(module_with([](pn_instance*, const pn_call_info*, const char*, pn_bytes,
                                                    pn_done, void*) {}),
                                     "{}")
                             .value();
        (void)host.start(instance, "Read", plugin::v1::ReadRequest());
        host.run();
      },
      "Read was never answered");
}

class Caller final : public DnsProvider {
 public:
  Caller(Host host, const Config&) : host_(std::move(host)) {}
  void read(ReadRequest, Reply<ReadReply> reply) override {
    auto kept_reply = std::make_shared<Reply<ReadReply>>(std::move(reply));
    host_.call<plugin::v1::ListNamesReply>("pn.names/1", "List", plugin::v1::ListNamesRequest(),
                                           {.idempotency_key = "key"},
                                           [this, kept_reply](Result<plugin::v1::ListNamesReply> names) {
                                             EXPECT_TRUE(host_.on_strand());
                                             if (!names.ok()) return kept_reply->fail(names.error());
                                             ReadReply answer;
                                             for (const auto& record : names->records())
                                               *answer.add_records() = record;
                                             kept_reply->ok(answer);
                                           });
    host_.observe("caller.read", R"({"n": 1})");
    host_.gauge("depth", 3, {{"queue", "a"}});
  }

 private:
  Host host_;
};

TEST(TestHost, AnswersServicesAsScripted) {
  TestHost host;
  auto* instance = host.create<Caller>("{}").value();
  EXPECT_EQ(host.call<plugin::v1::ReadReply>(instance, "Read", plugin::v1::ReadRequest()).code(),
            Code::kUnimplemented);
  std::string key;
  host.set_service("pn.names/1", "List", [&](std::string_view, const Call::Info& info) {
    key = info.idempotency_key;
    plugin::v1::ListNamesReply reply;
    reply.add_records()->set_name("a.");
    return reply.SerializeAsString();
  });
  const auto reply = host.call<plugin::v1::ReadReply>(instance, "Read", plugin::v1::ReadRequest());
  ASSERT_TRUE(reply.ok()) << reply.error().message();
  EXPECT_EQ(reply->records(0).name(), "a.");
  EXPECT_EQ(key, "key");
  EXPECT_EQ(host.observations()[0].type, "caller.read");
  EXPECT_EQ(host.metric("depth"), 3);
  EXPECT_EQ(host.metrics()[0].labels.at("queue"), "a");
}

}  // namespace
}  // namespace paynamed::testing
