// What can happen in a play.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "state/invoices.hpp"
#include "tests/model/daemon/instant_dns.hpp"
#include "tests/model/play/player.hpp"

namespace paynamed::model {
namespace json = boost::json;

namespace {

constexpr int kUsers = 6;
constexpr std::uint64_t kMostBackups = 40;
constexpr std::size_t kMostOffers = 60;  // of names: what the node lists grows with them

const char* const kFailpoints[] = {
    "engine.accept.before", "engine.accept.after", "engine.effect.before",    "engine.effect.after",
    "engine.intent.before", "engine.intent.after", "engine.outcome.before",   "engine.outcome.after",
    "engine.commit.before", "engine.commit.after", "state.commit.before",     "state.commit.after",
    "state.commit.before",  "state.commit.after",  "state.checkpoint.before", "state.checkpoint.after"};

struct Ordered {
  const char* method;
  FaultKind kind;
};
const Ordered kFaults[] = {
    {"invoice", FaultKind::kLoseReply},
    {"invoice", FaultKind::kReset},
    {"invoice", FaultKind::kHang},
    {"invoice", FaultKind::kDuplicate},
    {"invoice", FaultKind::kGarbage},
    {"invoice", FaultKind::kError},
    {"invoice", FaultKind::kSlow},
    {"invoice", FaultKind::kDieBefore},
    {"invoice", FaultKind::kDieAfter},
    {"offer", FaultKind::kLoseReply},
    {"offer", FaultKind::kReset},
    {"offer", FaultKind::kHang},
    {"offer", FaultKind::kDuplicate},
    {"offer", FaultKind::kError},
    {"offer", FaultKind::kDieBefore},
    {"offer", FaultKind::kDieAfter},
    {"disableoffer", FaultKind::kLoseReply},
    {"disableoffer", FaultKind::kDieAfter},
    {"listoffers", FaultKind::kReset},
    {"listoffers", FaultKind::kSlow},
    {"decode", FaultKind::kReset},
    {"decode", FaultKind::kDieAfter},
    {"getinfo", FaultKind::kReset},
    {"waitanyinvoice", FaultKind::kReset},
    {"waitanyinvoice", FaultKind::kLoseReply},
    {"waitanyinvoice", FaultKind::kHang},
    {"waitanyinvoice", FaultKind::kGarbage},
    {"waitanyinvoice", FaultKind::kUnknown},
    {"waitanyinvoice", FaultKind::kHollow},
    {"waitanyinvoice", FaultKind::kHollow},
    {"waitanyinvoice", FaultKind::kError},
    {"waitanyinvoice", FaultKind::kDieBefore},
    {"waitanyinvoice", FaultKind::kDieAfter},
    {"*", FaultKind::kReset},
    {"*", FaultKind::kLoseReply},
    {"*", FaultKind::kDieAfter},
};
// lightningd's, none of which says that something was done.
constexpr std::int64_t kErrorCodes[] = {-1, -3, -4, -5};

std::string short_of(const std::string& id) {
  return id.substr(0, 8);
}

}  // namespace

const std::vector<Player::Choice>& Player::choices() {
  static const std::vector<Choice> all{
      {8, "register", &Player::register_name},
      {6, "rotate", &Player::rotate_name},
      {2, "remove", &Player::remove_name},
      {14, "an invoice is wanted", &Player::want_invoice},
      {12, "an offer is paid", &Player::pay_standing_offer},
      {10, "an older offer is paid", &Player::pay_any_offer},
      {4, "an invoice for an offer is fetched", &Player::fetch_invoice},
      {4, "an invoice for an offer is paid", &Player::pay_fetched},
      {14, "an invoice is paid", &Player::pay_invoice},
      {5, "a stranger is paid", &Player::pay_stranger},
      {3, "a stranger's offer is paid", &Player::pay_strangers_offer},
      {10, "time passes", &Player::let_time_pass},
      {3, "the daemon is killed", &Player::kill_daemon},
      {4, "the daemon will die", &Player::arm_failpoint},
      {16, "a fault is ordered", &Player::order_fault},
      {2, "the node restarts", &Player::restart_node},
      {1, "the node goes down", &Player::node_goes_down},
      {2, "the node comes up", &Player::node_comes_up},
      {3, "the node is backed up", &Player::back_node_up},
      {1, "the node is restored", &Player::restore_node},
      {1, "paid invoices are deleted", &Player::delete_paid},
      // Orders get their steps here, when there are any: one is wanted, its invoice or its offer is paid.
  };
  return all;
}

void Player::step() {
  constexpr std::uint64_t kBetweenSettlings = 16;
  unsigned all = 0;
  for (const Choice& each : choices()) all += each.weight;
  if (!daemon_.lives() && random_.below(2) == 0) {
    begin_daemon();
  } else {
    for (bool done = false; !done;) {
      auto drawn = static_cast<unsigned>(random_.below(all));
      const Choice* chosen = choices().data();
      while (drawn >= chosen->weight) drawn -= (chosen++)->weight;
      done = (this->*chosen->act)();
    }
  }
  rest();
  if (step_ % kBetweenSettlings == 0) settle();
}

bool Player::begin_daemon() {
  if (daemon_.lives()) return false;
  note("the daemon begins");
  death_.clear();
  daemon_.start(settings_.seed * 1'000 + ++lives_);
  for (Request& each : std::exchange(unanswered_, {})) {
    // Who had no answer asks again, with the same key. Some do not care any more.
    if (!each.reference.empty() && random_.below(4) == 0) continue;
    note(fmt::format("  asked again: {}", each.reference.empty() ? each.name : each.reference));
    ask(std::move(each));
  }
  return true;
}

bool Player::ask_name(const char* verb, const std::string& name) {
  Name& of = model_.names.at(name);
  const std::string key = fmt::format("key-{}", next_key_++);
  note(fmt::format("{} {} ({})", verb, name, key));
  of.asked = true;
  Request request;
  request.name = name;
  request.line = {
      {"do", verb}, {"tenant", of.tenant}, {"name", name}, {"owner", "owner of " + name}, {"key", key}};
  ask(std::move(request));
  return true;
}

bool Player::register_name() {
  if (!daemon_.lives()) return false;
  const auto number = random_.below(kUsers);
  const std::string name = fmt::format("user{}@{}", number, kDomain);
  const auto [found, is_new] = model_.names.try_emplace(name);
  if (is_new) found->second.tenant = kTenants[number % 2];
  if (found->second.asked || found->second.state == Name::State::kLive || busy_.contains(name)) return false;
  return ask_name("register", name);
}

bool Player::rotate_name() {
  if (!daemon_.lives() || model_.names.empty() || model_.offers.size() > kMostOffers) return false;
  const auto& [name, of] = pick(model_.names);
  if (of.asked || of.state != Name::State::kLive || busy_.contains(name)) return false;
  return ask_name("rotate", name);
}

bool Player::remove_name() {
  if (!daemon_.lives() || model_.names.empty()) return false;
  const auto& [name, of] = pick(model_.names);
  if (of.asked || of.state != Name::State::kLive || busy_.contains(name)) return false;
  return ask_name("remove", name);
}

bool Player::want_invoice() {
  if (!daemon_.lives() || model_.names.empty()) return false;
  const auto& [name, of] = pick(model_.names);
  const std::uint64_t number = next_key_++;
  const std::string reference = fmt::format("ref-{}", number);
  Wish& wish = model_.wishes[reference];
  wish.tenant = of.tenant;
  wish.name = name;
  wish.memo = fmt::format("memo-{}", number);
  wish.amount_msat = random_.below(8) == 0 ? 0 : 1 + random_.below(1'000'000);
  wish.expiry_seconds =
      static_cast<std::uint32_t>(random_.below(3) == 0 ? 30 + random_.below(60) : 600 + random_.below(3'000));
  wish.asked_ms = world_.now_ms;
  note(fmt::format("an invoice for {}: {}, {} msat, {} s", name, reference, wish.amount_msat,
                   wish.expiry_seconds));
  Request request;
  request.reference = reference;
  request.line = {{"do", "invoice"},
                  {"tenant", of.tenant},
                  {"name", name},
                  {"amount_msat", wish.amount_msat},
                  {"memo", wish.memo},
                  {"reference", reference},
                  {"expiry", wish.expiry_seconds},
                  {"key", fmt::format("key-{}", number)}};
  ask(std::move(request));
  return true;
}

void Player::paid_offer(const std::string& offer_id, const NodeInvoice& paid) {
  const Offer& offer = model_.offers.at(offer_id);
  Payment payment;
  payment.tenant = model_.names.at(offer.name).tenant;
  payment.name = offer.name;
  payment.offer_id = offer_id;
  payment.msat = paid.received_msat;
  payment.note = paid.payer_note;
  payment.offer_was_over = offer.is_over;
  payment.offer_stood = offer.stands;
  note(fmt::format("paid: offer {} of {}, {} msat, number {}, hash {}", short_of(offer_id), offer.name,
                   payment.msat, paid.pay_index, short_of(paid.payment_hash)));
  model_.payments[paid.payment_hash] = std::move(payment);
}

bool Player::pay_offer(const std::string& offer_id) {
  const Offer& offer = model_.offers.at(offer_id);
  const std::uint64_t msat = 1 + random_.below(1'000'000);
  // A payer may claim what he likes.
  const std::string payer_note = random_.below(3) > 0 || model_.wishes.empty()
                                     ? fmt::format("thanks {}", msat)
                                     : pick(model_.wishes).first;
  const auto invoice = node_.fetch_invoice(offer_id, msat, payer_note);
  const auto paid = invoice ? node_.pay(invoice->payment_hash, msat) : std::nullopt;
  if (paid) {
    paid_offer(offer_id, *paid);
    return true;
  }
  note(fmt::format("not payable: offer {} of {}", short_of(offer_id), offer.name));
  if (offer.stands && !offer.lost && !busy_.contains(offer.name))
    throw Finding(fmt::format("{} stands in DNS with the offer {}, which its node does not take", offer.name,
                              offer_id));
  return true;
}

bool Player::pay_standing_offer() {
  if (!door_.is_open() || model_.offers.empty()) return false;
  const auto& [id, offer] = pick(model_.offers);
  return offer.stands && pay_offer(id);
}

bool Player::pay_any_offer() {
  if (!door_.is_open() || model_.offers.empty()) return false;
  return pay_offer(pick(model_.offers).first);
}

bool Player::fetch_invoice() {
  if (!door_.is_open() || model_.offers.empty()) return false;
  const std::string& offer_id = pick(model_.offers).first;
  const auto invoice = node_.fetch_invoice(offer_id, 1 + random_.below(1'000'000), "later");
  if (!invoice) return false;
  note("an invoice is fetched for offer " + short_of(offer_id));
  fetched_.push_back(invoice->payment_hash);
  return true;
}

bool Player::pay_fetched() {
  if (!door_.is_open() || fetched_.empty()) return false;
  const std::string hash = pick(fetched_);
  std::erase(fetched_, hash);
  const NodeInvoice* invoice = node_.find_invoice(hash);
  if (invoice == nullptr) return false;
  const auto paid = node_.pay(hash, *invoice->amount_msat);
  if (!paid) return false;
  paid_offer(paid->offer_id, *paid);
  return true;
}

bool Player::pay_invoice() {
  if (!door_.is_open() || model_.wishes.empty()) return false;
  auto& [reference, wish] = pick(model_.wishes);
  // No wallet pays an invoice again, also when a node that was put back would let it.
  if (wish.payment_hash.empty() || model_.payments.contains(wish.payment_hash)) return false;
  const std::uint64_t least = wish.amount_msat == 0 ? 1 + random_.below(1'000'000) : wish.amount_msat;
  const auto paid =
      node_.pay(wish.payment_hash, random_.below(4) == 0 ? least + random_.below(least) : least);
  if (!paid) return false;
  Payment payment;
  payment.tenant = wish.tenant;
  payment.name = wish.name;
  payment.reference = reference;
  payment.msat = paid->received_msat;
  note(fmt::format("paid: invoice {} of {}, {} msat, number {}, hash {}", reference, wish.name, payment.msat,
                   paid->pay_index, short_of(paid->payment_hash)));
  model_.payments[paid->payment_hash] = std::move(payment);
  return true;
}

// Their labels may look as ours do.
bool Player::pay_stranger() {
  if (!door_.is_open()) return false;
  const std::uint64_t number = next_key_++;
  const std::string label =
      random_.below(2) == 0
          ? fmt::format("shop order {}", number)
          : state::invoice_key_of(base::Uuid::v7(base::WallTime{std::chrono::milliseconds{number}}, random_));
  const NodeInvoice made = node_.create_invoice(label, 1'000, "a hat", 3'600);
  const bool is_paid = random_.below(4) != 0;
  note(fmt::format("a stranger's invoice \"{}\"{}", label, is_paid ? " is paid" : ""));
  model_.foreign.insert(made.payment_hash);
  if (is_paid) node_.pay(made.payment_hash, 1'000 + random_.below(1'000));
  return true;
}

bool Player::pay_strangers_offer() {
  if (!door_.is_open()) return false;
  OfferTerms terms;
  terms.description = fmt::format("hats {}", next_key_++);
  const json::object made = node_.create_offer(terms, std::nullopt, false);
  const auto invoice = node_.fetch_invoice(std::string(made.at("offer_id").as_string()), 5'000, "a hat");
  note("a stranger's offer is paid");
  model_.foreign.insert(invoice->payment_hash);
  node_.pay(invoice->payment_hash, 5'000);
  return true;
}

bool Player::let_time_pass() {
  constexpr std::int64_t kTimes[] = {500, 1'000, 2'000, 5'000, 5'000, 15'000, 40'000, 100'000};
  const std::int64_t ms = kTimes[random_.below(std::size(kTimes))];
  note(fmt::format("{} ms pass", ms));
  pass(ms);
  return true;
}

bool Player::kill_daemon() {
  if (!daemon_.lives()) return false;
  note("the daemon is killed");
  daemon_.kill();
  return true;
}

bool Player::arm_failpoint() {
  if (!daemon_.lives()) return false;
  const char* where = kFailpoints[random_.below(std::size(kFailpoints))];
  const auto passes = static_cast<std::int64_t>(1 + random_.below(5));
  note(fmt::format("the daemon will die at {} ({})", where, passes));
  daemon_.arm(where, passes);
  return true;
}

bool Player::order_fault() {
  const Ordered& drawn = kFaults[random_.below(std::size(kFaults))];
  Fault fault{drawn.method, drawn.kind, 5 + random_.below(60),
              kErrorCodes[random_.below(std::size(kErrorCodes))]};
  note(
      fmt::format("fault: {} {} ({} s, {})", fault.method, to_string(fault.kind), fault.seconds, fault.code));
  door_.order(std::move(fault));
  return true;
}

bool Player::restart_node() {
  if (!door_.is_open()) return false;
  note("the node restarts");
  door_.close();
  door_.open();
  return true;
}

bool Player::node_goes_down() {
  if (!door_.is_open()) return false;
  note("the node is down");
  door_.close();
  return true;
}

bool Player::node_comes_up() {
  if (door_.is_open()) return false;
  note("the node is up");
  door_.open();
  return true;
}

bool Player::back_node_up() {
  if (node_.backups() >= kMostBackups) return false;
  note(fmt::format("the node is backed up at number {}", node_.pay_index()));
  node_.back_up();
  return true;
}

bool Player::restore_node() {
  if (node_.backups() == 0) return false;
  const bool was_open = door_.is_open();
  door_.close();
  const std::uint64_t before = node_.pay_index();
  node_.restore(random_.below(node_.backups()));
  note(fmt::format("the node is restored from number {} to {}", before, node_.pay_index()));
  restored_ms_ = world_.now_ms;
  node_forgot();
  if (was_open) door_.open();
  return true;
}

bool Player::delete_paid() {
  if (!door_.is_open() || node_.pay_index() == 0) return false;
  const std::uint64_t up_to =
      random_.below(2) == 0 ? node_.pay_index() : random_.below(node_.pay_index()) + 1;
  note(fmt::format("paid invoices up to number {} are deleted", up_to));
  node_.delete_paid(up_to);
  node_forgot();
  return true;
}

// What the node does not have any more it may not have told of before.
void Player::node_forgot() {
  model_.cursor_may_be_lost = true;
  for (auto& [hash, payment] : model_.payments) {
    const NodeInvoice* there = node_.find_invoice(hash);
    const bool is_there = there != nullptr && there->status == InvoiceStatus::kPaid;
    if (!is_there && !payment.in_log) payment.may_be_missing = true;
  }
  for (auto& [id, offer] : model_.offers) {
    const NodeOffer* there = node_.find_offer(id);
    // A backup may have it as it was.
    if (there == nullptr || (offer.stands && !there->active)) offer.lost = true;
  }
}

}  // namespace paynamed::model
