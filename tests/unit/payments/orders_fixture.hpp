// A name, a node that makes orders for it, and the parts that make and end them.
//
// Threads: a fixture belongs to its test's thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "payments/order_ends.hpp"
#include "payments/order_maker.hpp"
#include "tests/unit/payments/order_node.hpp"
#include "tests/unit/payments/payments_fixture.hpp"

namespace paynamed::payments {

struct OrdersFixture : PaymentsFixture {
  OrderNode node{time};
  std::unique_ptr<Services> with;
  std::unique_ptr<NodeDescriptions> descriptions;
  std::unique_ptr<OrderMaker> maker;
  std::unique_ptr<OrderEnds> ends;
  ReadState read{true, std::nullopt};

  void SetUp() override {
    PaymentsFixture::SetUp();
    begin();
    // What is written down and the node's clock are of one time.
    author.now = time.wall();
  }
  // Also after a restart: nothing is remembered but what is on disk.
  void begin() {
    ends.reset();
    maker.reset();
    descriptions.reset();
    with = std::make_unique<Services>(services());
    with->call_plugin = [this](pipeline::PluginCall call) { return node.call(std::move(call)); };
    descriptions = std::make_unique<NodeDescriptions>(*with);
    maker = std::make_unique<OrderMaker>(*with, *descriptions);
    ends = std::make_unique<OrderEnds>(*with, [this](std::string_view, std::string_view) { return read; });
  }
  void restart() {
    reopen();
    begin();
  }

  // A name at another node of the same instance.
  void put_name(const std::string& name, const std::string& at) {
    state::NewRun run = author.run(state::Verb::kRegister, name);
    const auto accepted = accept(run);
    ASSERT_TRUE(accepted) << accepted.error().to_string();
    const std::string place = R"(,"node_instance":"sandbox","node":")" + at + "\"";
    std::vector<state::NewEvent> events{
        author.run_event("offer.created", run,
                         R"(,"offer_id":"of)" + name + R"(","offer":"lno1","source":"node")" + place),
        author.run_event(
            "name.published", run,
            R"(,"value":"bitcoin:?lno=lno1","ttl":60,"dns_instance":"zone","source":"node")" + place),
        author.run_event("run.completed", run)};
    const auto done = record(accepted->key, 0, {}, std::move(events));
    ASSERT_TRUE(done) << done.error().to_string();
  }
  state::NewOrder wish(const std::string& key = "") {
    state::NewOrder wish;
    wish.tenant = "default";
    wish.id = author.id();
    wish.name = kAlice;
    wish.terms.amount_msat = 5'000;
    wish.terms.price = {"EUR", "0.10", "2000000000", "a shop"};
    wish.terms.memo = "two coffees";
    wish.terms.reference = "basket-1";
    wish.terms.expires_in_seconds = 600;
    wish.idempotency_key = key;
    wish.request_hash = key.empty() ? "" : "hash";
    wish.time = time.wall();
    return wish;
  }
  base::Result<OrderMaker::Made> make(state::NewOrder wish) {
    return state::wait_for(io, maker->make(std::move(wish), "corr"));
  }
  state::OrderRow made_order() {
    const auto made = make(wish());
    EXPECT_TRUE(made) << made.error().to_string();
    return made ? made->order : state::OrderRow{};
  }
  void round() {
    const auto all = [](OrderMaker& making, OrderEnds& ending) -> boost::asio::awaitable<bool> {
      co_await making.finish_begun();
      co_await ending.expire_due();
      co_await ending.disable_offers();
      co_return true;
    };
    EXPECT_TRUE(state::wait_for(io, all(*maker, *ends)));
  }
  // The node cannot even say what it is.
  void fail_to_describe() {
    descriptions->forget();
    fail("Describe", base::Code::kUnavailable);
  }
  void fail(const std::string& method, base::Code code, bool lost = false) {
    node.failures[method].push_back({base::Status{code, "the node says no"}, lost});
  }
  // Pays the order by its invoice, or by its offer.
  base::Result<state::TakenIn> pay(const state::OrderRow& order, std::uint64_t msat, bool by_offer = false) {
    state::IncomingPayment payment;
    payment.pay_key = "p" + std::to_string(++paid_);
    payment.received_msat = msat;
    payment.paid_at = time.wall();
    if (by_offer) {
      payment.offer_id = order.offer_id;
    } else {
      payment.order = order.id;
    }
    state::TakeIn batch{{"02" + std::string(64, 'a'), "sandbox", "", "regtest", false},
                        cursor_,
                        payment.pay_key,
                        {payment},
                        time.wall()};
    cursor_ = payment.pay_key;
    return state::wait_for(io, store->take_in(std::move(batch)));
  }
  state::OrderRow row(const state::OrderRow& order) { return **store->find_order("default", order.id); }
  std::vector<std::string> types() {
    std::vector<std::string> all;
    auto page = store->events_after("default", {}, 1'000);
    for (const state::Event& each : page->events) {
      if (each.type.starts_with("order.")) all.push_back(each.type);
    }
    return all;
  }
  std::size_t active_offers() const {
    std::size_t active = 0;
    for (const auto& [key, made] : node.offers) active += made.active ? 1 : 0;
    return active;
  }

  std::string cursor_;
  int paid_ = 0;
};

}  // namespace paynamed::payments
