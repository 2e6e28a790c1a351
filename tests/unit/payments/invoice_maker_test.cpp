// One wish is one invoice, whatever becomes of the answer, and an invoice expires only when nothing can have
// paid it.
#include "payments/invoice_maker.hpp"

#include <gmock/gmock.h>

#include "names/bech32.hpp"
#include "names/bolt11.hpp"
#include "names/bolt12.hpp"
#include "tests/unit/names/invoice_text.hpp"
#include "tests/unit/payments/payments_fixture.hpp"

namespace paynamed::payments {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A bolt11 as a node would make it: description, payment hash, secret, expiry.
std::string bolt11_of(const v1::CreateInvoiceRequest& request, base::WallTime now,
                      const std::string& prefix) {
  names::InvoiceParts parts;
  parts.prefix = prefix;
  parts.timestamp = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  for (names::InvoiceField& field : names::needed_fields()) {
    if (field.type == 'd') {
      const std::vector<std::uint8_t> bytes(request.description().begin(), request.description().end());
      field.groups = names::groups_from_bytes(bytes);
    }
    parts.fields.push_back(field);
  }
  const std::uint32_t expiry = request.expiry_seconds();
  std::vector<std::uint8_t> groups;
  for (std::uint32_t rest = expiry; rest > 0; rest >>= 5) groups.insert(groups.begin(), rest & 31);
  parts.fields.push_back({'x', std::move(groups)});
  return names::invoice_text(parts);
}

struct InvoiceMakerTest : PaymentsFixture {
  std::unique_ptr<Services> with;
  std::unique_ptr<InvoiceMaker> maker;
  InvoiceMaker::ReadState read{true, std::nullopt};
  // How the node is.
  std::vector<v1::CreateInvoiceRequest> asked;
  std::vector<bool> resumed;  // of each that was asked
  std::map<std::string, std::string> made;  // by key
  std::deque<base::Status> failures;
  bool lost = false;  // with a failure the invoice is made all the same
  std::string prefix = "lnbcrt50n";
  std::function<void(v1::CreateInvoiceReply&)> lie;
  int described = 0;

  void SetUp() override {
    PaymentsFixture::SetUp();
    backend.description.set_invoices(true);
    with = std::make_unique<Services>(services());
    with->call_plugin = [this](pipeline::PluginCall call) { return this->call(std::move(call)); };
    maker =
        std::make_unique<InvoiceMaker>(*with, [this](std::string_view, std::string_view) { return read; });
    // What is written down and the node's clock are of one time.
    author.now = time.wall();
  }

  boost::asio::awaitable<pipeline::PluginAnswer> call(pipeline::PluginCall call) {
    if (call.method == "Describe") {
      ++described;
      pipeline::PluginAnswer answer{backend.description.SerializeAsString(), false};
      co_return answer;
    }
    v1::CreateInvoiceRequest request;
    EXPECT_EQ(call.method, "CreateInvoice");
    EXPECT_TRUE(request.ParseFromString(call.request));
    EXPECT_EQ(call.key, request.invoice_key());
    asked.push_back(request);
    resumed.push_back(call.resumed);
    if (failures.empty() || lost) {
      if (!made.contains(request.invoice_key())) {
        made[request.invoice_key()] = bolt11_of(request, time.wall(), prefix);
      }
    }
    if (!failures.empty()) {
      pipeline::PluginAnswer failed{base::fail(failures.front()), false};
      failures.pop_front();
      co_return failed;
    }
    v1::CreateInvoiceReply reply;
    reply.set_bolt11(made[request.invoice_key()]);
    reply.set_payment_hash(names::to_hex(names::parse_invoice(reply.bolt11())->payment_hash));
    if (lie) lie(reply);
    pipeline::PluginAnswer answer{reply.SerializeAsString(), false};
    co_return answer;
  }

