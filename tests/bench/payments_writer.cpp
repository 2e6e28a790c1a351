#include "tests/bench/payments_writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.hpp"
#include "state/payment_decision.hpp"
#include "state/payment_table.hpp"
#include "state/unit_writer.hpp"
#include "tests/bench/instant_node.hpp"
#include "tests/bench/must.hpp"
#include "tests/bench/names_file.hpp"

namespace paynamed::bench {
namespace {

const std::string kTenant = "default";

state::PaymentSource source() {
  return {"02" + payment_hash_at(0), "node", "", "regtest", false};
}

// What the writer makes of a payment of the offer.
state::NewEvent event_of(const FileOffer& offer, std::uint64_t number, base::WallTime now) {
  state::IncomingPayment payment;
  payment.pay_key = payment_hash_at(number);
  payment.payment_hash = payment.pay_key;
  payment.received_msat = 5'000;
  payment.paid_at = now;
  payment.offer_id = offer.offer_id;
  state::RowsOfPayment rows;
  state::PaidOffer& paid = rows.offer.emplace();
  paid.of.name = offer.name;
  paid.of.owner = offer.owner;
  paid.reference = offer.reference;
  return state::decide(payment, source(), rows, now).events.at(0);
}

}  // namespace

std::vector<FileOffer> offers_in(const std::string& path) {
  auto connection = open_file(path);
  state::Statement rows(
      connection,
      "SELECT o.offer_id, n.name, n.owner, n.reference FROM offers o JOIN names n ON n.key = o.name "
      "ORDER BY o.key");
  std::vector<FileOffer> offers;
  for (bool there = must(rows.first()); there; there = must(rows.next())) {
    offers.push_back({std::string{rows.text(0)}, std::string{rows.text(1)}, std::string{rows.text(2)},
                      std::string{rows.text(3)}});
  }
  return offers;
}

ReadyPayments::ReadyPayments(const std::vector<FileOffer>& offers, std::size_t first, std::size_t count,
                             std::size_t group)
    : count_(count) {
  const base::WallTime now = base::SystemClock{}.wall();
  for (std::size_t done = 0; done < count;) {
    std::vector<state::NewEvent> events;
    for (; done < count && events.size() < group; ++done)
      events.push_back(event_of(offers[done % offers.size()], first + done, now));
    units_.push_back(must(state::check(kTenant, std::move(events))));
  }
}

double ReadyPayments::write(const std::string& path) const {
  const base::SystemClock clock;
  auto connection = open_file(path);
  state::UnitWriter writer(connection, UINT64_MAX);
  must(writer.load());
  state::PaymentTable payments(connection);
  const auto begin = clock.monotonic();
  std::uint64_t written = 0;
  for (const state::AppendUnit& unit : units_) {
    state::TakenIn counted;
    counted.taken_in = static_cast<std::uint32_t>(unit.events.size());
    written += unit.events.size();
    must(writer.begin());
    must(writer.write(unit));
    must(payments.advance(source(), fmt::format("0123456789abcdef.{}.0123456789abcdef", written), counted,
                          unit.events.back().time));
    must(writer.commit());
  }
  const std::chrono::duration<double> spent = clock.monotonic() - begin;
  return static_cast<double>(count_) / spent.count();
}

}  // namespace paynamed::bench
