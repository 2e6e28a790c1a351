// One wish is one invoice, whatever becomes of the answer, and an invoice expires only when nothing can have
// paid it.
#include "payments/invoice_maker.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cstddef>

#include "names/bolt11.hpp"
#include "names/bolt12.hpp"
#include "tests/unit/payments/made_invoice.hpp"
#include "tests/unit/payments/payments_fixture.hpp"

namespace paynamed::payments {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct InvoiceMakerTest : PaymentsFixture {
  std::unique_ptr<Services> with;
  std::unique_ptr<NodeDescriptions> descriptions;
  std::unique_ptr<InvoiceMaker> maker;
  ReadState read{true, std::nullopt};
  // How the node is.
  std::vector<v1::CreateInvoiceRequest> asked;
  std::vector<bool> resumed;                // of each that was asked
  std::map<std::string, std::string> made;  // by key
  std::deque<base::Status> failures;
  bool lost = false;  // with a failure the invoice is made all the same
  std::string prefix = "lnbcrt50n";
  std::function<void(v1::CreateInvoiceReply&)> lie;
  int described = 0;
  bool describes = true;
  std::function<boost::asio::awaitable<void>()> meanwhile;  // happens while the node is asked for an invoice
  unsigned next_hash = 1;
  // While it is closed the first key gets no answer.
  bool gated = false;
  base::Broadcast gate{time};

  void SetUp() override {
    PaymentsFixture::SetUp();
    backend.description.set_invoices(true);
    renew();
    // What is written down and the node's clock are of one time.
    author.now = time.wall();
  }
  void renew() { renew(*store); }
  void renew(state::InvoiceStore& invoices) {
    Services given = services();
    with = std::make_unique<Services>(Services{given.clock, given.random, given.payments, invoices,
                                               given.orders, given.log, given.metrics});
    with->may_wait = given.may_wait;
    with->nodes = given.nodes;
    with->is_retired = given.is_retired;
    with->node_id_of = given.node_id_of;
    with->call_plugin = [this](pipeline::PluginCall call) { return this->call(std::move(call)); };
    descriptions = std::make_unique<NodeDescriptions>(*with);
    maker = std::make_unique<InvoiceMaker>(*with, *descriptions,
                                           [this](std::string_view, std::string_view) { return read; });
  }

