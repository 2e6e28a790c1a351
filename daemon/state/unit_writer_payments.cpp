// What UnitWriter writes about payments and invoices.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "state/payment_decision.hpp"
#include "state/unit_writer.hpp"

namespace paynamed::state {
namespace json = boost::json;

namespace {

// node.resynced is about the daemon's own work.
const std::string kOperatorTenant = "default";

base::Uuid derived_id(std::string_view type, base::Uuid invoice) {
  return base::Uuid::v8(fmt::format("{} {}", type, invoice.to_string()));
}

json::object invoice_data(const InvoiceRow& row) {
  json::object data;
  data["invoice"] = row.id.to_string();
  data["name"] = row.name;
  data["amount_msat"] = std::to_string(row.terms.amount_msat);
  data["payment_hash"] = row.payment_hash;
  if (!row.terms.reference.empty()) data["reference"] = row.terms.reference;
  data["expires"] = base::to_rfc3339(row.expires);
  data["livemode"] = row.livemode;
  return data;
}

NewEvent invoice_created(const InvoiceRow& row) {
  json::object data = invoice_data(row);
  data["bolt11"] = row.bolt11;
  if (!row.terms.memo.empty()) data["memo"] = row.terms.memo;
  data["node_instance"] = row.node_instance;
  if (!row.node.empty()) data["node"] = row.node;
  return {"invoice.created",    1, row.name, derived_id("invoice.created", row.id), row.created,
          json::serialize(data)};
}

NewEvent invoice_expired(const InvoiceRow& row, base::WallTime now) {
  json::object data = invoice_data(row);
  if (row.received_msat > 0) data["received_msat"] = std::to_string(row.received_msat);
  return {"invoice.expired", 1, row.name, derived_id("invoice.expired", row.id), now, json::serialize(data)};
}

InvoiceRow row_of(const InvoiceIntent& intent, const MadeInvoice& made) {
  InvoiceRow row;
  row.id = intent.id;
  row.name = intent.name;
  row.node_instance = intent.node_instance;
  row.node = intent.node;
  row.bolt11 = made.bolt11;
  row.payment_hash = made.payment_hash;
  row.terms = intent.terms;
  row.created = made.time;
  row.expires = made.expires;
  row.livemode = made.livemode;
  return row;
}

}  // namespace

base::Result<void> UnitWriter::check_cursor(const PaymentSource& source, const std::string& expected) {
  const auto cursor = payments_.cursor(source);
  if (!cursor) return base::fail(cursor.error());
  if (*cursor == expected) return {};
  return base::fail(base::aborted(
      fmt::format("the payments of node {} were read by somebody else meanwhile; read the cursor again",
                  source.node_id)));
}

base::Result<TakenIn> UnitWriter::write(const TakeInUnit& unit) {
  const TakeIn& batch = unit.batch;
  if (auto stands = check_cursor(batch.source, batch.expected_cursor); !stands)
    return base::fail(stands.error());
  TakenIn counted;
  std::optional<base::WallTime> last_payment;
  dirty_ = true;
  for (const IncomingPayment& payment : batch.payments) {
    const auto verdict = take_in(payment, batch);
    if (!verdict) return base::fail(verdict.error());
    ++(*verdict == Verdict::kTakenIn ? counted.taken_in
       : *verdict == Verdict::kKnown ? counted.known
                                     : counted.strays);
    if (*verdict == Verdict::kTakenIn)
      last_payment = std::max(last_payment.value_or(payment.paid_at), payment.paid_at);
  }
  for (std::size_t i = 0; i < batch.broken.size(); ++i) {
    const auto ours = payments_.is_ours(batch.broken[i], batch.source);
    if (!ours) return base::fail(ours.error());
    if (*ours) {
      counted.held.push_back(i);
    } else {
      ++counted.strays;
    }
  }
  const std::string& next = counted.held.empty() ? batch.next_cursor : batch.expected_cursor;
  // What is read once more is counted then.
  if (next == batch.expected_cursor) counted.strays = 0;
  if (auto done = payments_.advance(batch.source, next, counted, last_payment); !done)
    return base::fail(done.error());
  dirty_ = false;
  return counted;
}

base::Result<Verdict> UnitWriter::take_in(const IncomingPayment& payment, const TakeIn& batch) {
  const auto rows = payments_.rows_of(payment, batch.source);
  if (!rows) return base::fail(rows.error());
  const PaymentDecision decision = decide(payment, batch.source, *rows, batch.time);
  if (auto done = write_own_events(decision.tenant, decision.events); !done) return base::fail(done.error());
  if (decision.ended_order) {
    if (auto done = orders_.disable_offer_of(*decision.ended_order, batch.time); !done)
      return base::fail(done.error());
  }
  return decision.verdict;
}

base::Result<void> UnitWriter::write_own_events(TenantKey tenant, const std::vector<NewEvent>& events) {
  std::vector<Fact> facts;
  for (const NewEvent& event : events) {
    auto fact = read_fact(event.type, event.version, event.data);
    if (!fact) return base::fail(fact.error());
    facts.push_back(*std::move(fact));
  }
  return write_events(tenant, 0, events, facts, {}, {});
}

base::Result<void> UnitWriter::write(const RestartCursorUnit& unit) {
  if (auto stands = check_cursor(unit.source, unit.expected_cursor); !stands) return stands;
  const auto tenant = log_.tenant_key(kOperatorTenant);
  if (!tenant) return base::fail(tenant.error());
  dirty_ = true;
  if (auto done = payments_.restart(unit.source); !done) return done;
  if (unit.news) {
    if (auto done = write_own_events(*tenant, {*unit.news}); !done) return done;
  }
  dirty_ = false;
  return {};
}

base::Result<NameEntry> UnitWriter::payable_name(TenantKey tenant, const std::string& asked,
                                                 std::string_view what) {
  auto found = models_.find_name(asked);
  if (!found) return base::fail(found.error());
  std::optional<NameEntry>& name = *found;
  if (!name || name->is_free() || name->tenant != tenant) {
    return base::fail(base::not_found(fmt::format("there is no name {}", asked)));
  }
  if (name->is(NameState::kQuarantined)) {
    return base::fail(base::failed_precondition(
        fmt::format("{} was removed; register it again to make {} for it", asked, what)));
  }
  if (name->is(NameState::kRegistering)) {
    return base::fail(base::failed_precondition(
        fmt::format("{} is being registered; ask again when it is published", asked)));
  }
  if (name->node_instance.empty()) {
    return base::fail(base::failed_precondition(
        fmt::format("{} has an offer of its owner's own, and no node here that could make {}", asked, what)));
  }
  return *std::move(name);
}

base::Result<InvoiceIntent> UnitWriter::write(const IntendInvoiceUnit& unit) {
  const NewInvoice& wish = unit.wish;
  const auto tenant = log_.tenant_key(wish.tenant);
  if (!tenant) return base::fail(tenant.error());
  if (!wish.idempotency_key.empty()) {
    auto used = invoices_.find_key(*tenant, wish.idempotency_key);
    if (!used) return base::fail(used.error());
    if (*used && (*used)->request_hash != wish.request_hash) {
      return base::fail(base::invalid_argument(
          "this Idempotency-Key was used for another request; take a new key for a new request"));
    }
    if (*used) {
      (*used)->intent.replayed = true;
      return std::move((*used)->intent);
    }
  }
  const auto name = payable_name(*tenant, wish.name, "invoices");
  if (!name) return base::fail(name.error());
  InvoiceIntent intent;
  intent.id = wish.id;
  intent.tenant = wish.tenant;
  intent.name = wish.name;
  intent.node_instance = name->node_instance;
  intent.node = name->node;
  intent.terms = wish.terms;
  intent.created = wish.time;
  dirty_ = true;
  if (auto done = invoices_.insert_intent(*tenant, name->key, intent, wish); !done)
    return base::fail(done.error());
  dirty_ = false;
  return intent;
}

base::Result<void> UnitWriter::check_hash(const std::string& payment_hash, const std::string& node_instance) {
  const auto known = orders_.is_hash_known(payment_hash);
  if (!known) return base::fail(known.error());
  if (!*known) return {};
  return base::fail(base::internal(
      fmt::format("instance '{}' answered CreateInvoice with the payment hash of another invoice; tell its "
                  "author",
                  node_instance)));
}

base::Result<InvoiceRow> UnitWriter::write(const CreateInvoiceUnit& unit) {
  const MadeInvoice& made = unit.made;
  auto there = invoices_.find_invoice(made.id);
  if (!there) return base::fail(there.error());
  if (*there) return std::move((*there)->row);
  const auto found = invoices_.find_intent(made.id);
  if (!found) return base::fail(found.error());
  if (!*found) {
    return base::fail(base::not_found(fmt::format("nobody asked for the invoice {}", made.id.to_string())));
  }
  const InvoiceTable::StoredIntent& stored = **found;
  // Its key may stand for another one by now.
  if (stored.given_up) {
    return base::fail(
        base::aborted(fmt::format("the invoice {} was given up meanwhile; ask anew", made.id.to_string())));
  }
  if (auto is_new = check_hash(made.payment_hash, stored.intent.node_instance); !is_new)
    return base::fail(is_new.error());
  const InvoiceRow row = row_of(stored.intent, made);
  dirty_ = true;
  if (auto done = write_own_events(stored.tenant, {invoice_created(row)}); !done)
    return base::fail(done.error());
  if (auto done = say_paid_before(stored.tenant, row, made.time); !done) return base::fail(done.error());
  // Who asks again under the key has to find it.
  auto done = stored.keyed ? invoices_.set_made(made.id) : invoices_.erase_intent(made.id);
  if (!done) return base::fail(done.error());
  dirty_ = false;
  auto written = invoices_.find_invoice(made.id);
  if (!written) return base::fail(written.error());
  return std::move((*written)->row);
}

base::Result<void> UnitWriter::say_paid_before(TenantKey tenant, const InvoiceRow& row, base::WallTime now) {
  const auto received = invoices_.received_for(row.id);
  if (!received) return base::fail(received.error());
  if (!*received || (*received)->msat < row.terms.amount_msat) return {};
  PaidInvoice paid;
  paid.of = {tenant, row.name, std::nullopt};
  paid.id = row.id;
  paid.reference = row.terms.reference;
  paid.amount_msat = row.terms.amount_msat;
  paid.expires = row.expires;
  const bool late = (*received)->paid_at > row.expires;
  return write_own_events(tenant, {invoice_paid(paid, (*received)->payment_hash, (*received)->msat,
                                                (*received)->paid_at, row.livemode, late, now)});
}

base::Result<void> UnitWriter::write(const GiveUpInvoiceUnit& unit) {
  const auto found = invoices_.find_intent(unit.intent);
  if (!found) return base::fail(found.error());
  if (!*found || (*found)->intent.made) return {};
  dirty_ = true;
  if (auto done = invoices_.set_given_up(unit.intent); !done) return done;
  dirty_ = false;
  return {};
}

base::Result<void> UnitWriter::write(const ExpireInvoicesUnit& unit) {
  dirty_ = true;
  for (const base::Uuid& id : unit.invoices) {
    const auto found = invoices_.find_invoice(id);
    if (!found) return base::fail(found.error());
    if (!*found || (*found)->row.state != InvoiceState::kOpen || (*found)->row.expires > unit.time) continue;
    if (auto done = write_own_events((*found)->tenant, {invoice_expired((*found)->row, unit.time)}); !done)
      return done;
  }
  dirty_ = false;
  return {};
}

}  // namespace paynamed::state
