// All is well again for a while, and then what the daemon says is compared with the model.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "tests/model/play/player.hpp"

namespace paynamed::model {
namespace json = boost::json;

namespace {

constexpr std::int64_t kSlice = 10'000;
// Ten minutes: longer than every pause after failures.
constexpr int kMostSlices = 60;
// Between the end of an invoice and its being told, beside what reading takes.
constexpr std::int64_t kExpiring = 15'000;
// An offer is retired for five minutes, and looked at once a minute.
constexpr std::int64_t kRetiredForGood = 480'000;

std::string text(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found == nullptr || !found->is_string() ? std::string{} : std::string(found->get_string());
}

std::uint64_t number(const json::object& object, std::string_view key) {
  return object.at(key).to_number<std::uint64_t>();
}

bool flag(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found != nullptr && found->as_bool();
}

}  // namespace

void Player::settle() {
  note("all is well");
  door_.clear_faults();
  door_.open();
  daemon_.arm("", 0);
  begin_daemon();
  // What was paid before and what is read from now on are of different moments.
  pass(1);
  settled_ms_ = world_.now_ms;
  int slices = 0;
  while (!is_settled(settled_ms_)) {
    if (++slices > kMostSlices) throw Finding("stuck: ten minutes after all was well " + unsettled_);
    pass(kSlice);
    if (!daemon_.lives()) throw Finding("the daemon died and nobody killed it");
  }
  // One more round of what looks for invoices whose time is over.
  pass(3'000);
  compare();
}

json::object Player::look(const std::string& tenant) {
  return ask_and_wait({{"do", "look"}, {"tenant", tenant}, {"after", told_[tenant].seq}});
}

// Everybody has an answer, no run is open, no invoice is being made, and all payments until then were read.
// `unsettled_` says what is not so.
bool Player::is_settled(std::int64_t since_ms) {
  unsettled_.clear();
  if (!requests_.empty()) unsettled_ = "nobody answers " + text(requests_.begin()->second.line, "do");
  for (const char* tenant : kTenants) {
    const json::object seen = look(tenant);
    for (const json::value& each : seen.at("runs").as_array()) {
      const json::object& run = each.as_object();
      unsettled_ = fmt::format("the run to {} {} is {}: {}", text(run, "verb"), text(run, "name"),
                               text(run, "state"), text(run, "reason"));
      if (text(run, "state") != "paused") continue;
      if (text(run, "reason").empty()) throw Finding(unsettled_ + "it has no reason");
      if (resumed_.insert(text(run, "id")).second) note("  resumed: " + unsettled_);
      ask_and_wait({{"do", "resume"}, {"tenant", tenant}, {"run", text(run, "id")}});
    }
    const auto& intents = seen.at("intents").as_array();
    if (!intents.empty())
      unsettled_ =
          fmt::format("the invoice {} is still to be made", std::string(intents.front().as_string()));
    const json::object& reading = seen.at("reading").as_object();
    if (reading.at("read_until_ms").to_number<std::int64_t>() < since_ms)
      unsettled_ = "the payments of the node are not read: " + text(reading, "problem");
  }
  return unsettled_.empty();
}

void Player::compare() {
  for (const char* tenant : kTenants) {
    const json::object seen = look(tenant);
    read_events(tenant, seen.at("events").as_array());
    compare_payments(tenant, seen);
    compare_wishes(tenant, seen);
    compare_names(tenant, seen);
    if (told_[tenant].resyncs > 0 && !model_.cursor_may_be_lost)
      throw Finding("the node was read again, and it had lost nothing");
  }
  compare_node();
  const json::object proof = ask_and_wait({{"do", "prove"}});
  for (const json::value& each : proof.at("wrong").as_array()) throw Finding(std::string(each.as_string()));
}

void Player::read_events(const std::string& tenant, const json::array& events) {
  Told& told = told_[tenant];
  for (const json::value& each : events) {
    const json::object& event = each.as_object();
    if (number(event, "seq") != told.seq + 1)
      throw Finding(fmt::format("the events of {} have a gap after {}", tenant, told.seq));
    told.seq = number(event, "seq");
    read_event(told, tenant, event);
  }
}

void Player::read_event(Told& told, const std::string& tenant, const json::object& event) {
  const std::string type = text(event, "type");
  const json::object& data = event.at("data").as_object();
  if (type == "payment.received") {
    if (!told.payments.emplace(text(data, "pay_key"), data).second)
      throw Finding("taken in twice: the payment " + text(data, "pay_key"));
  } else if (type == "invoice.created") {
    const std::string reference = text(data, "reference");
    const auto wish = model_.wishes.find(reference);
    if (wish == model_.wishes.end() || wish->second.tenant != tenant)
      throw Finding("an invoice was made that nobody wanted: " + reference);
    Wish& of = wish->second;
    if (!told.invoices.emplace(text(data, "invoice"), reference).second ||
        std::ranges::count(told.invoices, reference, &std::pair<const std::string, std::string>::second) > 1)
      throw Finding("made twice: the invoice " + reference);
    if (of.answer == Wish::Answer::kNotMade)
      throw Finding(fmt::format("the invoice {} was made, and {} was answered", reference, of.why));
    if (!of.id.empty() && (of.id != text(data, "invoice") || of.bolt11 != text(data, "bolt11")))
      throw Finding(fmt::format("the invoice {} is not the one that was given out", reference));
    of.id = text(data, "invoice");
    of.bolt11 = text(data, "bolt11");
    of.payment_hash = text(data, "payment_hash");
  } else if (type == "invoice.paid") {
    if (++told.paid[text(data, "invoice")] > 1)
      throw Finding("paid twice: the invoice " + text(data, "invoice"));
  } else if (type == "invoice.expired") {
    if (++told.expired[text(data, "invoice")] > 1)
      throw Finding("expired twice: the invoice " + text(data, "invoice"));
  } else if (type == "node.resynced") {
    ++told.resyncs;
  } else if (type == "run.compensated") {
    throw Finding("a run was turned back: " + json::serialize(event));
  }
}

void Player::compare_payments(const std::string& tenant, const json::object& seen) {
  const Told& told = told_[tenant];
  for (const auto& [key, data] : told.payments) {
    if (model_.foreign.contains(key)) throw Finding("a stranger's payment was told to a tenant: " + key);
    const auto payment = model_.payments.find(key);
    if (payment == model_.payments.end())
      throw Finding("a payment was taken in that nobody made: " + json::serialize(data));
    if (payment->second.tenant != tenant) throw Finding("a payment was told to another tenant: " + key);
    compare_payment(tenant, data, payment->second);
    payment->second.in_log = true;
  }
  std::map<std::string, std::uint64_t> owed;
  for (const auto& [key, payment] : model_.payments) {
    if (payment.tenant != tenant) continue;
    if (payment.in_log) owed[payment.name] += payment.msat;
    if (payment.in_log || payment.may_be_missing) continue;
    throw Finding(fmt::format("lost: the payment {} of {} msat to {} is not in the log", key, payment.msat,
                              payment.name));
  }
  std::map<std::string, std::uint64_t> held;
  std::set<std::string> rows;
  for (const json::value& each : seen.at("payments").as_array()) {
    const json::object& row = each.as_object();
    if (!rows.insert(text(row, "pay_key")).second)
      throw Finding("listed twice: the payment " + text(row, "pay_key"));
    held[text(row, "name")] += number(row, "received_msat");
  }
  if (rows.size() != told.payments.size()) throw Finding("not as many payments are listed as were told");
  if (held != owed) throw Finding("the sums of names are not those of what was paid, of " + tenant);
}

void Player::compare_payment(const std::string& tenant, const json::object& told, const Payment& payment) {
  const auto wrong = [&](std::string_view what) {
    return Finding(fmt::format("attributed wrong ({}): {}", what, json::serialize(told)));
  };
  if (text(told, "name") != payment.name) throw wrong("name");
  if (text(told, "amount_msat") != std::to_string(payment.msat)) throw wrong("amount");
  if (text(told, "node_id") != LnNode::id()) throw wrong("node");
  if (text(told, "network") != "regtest" || flag(told, "livemode")) throw wrong("network");
  if (flag(told, "late")) throw wrong("late");
  if (payment.reference.empty()) {
    if (text(told, "method") != "bolt12" || text(told, "offer_id") != payment.offer_id) throw wrong("offer");
    if (!text(told, "invoice").empty()) throw wrong("a payer's note is no invoice");
    const bool is_active = text(told, "offer_state") == "active";
    if (payment.offer_was_over && is_active) throw wrong("offer_state");
    if (payment.offer_stood && model_.offers.at(payment.offer_id).stands && !is_active)
      throw wrong("offer_state");
    const json::value* claims = told.if_contains("claims");
    if (claims == nullptr || text(claims->as_object(), "payer_note") != payment.note)
      throw wrong("payer_note");
    return;
  }
  const Wish& wish = model_.wishes.at(payment.reference);
  if (text(told, "method") != "bolt11" || text(told, "invoice") != wish.id) throw wrong("invoice");
  if (text(told, "reference") != payment.reference) throw wrong("reference");
  if (tenant != wish.tenant) throw wrong("tenant");
}

void Player::compare_wishes(const std::string& tenant, const json::object& seen) {
  const Told& told = told_[tenant];
  std::map<std::string, const json::object*> rows;
  for (const json::value& each : seen.at("invoices").as_array())
    rows[text(each.as_object(), "reference")] = &each.as_object();
  if (rows.size() != told.invoices.size()) throw Finding("not as many invoices are listed as were told");
  for (const auto& [reference, wish] : model_.wishes) {
    if (wish.tenant != tenant) continue;
    const auto row = rows.find(reference);
    compare_invoice(wish, reference, row == rows.end() ? nullptr : row->second);
  }
}

bool Player::is_over(const Wish& wish) const {
  return wish.asked_ms + std::int64_t{wish.expiry_seconds} * 1'000 <= world_.now_ms;
}

void Player::compare_invoice(const Wish& wish, const std::string& reference, const json::object* row) {
  const Told& told = told_[wish.tenant];
  if (row == nullptr) {
    if (wish.answer == Wish::Answer::kMade)
      throw Finding(fmt::format("the invoice {} was given out and is not in the log", reference));
    if (wish.answer == Wish::Answer::kUnknown && !is_over(wish))
      throw Finding(fmt::format("stuck: nobody knows whether the invoice {} was made", reference));
    return;
  }
  std::uint64_t received = 0;
  for (const auto& [key, payment] : model_.payments) {
    if (payment.reference == reference && payment.in_log) received += payment.msat;
  }
  if (number(*row, "received_msat") != received)
    throw Finding(fmt::format("the invoice {} has {} msat, and {} arrived", reference,
                              number(*row, "received_msat"), received));
  const std::string state = text(*row, "state");
  const bool is_paid = received > 0 && received >= wish.amount_msat;
  const bool must_be_over = row->at("expires_ms").to_number<std::int64_t>() + kExpiring < settled_ms_;
  const bool is_time_over = row->at("expires_ms").to_number<std::int64_t>() <= world_.now_ms;
  const bool fits = is_paid              ? state == "paid"
                    : state == "expired" ? is_time_over
                                         : state == "open" && !must_be_over;
  if (!fits)
    throw Finding(fmt::format("the invoice {} is {} after {} msat of {}", reference, state, received,
                              wish.amount_msat));
  const auto count = [&](const std::map<std::string, int>& of) {
    const auto found = of.find(wish.id);
    return found == of.end() ? 0 : found->second;
  };
  if (count(told.paid) != (is_paid ? 1 : 0)) throw Finding("invoice.paid is not said once: " + reference);
  if (count(told.expired) != (state == "expired" ? 1 : 0))
    throw Finding("invoice.expired is not said once, or of a paid invoice: " + reference);
}

void Player::compare_names(const std::string& tenant, const json::object& seen) {
  std::map<std::string, const json::object*> rows;
  for (const json::value& each : seen.at("names").as_array())
    rows[text(each.as_object(), "name")] = &each.as_object();
  for (const auto& [name, of] : model_.names) {
    if (of.tenant != tenant) continue;
    const auto row = rows.find(name);
    const std::string state = row == rows.end() ? "" : text(*row->second, "state");
    const std::string_view wanted = of.state == Name::State::kLive      ? "live"
                                    : of.state == Name::State::kRemoved ? "quarantined"
                                                                        : "";
    if (state != wanted) throw Finding(fmt::format("{} is \"{}\" and should be \"{}\"", name, state, wanted));
    if (state == "live" && text(*row->second, "offer_id").empty())
      throw Finding(name + " is live without an offer");
  }
}

void Player::compare_node() {
  for (const std::string& each : door_.commands().bad_requests())
    throw Finding("lightningd would refuse this request: " + each);
  for (const NodeInvoice& each : node_.invoices()) {
    const auto wish = std::ranges::find_if(
        model_.wishes, [&](const auto& of) { return of.second.memo == each.description; });
    if (wish == model_.wishes.end() || each.status == InvoiceStatus::kExpired) continue;
    // Nobody waits for an invoice that would be over.
    if (is_over(wish->second)) continue;
    if (wish->second.answer == Wish::Answer::kNotMade)
      throw Finding(fmt::format(
          "an error was taken for a failure: the invoice {} is at the node, and the caller was told {}",
          wish->first, wish->second.why));
    if (wish->second.id.empty())
      throw Finding(fmt::format("stuck: the invoice {} is at the node and not in the log", wish->first));
  }
  for (auto& [id, offer] : model_.offers) {
    if (!offer.stands && !offer.is_over) {
      offer.is_over = true;
      offer.over_ms = world_.now_ms;
    }
    const NodeOffer* there = node_.find_offer(id);
    if (offer.stands && !offer.lost && (there == nullptr || !there->active))
      throw Finding(
          fmt::format("the offer {} of {} stands in DNS, and the node does not take it", id, offer.name));
  }
}

// Nothing is wrong for long enough, so what was replaced is not payable any more.
void Player::compare_old_offers() {
  pass(kRetiredForGood);
  for (const auto& [id, offer] : model_.offers) {
    const NodeOffer* there = node_.find_offer(id);
    const bool came_back = restored_ms_ >= offer.over_ms;
    if (offer.is_over && !came_back && there != nullptr && there->active)
      throw Finding(fmt::format("the offer {} of {} was never disabled", id, offer.name));
  }
}

}  // namespace paynamed::model