  boost::asio::awaitable<pipeline::PluginAnswer> call(pipeline::PluginCall call) {
    if (call.method == "Describe") {
      ++described;
      if (!describes) {
        pipeline::PluginAnswer away{base::fail(base::unavailable("the node is away")), false};
        co_return away;
      }
      pipeline::PluginAnswer answer{backend.description.SerializeAsString(), false};
      co_return answer;
    }
    v1::CreateInvoiceRequest request;
    EXPECT_EQ(call.method, "CreateInvoice");
    EXPECT_TRUE(request.ParseFromString(call.request));
    EXPECT_EQ(call.key, request.invoice_key());
    asked.push_back(request);
    resumed.push_back(call.resumed);
    while (gated && request.invoice_key() == asked.front().invoice_key()) {
      const auto seen = gate.count();
      co_await gate.wait(seen, base::Duration{3'600'000});
    }
    if (meanwhile) co_await meanwhile();
    if (failures.empty() || lost) {
      if (!made.contains(request.invoice_key())) {
        made[request.invoice_key()] = bolt11_of(request, time.wall(), prefix, next_hash++);
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
  // Lets everything happen that can while no time passes.
  void settle(const std::function<bool()>& done) {
    for (int i = 0; i < 5'000 && !done(); ++i) {
      io.restart();
      io.run_for(std::chrono::milliseconds{2});
    }
    ASSERT_TRUE(done());
  }
  // While another request is held at the gate.
  base::Result<InvoiceMaker::Made> make_meanwhile(const std::string& key) {
    std::optional<base::Result<InvoiceMaker::Made>> made_now;
    auto kept = std::exchange(failures, {});
    boost::asio::co_spawn(
        io, maker->make(wish(key), "corr"),
        [&](std::exception_ptr, base::Result<InvoiceMaker::Made> answer) { made_now = std::move(answer); });
    settle([&] { return made_now.has_value(); });
    failures = std::move(kept);
    return made_now.value();
  }
  using Answers = std::vector<base::Result<InvoiceMaker::Made>>;
  // Without waiting for the answer.
  void ask(state::NewInvoice wish, Answers& answers) {
    boost::asio::co_spawn(io, maker->make(std::move(wish), "corr"),
                          [&answers](std::exception_ptr, base::Result<InvoiceMaker::Made> answer) {
                            answers.push_back(std::move(answer));
                          });
  }
  // While a request is held at the gate.
  void sweep_meanwhile() {
    bool done = false;
    boost::asio::co_spawn(io, maker->finish_begun(), [&](std::exception_ptr) { done = true; });
    settle([&] { return done; });
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
  descriptions->forget();
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

TEST_F(InvoiceMakerTest, TheSameKeyAtTheSameTimeIsOneRequestAfterTheOther) {
  failures.emplace_back(Code::kUnavailable, "the node is away");
  failures.emplace_back(Code::kUnknown, "the connection broke");
  gated = true;
  Answers answers;
  ask(wish("key"), answers);
  settle([this] { return asked.size() == 1; });
  ask(wish("key"), answers);
  ASSERT_TRUE(make_meanwhile("other")) << "other requests do not wait";
  EXPECT_EQ(asked.size(), 2u) << "the second one of the key waits for its turn";
  gated = false;
  gate.notify();
  settle([&] { return answers.size() == 2; });
  EXPECT_EQ(answers[0].error().code(), Code::kUnavailable);
  EXPECT_EQ(answers[1].error().code(), Code::kDeadlineExceeded);
  // What the first gave up is not given up for the second, of which nobody knows what the node made.
  time.advance(base::Duration{181'000});
  round();
  EXPECT_THAT(types(), ElementsAre("invoice.created", "invoice.created"));
}

TEST_F(InvoiceMakerTest, WhatIsSaidWithoutTheNodeWaitsForNobody) {
  gated = true;
  Answers answers;
  ask(wish("key"), answers);
  settle([this] { return asked.size() == 1; });
  state::NewInvoice other = wish("key");
  other.request_hash = "other";
  ask(std::move(other), answers);
  settle([&] { return answers.size() == 1; });
  EXPECT_EQ(answers[0].error().code(), Code::kInvalidArgument);
  gated = false;
  gate.notify();
  settle([&] { return answers.size() == 2; });
  EXPECT_TRUE(answers[1]);
}

TEST_F(InvoiceMakerTest, NobodyWaitsForAnotherRequestsAnswerForEver) {
  gated = true;
  Answers answers;
  ask(wish("key"), answers);
  settle([this] { return asked.size() == 1; });
  const auto timers = time.pending();
  ask(wish("key"), answers);
  settle([&] { return time.pending() > timers; });
  time.advance(base::Duration{19'999});
  ASSERT_TRUE(make_meanwhile("other"));
  EXPECT_THAT(answers, IsEmpty());
  time.advance(base::Duration{1});
  settle([&] { return answers.size() == 1; });
  EXPECT_EQ(answers[0].error().code(), Code::kDeadlineExceeded);
  EXPECT_THAT(answers[0].error().message(), HasSubstr("Idempotency-Key"));
  gated = false;
  gate.notify();
  settle([&] { return answers.size() == 2; });
  EXPECT_TRUE(answers[1]);
  EXPECT_TRUE(make(wish("key"))) << "who went away is not waited for";
  EXPECT_EQ(made.size(), 2u);
}

TEST_F(InvoiceMakerTest, OnlyAFewWaitForTheAnswerToOneKey) {
  gated = true;
  Answers answers;
  ask(wish("key"), answers);
  settle([this] { return asked.size() == 1; });
  for (int i = 0; i < 10; ++i) ask(wish("key"), answers);
  settle([&] { return answers.size() == 2; });
  for (const auto& each : answers) EXPECT_EQ(each.error().code(), Code::kFailedPrecondition);
  gated = false;
  gate.notify();
  settle([&] { return answers.size() == 11; });
  EXPECT_EQ(std::ranges::count_if(answers, [](const auto& each) { return each.has_value(); }), 9);
  EXPECT_EQ(made.size(), 1u);
  EXPECT_EQ(asked.size(), 1u) << "what the first made is what the others get";
}

TEST_F(InvoiceMakerTest, WhatACallerAsksForIsLeftAloneByTheSweep) {
  lost = true;
  failures.emplace_back(Code::kUnknown, "the connection broke");
  EXPECT_FALSE(make(wish("key")));
  gated = true;
  Answers answers;
  ask(wish("key"), answers);
  settle([this] { return asked.size() == 2; });
  time.advance(base::Duration{181'000});
  sweep_meanwhile();
  EXPECT_EQ(asked.size(), 2u) << "it asks nobody beside a caller";
  time.advance(base::Duration{600'000});
  sweep_meanwhile();
  EXPECT_EQ(store->open_intents(time.wall(), {}, 10)->size(), 1u) << "nor gives up what one asks for";
  made.clear();
  gated = false;
  gate.notify();
  settle([&] { return answers.size() == 1; });
  EXPECT_TRUE(answers[0]);
  EXPECT_THAT(types(), ElementsAre("invoice.created"));
}

// As when the daemon ends with requests that have no answer: first it, then what they run on.
TEST_F(InvoiceMakerTest, ARequestMayEndAfterTheMaker) {
  struct alignas(InvoiceMaker) Place {
    std::array<std::byte, sizeof(InvoiceMaker)> bytes;
  };
  const auto place = std::make_unique<Place>();
  auto* const held =
      std::construct_at(reinterpret_cast<InvoiceMaker*>(place->bytes.data()), *with, *descriptions,
                        [this](std::string_view, std::string_view) { return read; });
  auto token = std::make_shared<int>();
  const std::weak_ptr<int> requests = token;
  gated = true;
  {
    boost::asio::io_context own;
    const auto settle_own = [&](const std::function<bool()>& done) {
      for (int i = 0; i < 5'000 && !done(); ++i) {
        own.restart();
        own.run_for(std::chrono::milliseconds{2});
      }
      ASSERT_TRUE(done());
    };
    const auto ask_there = [&] {
      boost::asio::co_spawn(own, held->make(wish("key"), "corr"),
                            [token](std::exception_ptr, const base::Result<InvoiceMaker::Made>&) {
                              ADD_FAILURE() << "nobody answered";
                            });
    };
    ask_there();
    settle_own([this] { return asked.size() == 1; });
    const auto timers = time.pending();
    ask_there();
    settle_own([&] { return time.pending() > timers; });
    token.reset();
    EXPECT_FALSE(requests.expired());
    std::destroy_at(held);
    place->bytes.fill(std::byte{0xa5});
    gate.notify();
  }
  EXPECT_TRUE(requests.expired()) << "none of them is left";
}

TEST_F(InvoiceMakerTest, WhatTheNodeMadeAndWasNotWrittenDownIsNotToldAsNotMade) {
  lie = [this](v1::CreateInvoiceReply&) { store->close(); };
  const auto unknown = make(wish());
  EXPECT_EQ(unknown.error().code(), Code::kDeadlineExceeded);
  EXPECT_THAT(unknown.error().message(), HasSubstr("the node made the invoice"));
  EXPECT_THAT(unknown.error().message(), HasSubstr("Idempotency-Key"));
  lie = {};
  reopen();
  renew();
  time.advance(base::Duration{181'000});
  round();
  EXPECT_THAT(types(), ElementsAre("invoice.created"));
}

// The store, which does not take what was made as long as there is a fault.
class FaultyInvoices final : public state::InvoiceStore {
 public:
  explicit FaultyInvoices(state::InvoiceStore& of) : of_(of) {}
  std::optional<base::Status> fault;

  boost::asio::awaitable<base::Result<state::InvoiceIntent>> intend_invoice(state::NewInvoice wish) override {
    return of_.intend_invoice(std::move(wish));
  }
  boost::asio::awaitable<base::Result<state::InvoiceRow>> create_invoice(state::MadeInvoice made) override {
    if (fault) co_return base::fail(*fault);
    co_return co_await of_.create_invoice(std::move(made));
  }
  boost::asio::awaitable<base::Result<void>> give_up_invoice(base::Uuid intent) override {
    return of_.give_up_invoice(intent);
  }
  boost::asio::awaitable<base::Result<void>> expire_invoices(std::vector<base::Uuid> invoices,
                                                             base::WallTime time) override {
    return of_.expire_invoices(std::move(invoices), time);
  }
  base::Result<std::optional<state::InvoiceRow>> find_invoice(std::string_view tenant,
                                                              base::Uuid id) override {
    return of_.find_invoice(tenant, id);
  }
  base::Result<std::vector<state::InvoiceRow>> list_invoices(std::string_view tenant, std::string_view name,
                                                             std::optional<state::InvoiceState> state,
                                                             base::Uuid before,
                                                             std::uint32_t limit) override {
    return of_.list_invoices(tenant, name, state, before, limit);
  }
  base::Result<std::vector<state::NodePlace>> places_of_open_invoices() override {
    return of_.places_of_open_invoices();
  }
  base::Result<std::vector<base::Uuid>> invoices_due(const state::NodePlace& place, base::WallTime until,
                                                     std::uint32_t limit) override {
    return of_.invoices_due(place, until, limit);
  }
  base::Result<std::vector<state::InvoiceIntent>> open_intents(base::WallTime before,
                                                               state::IntentPlace after,
                                                               std::uint32_t limit) override {
    return of_.open_intents(before, after, limit);
  }

 private:
  state::InvoiceStore& of_;
};

TEST_F(InvoiceMakerTest, WhyAnInvoiceWasNotWrittenDownIsLoggedAndNotTheCallersAffair) {
  FaultyInvoices faulty{*store};
  renew(faulty);
  faulty.fault = base::unavailable("the store is closed");
  const auto unknown = make(wish());
  EXPECT_EQ(unknown.error().code(), Code::kDeadlineExceeded);
  EXPECT_THAT(unknown.error().message(), HasSubstr("the node made the invoice"));
  EXPECT_THAT(log_lines, testing::Contains(HasSubstr("the store is closed")));
  faulty.fault.reset();
  time.advance(base::Duration{181'000});
  round();
  EXPECT_THAT(types(), ElementsAre("invoice.created"));
  EXPECT_EQ(made.size(), 1u);
}

TEST_F(InvoiceMakerTest, WhatNobodyAsksForAgainIsFinishedByItself) {
  lost = true;
  failures.emplace_back(Code::kUnknown, "the connection broke");
  EXPECT_FALSE(make(wish()));
  round();
  EXPECT_EQ(asked.size(), 1u) << "its caller may still be there";
  time.advance(base::Duration{181'000});
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
  EXPECT_TRUE(store->open_intents(time.wall(), {}, 10)->empty());
}

TEST_F(InvoiceMakerTest, ARefusalOfTheNodeIsTheCallersAndNothingIsLeft) {
  for (const Code code : {Code::kInvalidArgument, Code::kUnavailable, Code::kFailedPrecondition}) {
    failures.emplace_back(code, "the node says no");
    const auto refused = make(wish());
    EXPECT_EQ(refused.error().code(), code);
    EXPECT_THAT(refused.error().message(), HasSubstr("says no"));
  }
  time.advance(base::Duration{181'000});
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
         reply.set_bolt11(bolt11_of(other, time.wall(), "lnbcrt50n", 99));
       },
       "another description"},
      {"an old one", "lnbcrt50n",
       [this](v1::CreateInvoiceReply& reply) {
         reply.set_bolt11(
             bolt11_of(asked.back(), time.wall() - std::chrono::hours{1}, "lnbcrt50n", next_hash - 1));
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
  time.advance(base::Duration{181'000});
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

TEST_F(InvoiceMakerTest, NothingNewIsMadeAtARetiredInstance) {
  failures.emplace_back(Code::kUnknown, "the connection broke");
  EXPECT_FALSE(make(wish("begun")));
  retired = true;
  const auto refused = make(wish());
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("retired"));
  EXPECT_EQ(asked.size(), 1u);
  EXPECT_TRUE(make(wish("begun"))) << "what was begun may have been made there";
}

TEST_F(InvoiceMakerTest, AKeyOfWhichTheTimeIsOverIsFreeAgain) {
  failures.emplace_back(Code::kUnknown, "the connection broke");
  EXPECT_FALSE(make(wish("key")));
  time.advance(base::Duration{601'000});
  const auto over = make(wish("key"));
  EXPECT_EQ(over.error().code(), Code::kUnavailable);
  EXPECT_THAT(over.error().message(), HasSubstr("would have expired"));
  EXPECT_EQ(asked.size(), 1u) << "the plugin is not asked, and so not blamed";
  const auto anew = make(wish("key"));
  ASSERT_TRUE(anew) << anew.error().to_string();
  EXPECT_FALSE(anew->replayed);
}

TEST_F(InvoiceMakerTest, AReplayThatCannotAskSaysThatItIsNotKnown) {
  lost = true;
  failures.emplace_back(Code::kUnknown, "the connection broke");
  EXPECT_EQ(make(wish("key")).error().code(), Code::kDeadlineExceeded);
  descriptions->forget();
  describes = false;
  EXPECT_EQ(make(wish("key")).error().code(), Code::kDeadlineExceeded) << "it may be made still";
  EXPECT_EQ(make(wish()).error().code(), Code::kUnavailable) << "what surely was not made is refused";
  describes = true;
  const auto again = make(wish("key"));
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(made.size(), 1u);
}

TEST_F(InvoiceMakerTest, OneThatWasGivenUpWhileItWasMadeIsNotGivenOut) {
  failures.emplace_back(Code::kUnknown, "the connection broke");
  EXPECT_FALSE(make(wish("key")));
  meanwhile = [&]() -> boost::asio::awaitable<void> {
    const auto begun = store->open_intents(time.wall() + base::Duration{1}, {}, 1);
    co_await store->give_up_invoice(begun->front().id);
  };
  const auto late = make(wish("key"));
  EXPECT_EQ(late.error().code(), Code::kUnavailable);
  meanwhile = {};
  EXPECT_THAT(types(), IsEmpty());
  const auto anew = make(wish("key"));
  ASSERT_TRUE(anew) << anew.error().to_string();
  EXPECT_FALSE(anew->replayed);
  EXPECT_THAT(types(), ElementsAre("invoice.created")) << "there is one for the key";
}

TEST_F(InvoiceMakerTest, ManyThatWereBegunAreAllFinished) {
  // One more than a page.
  for (int i = 0; i < 501; ++i) {
    ASSERT_TRUE(state::wait_for(io, store->intend_invoice(wish())));
  }
  time.advance(base::Duration{181'000});
  lie = [](v1::CreateInvoiceReply& reply) { reply.set_bolt11("lnbcrt1qqq"); };
  round();
  EXPECT_EQ(asked.size(), 1u) << "a node that fails is left alone until the next round";
  time.advance(base::Duration{600'000});
  round();
  EXPECT_TRUE(store->open_intents(time.wall(), {}, 1)->empty());
}

TEST_F(InvoiceMakerTest, ThePayeeIsTheNodeAndTheHashItsOwn) {
  const auto first = make(wish());
  ASSERT_TRUE(first) << first.error().to_string();
  const names::Point payee = names::parse_invoice(first->invoice.bolt11)->payee;
  known_node_id = names::to_hex(payee);
  EXPECT_TRUE(make(wish()));
  known_node_id = "02" + std::string(64, 'b');
  EXPECT_THAT(make(wish()).error().message(), HasSubstr("another node"));
  known_node_id.clear();
  next_hash = 1;
  EXPECT_THAT(make(wish()).error().message(), HasSubstr("payment hash of another"));
}

}  // namespace
}  // namespace paynamed::payments
