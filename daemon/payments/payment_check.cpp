#include "payments/payment_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/name.hpp"
#include "names/utf8.hpp"

namespace paynamed::payments {
namespace {

constexpr std::size_t kMostKeyBytes = 256;
constexpr std::size_t kMostNoteBytes = 1'024;
constexpr std::size_t kMostNetworkBytes = 32;
constexpr std::size_t kIdDigits = 64;
// The first block of Bitcoin, and the end of what RFC 3339 can write.
constexpr std::uint64_t kFirstSecond = 1'231'006'505;
constexpr std::uint64_t kYear10000 = 253'402'300'800;

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_note(std::string_view text) {
  const bool has_controls =
      std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return text.size() <= kMostNoteBytes && !has_controls && names::is_utf8(text);
}

// A sentence about the payment; empty when nothing is wrong.
std::string problem_of(const plugin::v1::Payment& payment) {
  const std::string& key = payment.pay_key();
  if (key.empty()) return "a payment has no pay_key";
  if (key.size() > kMostKeyBytes || !is_printable_ascii(key)) return "a pay_key is too long or not printable";
  const auto of = [&](std::string_view what) { return fmt::format("the payment {} {}", key, what); };
  if (payment.received_msat() == 0) return of("is of no amount");
  if (payment.received_msat() > state::kMostMsat) return of("is more than all bitcoin");
  if (payment.paid_at() < kFirstSecond || payment.paid_at() >= kYear10000)
    return of("has a paid_at that is no time of a payment in Unix seconds");
  if (!payment.payment_hash().empty() && !is_hex(payment.payment_hash(), kIdDigits))
    return of("has a payment_hash that is not 64 lower-case hex digits");
  if (!payment.offer_id().empty() && !is_hex(payment.offer_id(), kIdDigits))
    return of("has an offer_id that is not 64 lower-case hex digits");
  return {};
}

}  // namespace

bool is_node_id(std::string_view text) {
  return is_hex(text, 66) && (text.starts_with("02") || text.starts_with("03"));
}

base::Result<state::IncomingPayment> checked(const plugin::v1::Payment& payment) {
  if (std::string problem = problem_of(payment); !problem.empty())
    return base::fail(base::invalid_argument(std::move(problem)));
  state::IncomingPayment made;
  made.pay_key = payment.pay_key();
  made.payment_hash = payment.payment_hash();
  made.received_msat = payment.received_msat();
  made.paid_at = base::WallTime{std::chrono::seconds{payment.paid_at()}};
  made.offer_id = payment.offer_id();
  // The key of an invoice that others made at the node may be anything.
  made.invoice = state::invoice_from_key(payment.invoice_key());
  made.order = state::order_from_key(payment.invoice_key());
  if (is_note(payment.payer_note())) made.payer_note = payment.payer_note();
  if (const auto name = base::Name::parse(payment.claimed_name())) made.claimed_name = name->text();
  return made;
}

CheckedPayments checked(const plugin::v1::WatchPaymentsReply& reply) {
  CheckedPayments all;
  for (const plugin::v1::Payment& each : reply.payments()) {
    auto payment = checked(each);
    if (payment) {
      all.payments.push_back(*std::move(payment));
      continue;
    }
    // The name of an offer that is written in another way may be that of ours.
    const bool is_doubtful = !each.offer_id().empty() && !is_hex(each.offer_id(), kIdDigits);
    state::BrokenPayment of{is_doubtful ? std::string{} : each.offer_id(),
                            state::invoice_from_key(each.invoice_key()),
                            state::order_from_key(each.invoice_key())};
    all.broken.push_back({std::move(of), payment.error(), is_doubtful});
  }
  return all;
}

bool is_network(std::string_view text) {
  return text.size() <= kMostNetworkBytes && is_printable_ascii(text);
}

}  // namespace paynamed::payments
