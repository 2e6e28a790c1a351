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
         payment.payer_note.size() <= kMostNoteBytes && payment.received_msat > 0 &&
         payment.received_msat <= kMostMsat;
}

base::Result<void> check_size(std::string_view what, const std::string& text, std::size_t most) {
  if (text.size() <= most) return {};
  return base::fail(base::invalid_argument(
      fmt::format("{} has {} bytes and may have at most {}; make it shorter", what, text.size(), most)));
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
  auto fits = check_size("the memo", wish.terms.memo, kMostMemoBytes);
  if (fits) fits = check_size("the reference", wish.terms.reference, kMostReferenceBytes);
  if (fits) fits = check_size("the idempotency key", wish.idempotency_key, kMostIdempotencyKeyBytes);
  if (!fits) return base::fail(fits.error());
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

}  // namespace paynamed::state
