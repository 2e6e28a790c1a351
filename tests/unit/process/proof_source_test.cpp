// Which proof a caller gets: the stored one, a remembered one, a new one, or an old one that still holds.
#include "process/proof_source.hpp"

#include <gmock/gmock.h>

#include <fmt/format.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>

#include "tests/unit/state/state_fixture.hpp"

namespace paynamed::process {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using base::Code;
using base::Result;
using state::Proof;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kAlice = "alice@example.com";
constexpr const char* kStranger = "someone@elsewhere.org";
constexpr std::uint32_t kTtl = 300;

struct ProofSourceTest : state::StoreTest {
  base::ManualClock time{base::WallTime{1'700'000'000s}};
  // What the DNS would prove now; nothing: the failure instead.
  std::string value = "v";
  std::optional<base::Status> trouble;
  // The patience of each proof that was made.
  std::vector<base::Duration> made;
  // While set, proofs wait for open_gate().
  bool gate = false;
  std::deque<std::function<void()>> waiting;
  std::unique_ptr<ProofSource> source;

  void SetUp() override {
    settings.synchronous_off_for_tests = true;
    open();
    ProofSource::Dependencies dependencies{io.get_executor(), *store, time, {}, {}};
    dependencies.is_ours = [](std::string_view domain) { return domain == "example.com"; };
    dependencies.prove = [this](base::Name, base::Duration most) { return prove(most); };
    source = std::make_unique<ProofSource>(std::move(dependencies));
  }
  Proof proof_now() const {
    Proof proof;
    proof.value = value;
    proof.leaf = {1};
    proof.trunk = {2};
    proof.made = time.wall();
    proof.valid_from = time.wall() - 1h;
    proof.expires = time.wall() + 240h;
    proof.max_cache_ttl_seconds = kTtl;
    return proof;
  }
  asio::awaitable<Result<Proof>> prove(base::Duration most) {
    made.push_back(most);
    if (gate) {
      auto initiate = [this](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        waiting.push_back([shared] { std::move (*shared)(); });
      };
      co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(std::move(initiate),
                                                                            asio::use_awaitable);
    }
    if (trouble) co_return base::fail(*trouble);
    co_return proof_now();
  }
  void open_gate() {
    gate = false;
    for (; !waiting.empty(); waiting.pop_front()) waiting.front()();
    io.restart();
    io.poll();
  }
  Result<Proof> ask(const std::string& name = kAlice, bool any_domain = false) {
    std::optional<Result<Proof>> reply;
    asio::co_spawn(io, source->proof_of(*base::Name::parse(name), any_domain),
                   [&](std::exception_ptr, Result<Proof> result) { reply = std::move(result); });
    io.restart();
    // Not run(): a renewal at the gate keeps the context at work.
    while (!reply) io.run_one();
    io.poll();
    return *std::move(reply);
  }
  Code code_of(const Result<Proof>& reply) { return reply ? Code::kOk : reply.error().code(); }
  // Alice is live with a proof of now.
  void store_alice() {
    make_live(kAlice);
    value = name(kAlice).value;
    ASSERT_TRUE(state::wait_for(io, store->put_proof("default", kAlice, proof_now())));
  }
};

TEST_F(ProofSourceTest, AStoredProofIsGivenForAsLongAsItsTtl) {
  store_alice();
  time.advance(299s);
  EXPECT_TRUE(ask());
  EXPECT_THAT(made, IsEmpty());
  time.advance(1s);
  const auto fresh = ask();
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->made, time.wall());
  time.advance(200s);
  EXPECT_TRUE(ask());
  EXPECT_EQ(made.size(), 1u) << "the new one is remembered";
}

TEST_F(ProofSourceTest, WithoutAnAnswerAnOldProofThatHoldsIsGivenSoon) {
  store_alice();
  time.advance(std::chrono::hours{1});
  for (const auto& passing : {base::unavailable("down"), base::deadline_exceeded("slow"),
                              base::resource_exhausted("full"), base::cancelled("stopping")}) {
    trouble = passing;
    const auto old = ask();
    ASSERT_TRUE(old) << passing.to_string();
    EXPECT_LT(old->made, time.wall());
    EXPECT_EQ(made.back(), ProofSource::kFallBackAfter);
  }
  time.advance(std::chrono::hours{240});
  EXPECT_EQ(code_of(ask()), Code::kCancelled) << "its signatures have ended";
  EXPECT_EQ(made.back(), ProofSource::kProve);
}

TEST_F(ProofSourceTest, WhatSomebodyKnowsIsNotCoveredByAnOldProof) {
  store_alice();
  time.advance(std::chrono::hours{1});
  for (const auto& known : {base::not_found("no record"), base::failed_precondition("two records")}) {
    trouble = known;
    EXPECT_EQ(code_of(ask()), known.code());
  }
}

TEST_F(ProofSourceTest, ARememberedProofGoesWithTheValue) {
  store_alice();
  time.advance(std::chrono::hours{1});
  value = "another";
  ASSERT_TRUE(ask());
  ASSERT_TRUE(ask());
  EXPECT_EQ(made.size(), 2u) << "the stored value is another: it is not remembered";
}

TEST_F(ProofSourceTest, WhoMayAskForWhat) {
  struct Case {
    const char* name;
    bool any_domain;
    Code code;
  };
  for (const Case& each :
       {Case{"nobody@example.com", false, Code::kNotFound}, Case{"nobody@example.com", true, Code::kNotFound},
        Case{kStranger, false, Code::kUnauthenticated}, Case{kStranger, true, Code::kOk},
        Case{"someone@shop.onion", true, Code::kInvalidArgument},
        Case{"someone@shop.internal", true, Code::kInvalidArgument}}) {
    EXPECT_EQ(code_of(ask(each.name, each.any_domain)), each.code) << each.name;
  }
  EXPECT_EQ(made.size(), 1u);
}

TEST_F(ProofSourceTest, AProofThatIsAskedForOftenIsMadeAnewBeforeItsTimeIsOver) {
  ASSERT_TRUE(ask(kStranger, true));
  time.advance(241s);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(ask(kStranger, true));
  EXPECT_EQ(made.size(), 1u) << "twice is not often";
  gate = true;
  const auto given = ask(kStranger, true);
  ASSERT_TRUE(given);
  EXPECT_LT(given->made, time.wall()) << "nobody waits for the new one";
  EXPECT_EQ(made.size(), 2u);
  ASSERT_TRUE(ask(kStranger, true));
  EXPECT_EQ(made.size(), 2u) << "one renewal is enough";
  open_gate();
  const auto renewed = ask(kStranger, true);
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->made, time.wall());
  time.advance(299s);
  ASSERT_TRUE(ask(kStranger, true));
  EXPECT_EQ(made.size(), 2u);
}

TEST_F(ProofSourceTest, ARenewalThatFailsTakesNothingAway) {
  ASSERT_TRUE(ask(kStranger, true));
  time.advance(241s);
  trouble = base::unavailable("down");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(ask(kStranger, true));
  EXPECT_GE(made.size(), 2u);
  time.advance(59s);
  EXPECT_EQ(code_of(ask(kStranger, true)), Code::kUnavailable);
}

TEST_F(ProofSourceTest, AProofIsNotRenewedEarly) {
  ASSERT_TRUE(ask(kStranger, true));
  time.advance(239s);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(ask(kStranger, true));
  EXPECT_EQ(made.size(), 1u);
}

TEST_F(ProofSourceTest, OnlyAFewAreProvenAtOnce) {
  gate = true;
  std::vector<Code> codes;
  for (int i = 0; i < 5; ++i) {
    asio::co_spawn(io, source->proof_of(*base::Name::parse(fmt::format("n{}@elsewhere.org", i)), true),
                   [&](std::exception_ptr, const Result<Proof>& reply) { codes.push_back(code_of(reply)); });
  }
  io.restart();
  io.poll();
  EXPECT_THAT(codes, ElementsAre(Code::kResourceExhausted));
  open_gate();
  EXPECT_THAT(codes, ElementsAre(Code::kResourceExhausted, Code::kOk, Code::kOk, Code::kOk, Code::kOk));
}

}  // namespace
}  // namespace paynamed::process
