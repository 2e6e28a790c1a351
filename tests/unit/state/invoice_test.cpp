// Invoices begin as intents, and end paid or expired, each said once.
#include <gmock/gmock.h>

#include <algorithm>

#include "state_fixture.hpp"

namespace paynamed::state {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kHash = std::string(64, 'c');

struct Invoices : StoreTest {
  void SetUp() override {
    open();
    make_live("alice@example.com");
  }

  NewInvoice wish(const std::string& key = "", std::uint64_t msat = 5'000) {
    NewInvoice wish;
    wish.tenant = "default";
    wish.id = author.id();
    wish.name = "alice@example.com";
    wish.terms = {msat, "coffee", "order-1", 600};
    wish.idempotency_key = key;
    wish.request_hash = key.empty() ? "" : "hash";
    wish.time = author.now;
    return wish;
  }
  Result<InvoiceIntent> intend(NewInvoice wish) {
    return wait_for(io, store->intend_invoice(std::move(wish)));
  }
  // Each has a hash of its own.
  Result<InvoiceRow> create(base::Uuid id, std::string hash = {}) {
    if (hash.empty()) hash = hash_of(id);
    MadeInvoice made{id,    "lnbcrt1...", std::move(hash), author.now + std::chrono::seconds{600},
                     false, author.now};
    return wait_for(io, store->create_invoice(std::move(made)));
  }
  static std::string hash_of(base::Uuid id) {
    std::string hash = id.to_string() + id.to_string();
    std::erase(hash, '-');
    return hash;
  }
  std::vector<InvoiceIntent> open_intents() {
    return *store->open_intents(author.now + std::chrono::hours{1}, {}, 10);
  }
  InvoiceRow open_invoice(std::uint64_t msat = 5'000) {
    const auto intent = intend(wish("", msat));
    const auto row = create(intent->id);
    EXPECT_TRUE(row) << row.error().to_string();
    return row.value_or(InvoiceRow{});
  }
  Result<TakenIn> pay(base::Uuid id, std::uint64_t msat, const std::string& key = "p1") {
    IncomingPayment payment;
    payment.pay_key = key;
    payment.payment_hash = kHash;
    payment.received_msat = msat;
    payment.paid_at = author.now;
    payment.invoice = id;
    TakeIn batch{
        {"02" + std::string(64, 'a'), "sandbox", "", "regtest", false}, cursor_, key, {payment}, author.now};
    cursor_ = key;
    return wait_for(io, store->take_in(std::move(batch)));
  }
  std::vector<std::string> events() {
    std::vector<std::string> all;
    auto page = store->events_after("default", {}, 1'000);
    for (const Event& each : page->events) {
      if (each.type.starts_with("invoice.") || each.type.starts_with("payment.")) all.push_back(each.type);
    }
    return all;
  }
  InvoiceRow row(base::Uuid id) { return **store->find_invoice("default", id); }
  Result<void> expire(base::Uuid id) { return wait_for(io, store->expire_invoices({id}, author.now)); }

  std::string cursor_;
};

TEST_F(Invoices, AnIntentBecomesAnInvoice) {
  const auto intent = intend(wish());
  ASSERT_TRUE(intend(wish())) << "another one without a key";
  ASSERT_TRUE(intent) << intent.error().to_string();
  EXPECT_EQ(intent->node_instance, "sandbox");
  EXPECT_EQ(intent->node, "n1");
  EXPECT_FALSE(intent->made);
  EXPECT_FALSE(*store->find_invoice("default", intent->id));
  EXPECT_EQ(open_intents().size(), 2u);
  const auto created = create(intent->id);
  ASSERT_TRUE(created) << created.error().to_string();
  EXPECT_EQ(created->bolt11, "lnbcrt1...");
  EXPECT_EQ(created->state, InvoiceState::kOpen);
  EXPECT_EQ(created->terms.amount_msat, 5'000u);
  EXPECT_EQ(created->terms.memo, "coffee");
  EXPECT_EQ(created->terms.reference, "order-1");
  EXPECT_THAT(events(), ElementsAre("invoice.created"));
  EXPECT_TRUE(create(intent->id)) << "who asks twice gets the same";
  EXPECT_THAT(events(), ElementsAre("invoice.created"));
  EXPECT_EQ(open_intents().size(), 1u);
  EXPECT_EQ(create(author.id()).error().code(), Code::kNotFound);
  expect_sound();
}

TEST_F(Invoices, TheSameKeyIsTheSameInvoice) {
  const auto first = intend(wish("key"));
  auto again = intend(wish("key"));
  EXPECT_EQ(again->id, first->id);
  EXPECT_TRUE(again->replayed);
  EXPECT_FALSE(again->made) << "it is asked for again under its key";
  ASSERT_TRUE(create(first->id));
  reopen();
  again = intend(wish("key"));
  EXPECT_EQ(again->id, first->id);
  EXPECT_TRUE(again->made);
  NewInvoice other = wish("key");
  other.request_hash = "another";
  EXPECT_EQ(intend(std::move(other)).error().code(), Code::kInvalidArgument);
  NewInvoice of_other_tenant = wish("key");
  of_other_tenant.tenant = "other";
  EXPECT_EQ(intend(std::move(of_other_tenant)).error().code(), Code::kNotFound) << "it has no such name";
}

// Of a node that lies: nothing may stop the writer.
TEST_F(Invoices, WhatArrivesForOneAddsUpToNoMoreThanThereIs) {
  const InvoiceRow partly = open_invoice(5'000);
  ASSERT_TRUE(pay(partly.id, 1));
  ASSERT_TRUE(pay(partly.id, kMostMsat, "p2"));
  EXPECT_EQ((*store->find_invoice("default", partly.id))->received_msat, kMostMsat);
  const auto begun = intend(wish("key"));
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(pay(begun->id, kMostMsat, "q" + std::to_string(i)));
  const auto created = create(begun->id);
  ASSERT_TRUE(created) << created.error().to_string();
  EXPECT_EQ(created->received_msat, kMostMsat);
}

TEST_F(Invoices, OpenOnesAndThoseBeingMadeUseTheirInstance) {
  open_invoice();
  ASSERT_TRUE(intend(wish("key")));
  const auto uses = store->instances_in_use();
  ASSERT_TRUE(uses);
  const auto sandbox = std::ranges::find(*uses, "sandbox", &InstanceUse::instance);
  ASSERT_NE(sandbox, uses->end());
  EXPECT_EQ(sandbox->invoices, 2u);
}

TEST_F(Invoices, OnlyANameWithANodeHasThem) {
  NewInvoice nobody = wish();
  nobody.name = "nobody@example.com";
  EXPECT_EQ(intend(std::move(nobody)).error().code(), Code::kNotFound);
  ASSERT_TRUE(accept(author.run(Verb::kRegister, "early@example.com")));
  NewInvoice early = wish();
  early.name = "early@example.com";
  EXPECT_EQ(intend(std::move(early)).error().code(), Code::kFailedPrecondition);
  NewRun run = author.run(Verb::kRegister, "external@example.com");
  const auto accepted = accept(run);
  ASSERT_TRUE(record(accepted->key, 0, {},
                     {author.run_event("name.published", run,
                                       R"(,"value":"bitcoin:?lno=lno1x","ttl":300,"dns_instance":"zone",)"
                                       R"("source":"external")")}));
  NewInvoice external = wish();
  external.name = "external@example.com";
  EXPECT_THAT(intend(std::move(external)).error().message(), HasSubstr("no node here"));
  remove("alice@example.com", author.now + std::chrono::hours{1});
  EXPECT_THAT(intend(wish()).error().message(), HasSubstr("was removed"));
}

TEST_F(Invoices, IsPaidOnceAllHasArrived) {
  const InvoiceRow invoice = open_invoice(5'000);
  ASSERT_EQ(pay(invoice.id, 3'000, "p1")->taken_in, 1u);
  EXPECT_EQ(row(invoice.id).state, InvoiceState::kOpen);
  EXPECT_EQ(row(invoice.id).received_msat, 3'000u);
  EXPECT_EQ(pay(invoice.id, 3'000, "p1")->known, 1u);
  ASSERT_EQ(pay(invoice.id, 2'000, "p2")->taken_in, 1u);
  EXPECT_EQ(row(invoice.id).state, InvoiceState::kPaid);
  EXPECT_EQ(row(invoice.id).paid_at, author.now);
  ASSERT_EQ(pay(invoice.id, 1'000, "p3")->taken_in, 1u) << "more than it asks for is money all the same";
  EXPECT_EQ(row(invoice.id).received_msat, 6'000u);
  EXPECT_THAT(events(), ElementsAre("invoice.created", "payment.received", "payment.received", "invoice.paid",
                                    "payment.received"));
  expect_sound();
  ASSERT_TRUE(wait_for(io, store->rebuild()));
  EXPECT_EQ(row(invoice.id).received_msat, 6'000u);
}

TEST_F(Invoices, APaymentOfAnIntentIsItsInvoicesWhenThatIsCreated) {
  const auto intent = intend(wish());
  ASSERT_EQ(pay(intent->id, 5'000)->taken_in, 1u);
  EXPECT_THAT(events(), ElementsAre("payment.received"));
  const auto created = create(intent->id);
  ASSERT_TRUE(created) << created.error().to_string();
  EXPECT_EQ(created->state, InvoiceState::kPaid);
  EXPECT_EQ(created->received_msat, 5'000u);
  EXPECT_THAT(events(), ElementsAre("payment.received", "invoice.created", "invoice.paid"));
  EXPECT_EQ(pay(intent->id, 5'000, "p1")->known, 1u) << "known by its intent and by its invoice alike";
  expect_sound();
}

TEST_F(Invoices, OneThatWasGivenUpIsNotAskedForByItselfAndStillPaid) {
  const auto intent = intend(wish());
  ASSERT_TRUE(wait_for(io, store->give_up_invoice(intent->id)));
  EXPECT_TRUE(open_intents().empty());
  EXPECT_EQ(pay(intent->id, 5'000)->taken_in, 1u);
  EXPECT_EQ(create(intent->id).error().code(), Code::kAborted) << "its caller was told that there is none";
  EXPECT_FALSE(*store->find_invoice("default", intent->id));
  const InvoiceRow made = open_invoice();
  EXPECT_TRUE(wait_for(io, store->give_up_invoice(made.id))) << "which is too late";
  EXPECT_TRUE(*store->find_invoice("default", made.id));
  const auto keyed = intend(wish("key"));
  ASSERT_TRUE(wait_for(io, store->give_up_invoice(keyed->id)));
  NewInvoice other = wish("key");
  other.request_hash = "other";
  EXPECT_NE(intend(std::move(other))->id, keyed->id) << "nothing came of it, so its key is free again";
  EXPECT_EQ(open_intents().size(), 1u);
  expect_sound();
}

TEST_F(Invoices, ExpireOnceAndNotBeforeTheirTime) {
  const InvoiceRow invoice = open_invoice();
  const InvoiceRow paid = open_invoice();
  ASSERT_TRUE(pay(paid.id, 5'000));
  ASSERT_TRUE(expire(invoice.id));
  EXPECT_EQ(row(invoice.id).state, InvoiceState::kOpen) << "it has time left";
  author.now += std::chrono::seconds{601};
  const NodePlace place{"sandbox", "n1"};
  EXPECT_THAT(*store->places_of_open_invoices(), ElementsAre(place));
  EXPECT_THAT(*store->invoices_due(place, author.now, 10), ElementsAre(invoice.id));
  EXPECT_TRUE(store->invoices_due(place, invoice.expires - std::chrono::seconds{1}, 10)->empty());
  EXPECT_TRUE(store->invoices_due({"sandbox", "n2"}, author.now, 10)->empty());
  ASSERT_TRUE(expire(invoice.id));
  ASSERT_TRUE(expire(invoice.id));
  ASSERT_TRUE(expire(paid.id));
  EXPECT_EQ(row(invoice.id).state, InvoiceState::kExpired);
  EXPECT_EQ(row(paid.id).state, InvoiceState::kPaid);
  EXPECT_EQ(std::ranges::count(events(), "invoice.expired"), 1);
  ASSERT_EQ(pay(invoice.id, 5'000, "late")->taken_in, 1u);
  EXPECT_EQ(row(invoice.id).state, InvoiceState::kPaid) << "the money is there";
  const auto payment = store->list_payments("default", "", {}, 1)->front();
  EXPECT_TRUE(payment.late);
  EXPECT_EQ(payment.invoice, invoice.id);
  expect_sound();
}

TEST_F(Invoices, TheHashOfAnotherOneIsRefused) {
  const InvoiceRow first = open_invoice();
  const auto second = intend(wish());
  const auto same = create(second->id, first.payment_hash);
  EXPECT_EQ(same.error().code(), Code::kInternal);
  EXPECT_THAT(same.error().message(), HasSubstr("payment hash of another"));
  EXPECT_TRUE(create(second->id));
}

TEST_F(Invoices, OpenIntentsComeInPages) {
  std::vector<base::Uuid> begun;
  for (int i = 0; i < 5; ++i) {
    if (i == 3) author.now += std::chrono::seconds{1};
    begun.push_back(intend(wish())->id);
  }
  std::vector<base::Uuid> read;
  IntentPlace after;
  for (;;) {
    const auto page = *store->open_intents(author.now + std::chrono::hours{1}, after, 2);
    for (const InvoiceIntent& each : page) read.push_back(each.id);
    if (page.size() < 2) break;
    after = {page.back().created, page.back().id};
  }
  EXPECT_THAT(read, testing::UnorderedElementsAreArray(begun));
}

TEST_F(Invoices, ListsAreNewestFirstAndNarrowed) {
  const InvoiceRow first = open_invoice(1);
  const InvoiceRow second = open_invoice(2);
  ASSERT_TRUE(pay(first.id, 1));
  const auto ids = [](const Result<std::vector<InvoiceRow>>& rows) {
    std::vector<base::Uuid> all;
    for (const InvoiceRow& each : *rows) all.push_back(each.id);
    return all;
  };
  EXPECT_THAT(ids(store->list_invoices("default", "", std::nullopt, {}, 10)),
              ElementsAre(second.id, first.id));
  EXPECT_THAT(ids(store->list_invoices("default", "", std::nullopt, second.id, 10)), ElementsAre(first.id));
  EXPECT_THAT(ids(store->list_invoices("default", "alice@example.com", InvoiceState::kPaid, {}, 10)),
              ElementsAre(first.id));
  EXPECT_THAT(ids(store->list_invoices("default", "", InvoiceState::kOpen, {}, 10)), ElementsAre(second.id));
  EXPECT_THAT(ids(store->list_invoices("default", "alice@example.com", std::nullopt, second.id, 10)),
              ElementsAre(first.id));
  EXPECT_TRUE(store->list_invoices("default", "bob@example.com", InvoiceState::kPaid, {}, 10)->empty());
  EXPECT_TRUE(store->list_invoices("other", "", std::nullopt, {}, 10)->empty());
  EXPECT_FALSE(*store->find_invoice("other", first.id));
}

}  // namespace
}  // namespace paynamed::state