  state::NewInvoice wish(const std::string& key = "") {
    state::NewInvoice wish;
    wish.tenant = "default";
    wish.id = author.id();
    wish.name = kAlice;
    wish.terms = {5'000, "two coffees", "order-1", 600};
    wish.idempotency_key = key;
    wish.request_hash = key.empty() ? "" : "hash";
    wish.time = time.wall();
    return wish;
  }
  base::Result<InvoiceMaker::Made> make(state::NewInvoice wish) {
    return state::wait_for(io, maker->make(std::move(wish), "corr"));
  }
  void round() {
    const auto both = [](InvoiceMaker& of) -> boost::asio::awaitable<bool> {
      co_await of.expire_due();
      co_await of.finish_begun();
      co_return true;
    };
    EXPECT_TRUE(state::wait_for(io, both(*maker)));
  }
  std::vector<std::string> types() {
    std::vector<std::string> all;
    auto page = store->events_after("default", {}, 1'000);
    for (const state::Event& each : page->events) {
      if (each.type.starts_with("invoice.")) all.push_back(each.type);
    }
    return all;
  }
};

TEST_F(InvoiceMakerTest, AnInvoiceIsWhatTheNodeMadeAndWasAskedFor) {
  const auto invoice = make(wish());
  ASSERT_TRUE(invoice) << invoice.error().to_string();
  EXPECT_EQ(invoice->invoice.bolt11, made.begin()->second);
  EXPECT_EQ(invoice->invoice.expires, time.wall() + std::chrono::seconds{600});
  EXPECT_FALSE(invoice->invoice.livemode);
  EXPECT_EQ(invoice->invoice.terms.reference, "order-1");
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].amount_msat(), 5'000u);
  EXPECT_EQ(asked[0].description(), "two coffees");
  EXPECT_EQ(asked[0].expiry_seconds(), 600u);
  EXPECT_EQ(asked[0].node().node(), "n1");
  EXPECT_EQ(asked[0].invoice_key(), state::invoice_key_of(invoice->invoice.id));
  EXPECT_THAT(types(), ElementsAre("invoice.created"));
  ASSERT_TRUE(make(wish()));
  EXPECT_EQ(described, 1) << "what the node is, is asked once";
  maker->forget();
  ASSERT_TRUE(make(wish()));
  EXPECT_EQ(described, 2);
  expect_sound();
}

TEST_F(InvoiceMakerTest, TheSameKeyIsTheSameInvoiceAndAsksNobodyTwice) {
  const auto first = make(wish("key"));
  ASSERT_TRUE(first) << first.error().to_string();
  const auto again = make(wish("key"));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->invoice.id, first->invoice.id);
  EXPECT_EQ(again->invoice.bolt11, first->invoice.bolt11);
  EXPECT_EQ(asked.size(), 1u);
  state::NewInvoice other = wish("key");
  other.request_hash = "other";
  EXPECT_EQ(make(std::move(other)).error().code(), Code::kInvalidArgument);
}

TEST_F(InvoiceMakerTest, ALostAnswerIsAskedForAgainUnderTheSameKey) {
  for (const Code code : {Code::kInternal, Code::kUnknown, Code::kDeadlineExceeded}) {
    SCOPED_TRACE(to_string(code));
    made.clear();
    asked.clear();
    resumed.clear();
    lost = true;
    failures.emplace_back(code, "the connection broke");
    const std::string key{to_string(code)};
    const auto unknown = make(wish(key));
    EXPECT_EQ(unknown.error().code(), Code::kDeadlineExceeded);
    EXPECT_THAT(unknown.error().message(), HasSubstr("Idempotency-Key"));
    const auto again = make(wish(key));
    ASSERT_TRUE(again) << again.error().to_string();
    ASSERT_EQ(asked.size(), 2u);
    EXPECT_EQ(asked[0].invoice_key(), asked[1].invoice_key());
    EXPECT_THAT(resumed, ElementsAre(false, true)) << "what may pass is no reason to give it up";
    EXPECT_EQ(made.size(), 1u) << "there is one invoice at the node";
  }
  EXPECT_EQ(types().size(), 3u);
}

TEST_F(InvoiceMakerTest, WhatNobodyAsksForAgainIsFinishedByItself) {
  lost = true;
  failures.emplace_back(Code::kUnknown, "the connection broke");
  EXPECT_FALSE(make(wish()));
  round();
  EXPECT_EQ(asked.size(), 1u) << "its caller may still be there";
  time.advance(base::Duration{61'000});
  failures.emplace_back(Code::kUnavailable, "the node is away");
  round();
  EXPECT_THAT(types(), IsEmpty());
  round();
  EXPECT_THAT(types(), ElementsAre("invoice.created"));
  EXPECT_EQ(made.size(), 1u);
  round();
  EXPECT_EQ(asked.size(), 3u) << "and then nothing is left to do";
  expect_sound();
}

TEST_F(InvoiceMakerTest, AWishOfWhichTheTimeIsOverIsNotAskedForAnyMore) {
  failures.emplace_back(Code::kUnknown, "the connection broke");
  EXPECT_FALSE(make(wish()));
  time.advance(base::Duration{601'000});
  round();
  EXPECT_EQ(asked.size(), 1u);
  EXPECT_TRUE(store->open_intents(time.wall(), 10)->empty());
}

TEST_F(InvoiceMakerTest, ARefusalOfTheNodeIsTheCallersAndNothingIsLeft) {
  for (const Code code : {Code::kInvalidArgument, Code::kUnavailable, Code::kFailedPrecondition}) {
    failures.emplace_back(code, "the node says no");
    const auto refused = make(wish());
    EXPECT_EQ(refused.error().code(), code);
    EXPECT_THAT(refused.error().message(), HasSubstr("says no"));
  }
  time.advance(base::Duration{61'000});
  round();
  EXPECT_EQ(asked.size(), 3u) << "a caller who was told no gets no invoice afterwards";
  EXPECT_THAT(types(), IsEmpty());
}

TEST_F(InvoiceMakerTest, ANodeWithoutInvoicesSaysSo) {
  backend.description.set_invoices(false);
  EXPECT_EQ(make(wish()).error().code(), Code::kUnimplemented);
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(InvoiceMakerTest, AnInvoiceThatIsNotTheOneAskedForIsNotGivenOut) {
  struct Case {
    const char* what;
    std::string prefix;
    std::function<void(v1::CreateInvoiceReply&)> lie;
    const char* says;
  };
  const Case cases[] = {
      {"another amount", "lnbcrt51n", {}, "another amount"},
      {"no amount", "lnbcrt", {}, "another amount"},
      {"another network", "lnbc50n", {}, "another network"},
      {"another hash", "lnbcrt50n",
       [](v1::CreateInvoiceReply& reply) { reply.set_payment_hash(std::string(64, 'e')); }, "another hash"},
      {"no invoice", "lnbcrt50n", [](v1::CreateInvoiceReply& reply) { reply.set_bolt11("lnbcrt1qqq"); },
       "wallets would refuse"},
      {"another description", "lnbcrt50n",
       [this](v1::CreateInvoiceReply& reply) {
         v1::CreateInvoiceRequest other = asked.back();
         other.set_description("three coffees");
         reply.set_bolt11(bolt11_of(other, time.wall(), "lnbcrt50n"));
       },
       "another description"},
      {"an old one", "lnbcrt50n",
       [this](v1::CreateInvoiceReply& reply) {
         reply.set_bolt11(bolt11_of(asked.back(), time.wall() - std::chrono::hours{1}, "lnbcrt50n"));
       },
       "expired already"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.what);
    prefix = each.prefix;
    lie = each.lie;
    const auto wrong = make(wish());
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code(), Code::kInternal);
    EXPECT_THAT(wrong.error().message(), HasSubstr(each.says));
  }
  EXPECT_THAT(types(), IsEmpty());
  time.advance(base::Duration{61'000});
  asked.clear();
  round();
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(InvoiceMakerTest, AnInvoiceExpiresWhenAllUntilThenWasRead) {
  ASSERT_TRUE(make(wish()));
  const base::WallTime end = time.wall() + std::chrono::seconds{600};
  time.advance(base::Duration{700'000});
  round();
  EXPECT_THAT(types(), ElementsAre("invoice.created")) << "nothing was read from the node";
  read.read_until = end;
  round();
  EXPECT_THAT(types(), ElementsAre("invoice.created")) << "clocks differ";
  read.read_until = end + std::chrono::seconds{10};
  round();
  EXPECT_THAT(types(), ElementsAre("invoice.created", "invoice.expired"));
  round();
  EXPECT_EQ(types().size(), 2u);
  expect_sound();
}

TEST_F(InvoiceMakerTest, AnInvoiceExpiresAtItsTimeWhereNobodyWatchesAndADayLaterWhereNobodyAnswers) {
  read.watched = false;
  ASSERT_TRUE(make(wish()));
  time.advance(base::Duration{599'000});
  round();
  EXPECT_EQ(types().size(), 1u);
  time.advance(base::Duration{1'000});
  round();
  EXPECT_EQ(types().size(), 2u);
  read.watched = true;
  ASSERT_TRUE(make(wish()));
  time.advance(base::Duration{3'600'000});
  round();
  EXPECT_EQ(types().size(), 3u);
  time.advance(base::Duration{86'400'000});
  round();
  EXPECT_EQ(types().size(), 4u);
}

}  // namespace
}  // namespace paynamed::payments
