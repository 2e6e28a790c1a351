#include "state/payment_units.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace paynamed::state {
namespace {

constexpr std::size_t kMostPayments = 10'000;
constexpr std::size_t kMostKeyBytes = 512;
constexpr std::size_t kMostCursorBytes = 1'024;
constexpr std::size_t kMostNoteBytes = 4'096;
constexpr std::size_t kMostMemoBytes = 1'024;
constexpr std::size_t kMostReferenceBytes = 256;
constexpr std::size_t kMostIdempotencyKeyBytes = 255;
constexpr std::size_t kMostBolt11Bytes = 8 << 10;
constexpr std::size_t kMostOfferBytes = 16 << 10;
constexpr std::size_t kMostDecimalBytes = 64;
constexpr std::size_t kMostNameBytes = 255;

base::Status unchecked(std::string_view what) {
  return base::internal(fmt::format("payments were not taken in, because {}; report this defect", what));
}

bool fits(const PaymentSource& source) {
  return !source.node_id.empty() && source.node_id.size() <= kMostKeyBytes && !source.instance.empty() &&
         source.node.size() <= kMostKeyBytes && source.network.size() <= kMostKeyBytes;
}

bool fits(const IncomingPayment& payment) {
  return !payment.pay_key.empty() && payment.pay_key.size() <= kMostKeyBytes &&
         payment.payment_hash.size() <= kMostKeyBytes && payment.offer_id.size() <= kMostKeyBytes &&
         payment.payer_note.size() <= kMostNoteBytes && payment.claimed_name.size() <= kMostNameBytes &&
         payment.received_msat > 0 && payment.received_msat <= kMostMsat;
}

base::Result<void> check_size(std::string_view what, const std::string& text, std::size_t most) {
  if (text.size() <= most) return {};
  return base::fail(base::invalid_argument(
      fmt::format("{} has {} bytes and may have at most {}; make it shorter", what, text.size(), most)));
}

// Those that every wish has.
template <class Wish>
base::Result<void> check_texts(const Wish& wish) {
  auto fits = check_size("the memo", wish.terms.memo, kMostMemoBytes);
  if (fits) fits = check_size("the reference", wish.terms.reference, kMostReferenceBytes);
  if (fits) fits = check_size("the idempotency key", wish.idempotency_key, kMostIdempotencyKeyBytes);
  return fits;
}

bool fits(const MadeOrder& made) {
  const bool bolt11_fits =
      made.bolt11.empty() || (made.bolt11.size() <= kMostBolt11Bytes && made.payment_hash.size() == 64);
  const bool offer_fits =
      made.offer.empty() || (made.offer.size() <= kMostOfferBytes && made.offer_id.size() == 64);
  return bolt11_fits && offer_fits && !(made.bolt11.empty() && made.offer.empty());
}

}  // namespace

base::Result<TakeInUnit> check(TakeIn batch) {
  if (!fits(batch.source)) return base::fail(unchecked("their node was not checked"));
  if (batch.next_cursor.size() > kMostCursorBytes ||
      batch.payments.size() + batch.broken.size() > kMostPayments) {
    return base::fail(unchecked("the batch is larger than it may be"));
  }
  const bool all_fit =
      std::ranges::all_of(batch.payments, [](const IncomingPayment& each) { return fits(each); }) &&
      std::ranges::all_of(batch.broken,
                          [](const BrokenPayment& each) { return each.offer_id.size() <= kMostKeyBytes; });
  if (!all_fit) return base::fail(unchecked("one of them was not checked"));
  return TakeInUnit{std::move(batch)};
}

base::Result<RestartCursorUnit> check(PaymentSource source, std::string expected_cursor,
                                      std::optional<NewEvent> news) {
  if (!fits(source)) return base::fail(unchecked("their node was not checked"));
  if (news && news->data.size() > kMaxEventBytes)
    return base::fail(unchecked("the news are larger than they may be"));
  return RestartCursorUnit{std::move(source), std::move(expected_cursor), std::move(news)};
}

base::Result<IntendInvoiceUnit> check(NewInvoice wish) {
  if (auto fits = check_texts(wish); !fits) return base::fail(fits.error());
  if (wish.terms.amount_msat > kMostMsat) {
    return base::fail(base::invalid_argument("the amount is more than all bitcoin; ask for less"));
  }
  return IntendInvoiceUnit{std::move(wish)};
}

base::Result<CreateInvoiceUnit> check(MadeInvoice made) {
  if (made.bolt11.empty() || made.bolt11.size() > kMostBolt11Bytes || made.payment_hash.size() != 64) {
    return base::fail(
        base::internal("an invoice was not written down, because it was not checked; report this defect"));
  }
  return CreateInvoiceUnit{std::move(made)};
}

base::Result<IntendOrderUnit> check(NewOrder wish) {
  auto fits = check_texts(wish);
  for (const std::string* text :
       {&wish.terms.price.currency, &wish.terms.price.amount, &wish.terms.price.rate}) {
    if (fits) fits = check_size("a part of the price", *text, kMostDecimalBytes);
  }
  if (fits) fits = check_size("the rate's source", wish.terms.price.rate_source, kMostReferenceBytes);
  if (!fits) return base::fail(fits.error());
  if (wish.terms.amount_msat == 0 || wish.terms.amount_msat > kMostMsat) {
    return base::fail(base::invalid_argument(
        "the amount of an order is from 1 millisatoshi to all bitcoin; ask for such an amount"));
  }
  if (!wish.terms.bolt11 && !wish.terms.bolt12)
    return base::fail(
        base::invalid_argument("an order that cannot be paid in any way is none; name a method"));
  return IntendOrderUnit{std::move(wish)};
}

base::Result<CreateOrderUnit> check(MadeOrder made) {
  if (!fits(made)) {
    return base::fail(
        base::internal("an order was not written down, because it was not checked; report this defect"));
  }
  return CreateOrderUnit{std::move(made)};
}

}  // namespace paynamed::state
