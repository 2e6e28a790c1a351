#include "payments.hpp"

#include <algorithm>

#include "cursor.hpp"
#include "rpc_error.hpp"

namespace paynamed::cln {
namespace {

constexpr std::uint32_t kDefaultMost = 100;
constexpr std::uint32_t kMost = 1'000;
// Some hundred kilobytes.
constexpr std::uint32_t kPage = 200;
// So many payments come one by one after a page that the node refused, one that did not arrive, and full ones
// with no payment in them.
constexpr int kAfterRefusal = 1'000;
constexpr int kAfterFailure = 20;
constexpr int kAfterIdle = 8;
constexpr int kMostAfterIdle = 1'024;
// So long a wait at the node at once: a call that is abandoned stays there until then, and a stop waits for
// it.
constexpr std::chrono::seconds kSlice{3};

[[noreturn]] void throw_ahead(const std::string& why) {
  throw Error(Code::kOutOfRange,
              "The cursor is not of this node as it is now: " + why +
                  "; read again with an empty cursor, and see whether the node was restored from "
                  "a backup.");
}

void add(proto::WatchPaymentsReply& reply, const InvoiceRow& row) {
  auto& payment = *reply.add_payments();
  // Not the pay_index: a node that was restored gives that again, to another payment.
  payment.set_pay_key(row.payment_hash);
  payment.set_payment_hash(row.payment_hash);
  payment.set_received_msat(row.received_msat);
  payment.set_paid_at(row.paid_at);
  if (row.offer_id.empty()) {
    payment.set_invoice_key(row.label);
  } else {
    payment.set_offer_id(row.offer_id);
    payment.set_payer_note(row.payer_note);
    payment.set_claimed_name(row.claimed_name);
  }
}

}  // namespace

proto::WatchPaymentsReply Payments::after(const proto::WatchPaymentsRequest& request,
                                          const std::string& node_id, std::chrono::milliseconds wait,
                                          const Call& call) {
  proto::WatchPaymentsReply reply;
  reply.set_node_id(node_id);
  reply.set_next_cursor(request.cursor());
  auto position = checked(request.cursor(), node_id, call);
  const auto most = request.max() == 0 ? kDefaultMost : std::min(request.max(), kMost);
  const auto left = [&] { return most - static_cast<std::uint32_t>(reply.payments_size()); };
  const auto take = [&](const InvoiceRow& row) {
    position = row.pay_index;
    add(reply, row);
    reply.set_next_cursor(Cursor::at(node_id, position, row.payment_hash).text());
  };
  auto row = first_after(position, wait, call);
  while (row) {
    // lightningd wakes a waiter with whatever is paid next, also when its pay_index is smaller.
    if (row->pay_index <= position) throw_ahead("a payment came whose number is not after it");
    take(*row);
    if (left() == 0) break;
    const auto page = page_after(*row, left(), call);
    if (!page) break;
    bool gap = false;
    const auto before = left();
    for (const InvoiceRow& next : page->rows) {
      // What was told already may have changed once more.
      if (next.status != InvoiceStatus::kPaid || next.pay_index <= position) continue;
      gap = next.pay_index != position + 1;
      if (gap) break;
      take(next);
    }
    if (left() != before) {
      after_idle_ = 0;
    } else if (!gap && !page->rows.empty() && !page->last) {
      pause_pages();
    }
    if (left() == 0 || (page->last && !gap)) break;
    row = next_after(position, call);
  }
  return reply;
}

// One that cannot be had (a rune without listinvoices, an answer that is too large) holds up nothing: what
// was read before it is told, and the next payments come one by one.
std::optional<Payments::Page> Payments::page_after(const InvoiceRow& paid, std::uint32_t most,
                                                   const Call& call) {
  if (paid.updated_index == 0) return Page{};
  if (one_by_one_ > 0) {
    --one_by_one_;
    return Page{};
  }
  most = std::min(most, kPage);
  try {
    auto rows = calls_.changed_from(paid.updated_index + 1, most, call);
    const bool last = rows.size() < most;
    return Page{std::move(rows), last};
  } catch (const RpcError&) {
    one_by_one_ = kAfterRefusal;
  } catch (const Error& error) {
    const bool refused = error.code() == Code::kUnauthenticated || error.code() == Code::kPermissionDenied;
    one_by_one_ = refused ? kAfterRefusal : kAfterFailure;
  }
  return std::nullopt;
}

// Where many invoices change that nobody paid, a page a payment would be more than the payments.
void Payments::pause_pages() {
  const int pause = std::clamp(after_idle_ * 2, kAfterIdle, kMostAfterIdle);
  after_idle_ = pause;
  one_by_one_ = pause;
}

// What was read before is told whether this is known or not.
std::optional<InvoiceRow> Payments::next_after(std::uint64_t pay_index, const Call& call) {
  try {
    return calls_.paid_after(pay_index, std::chrono::seconds(0), call);
  } catch (const RpcError&) {
  } catch (const Error&) {
  }
  return std::nullopt;
}

std::uint64_t Payments::checked(const std::string& cursor, const std::string& node_id, const Call& call) {
  if (cursor.empty()) return 0;
  const auto read = Cursor::parse(cursor);
  if (!read.is_of(node_id)) throw_ahead("it is of another node");
  const auto there = calls_.paid_after(read.pay_index - 1, std::chrono::seconds(0), call);
  if (!there) throw_ahead("the node knows no payment with its number or after it");
  // A later one: the invoice of the cursor was deleted since.
  if (there->pay_index <= read.pay_index && !read.is_at(there->pay_index, there->payment_hash)) {
    throw_ahead("the node has another payment with its number");
  }
  return read.pay_index;
}

std::optional<InvoiceRow> Payments::first_after(std::uint64_t pay_index, std::chrono::milliseconds wait,
                                                const Call& call) {
  auto found = calls_.paid_after(pay_index, std::chrono::seconds(0), call);
  auto left = std::chrono::ceil<std::chrono::seconds>(wait);
  while (!found && left.count() > 0) {
    call.throw_if_cancelled();
    const auto slice = std::min(left, kSlice);
    found = calls_.paid_after(pay_index, slice, call);
    left -= slice;
  }
  return found;
}

}  // namespace paynamed::cln
