#include "state/fact.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <utility>

#include "state/payments.hpp"

namespace paynamed::state {
namespace {
namespace json = boost::json;

using Kind = Fact::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 36> kKinds{{
    {"run.accepted", Kind::kRunAccepted},
    {"run.paused", Kind::kRunPaused},
    {"run.resumed", Kind::kRunResumed},
    {"run.compensating", Kind::kRunCompensating},
    {"run.completed", Kind::kRunCompleted},
    {"run.compensated", Kind::kRunCompensated},
    {"offer.created", Kind::kOfferCreated},
    {"offer.retired", Kind::kOfferRetired},
    {"offer.disabled", Kind::kOfferDisabled},
    {"offer.expiring", Kind::kOfferExpiring},
    {"name.published", Kind::kNamePublished},
    {"name.live", Kind::kNameLive},
    {"name.degraded", Kind::kNameDegraded},
    {"name.recovered", Kind::kNameRecovered},
    {"name.reverted", Kind::kNameReverted},
    {"name.removed", Kind::kNameRemoved},
    {"name.moved", Kind::kNameMoved},
    {"domain.degraded", Kind::kDomainDegraded},
    {"domain.recovered", Kind::kDomainRecovered},
    {"domain.changed", Kind::kDomainChanged},
    {"domain.expiring", Kind::kDomainExpiring},
    {"payment.received", Kind::kPaymentReceived},
    {"invoice.created", Kind::kInvoiceCreated},
    {"invoice.paid", Kind::kInvoicePaid},
    {"invoice.expired", Kind::kInvoiceExpired},
    {"order.created", Kind::kOrderCreated},
    {"order.paid", Kind::kOrderPaid},
    {"order.underpaid", Kind::kOrderUnderpaid},
    {"order.overpaid", Kind::kOrderOverpaid},
    {"order.late", Kind::kOrderLate},
    {"order.expired", Kind::kOrderExpired},
    {"node.added", Kind::kNodeAdded},
    {"node.removed", Kind::kNodeRemoved},
    {"node.credentials_changed", Kind::kNodeCredentialsChanged},
    {"node.reachable", Kind::kNodeReachable},
    {"node.unreachable", Kind::kNodeUnreachable},
}};

// Takes fields out of an object and remembers the first that is wrong.
class Fields {
 public:
  explicit Fields(const json::object& object) : object_(object) {}

  bool ok() const { return broken_.empty(); }
  const std::string& broken() const { return broken_; }

  std::string required(std::string_view field) {
    const json::value* value = object_.if_contains(field);
    if (value == nullptr) return miss(field, "is missing");
    const json::string* text = value->if_string();
    if (text == nullptr) return miss(field, "is not a string");
    return std::string{std::string_view{*text}};
  }
  // A required one that says something.
  std::string filled(std::string_view field) {
    std::string text = required(field);
    if (ok() && text.empty()) return miss(field, "is empty");
    return text;
  }
  // Absent and null are the same.
  std::optional<std::string> optional(std::string_view field) {
    const json::value* value = object_.if_contains(field);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return required(field);
  }
  bool flag(std::string_view field, std::optional<bool> absent) {
    const json::value* value = object_.if_contains(field);
    if (value == nullptr && absent) return *absent;
    if (value == nullptr || !value->is_bool()) return miss(field, "is not true or false"), false;
    return value->get_bool();
  }
  std::uint32_t number(std::string_view field) {
    const json::value* value = object_.if_contains(field);
    boost::system::error_code error;
    const auto number = value == nullptr ? 0 : value->to_number<std::uint32_t>(error);
    if (value == nullptr || error) return miss(field, "is not a number of 32 bits"), 0;
    return number;
  }
  // A decimal string of millisatoshi: a JSON number loses digits in many readers.
  std::uint64_t amount(std::string_view field) {
    const std::string text = required(field);
    std::uint64_t msat = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), msat);
    if (ok() && (error != std::errc{} || end != text.data() + text.size() || msat > kMostMsat))
      miss(field, "is not an amount");
    return msat;
  }
  // A text of an object inside; empty when either is absent.
  std::string inside(std::string_view object, std::string_view field) {
    const json::value* outer = object_.if_contains(object);
    if (outer == nullptr) return {};
    const json::object* members = outer->if_object();
    if (members == nullptr) return miss(object, "is not an object");
    const json::value* value = members->if_contains(field);
    if (value == nullptr) return {};
    const json::string* text = value->if_string();
    if (text == nullptr) return miss(object, "has a member that is not a string");
    return std::string{std::string_view{*text}};
  }
  // The zero id when it is absent.
  base::Uuid optional_uuid(std::string_view field) {
    return object_.contains(field) ? uuid(field) : base::Uuid{};
  }
  base::Uuid uuid(std::string_view field) {
    const std::string text = required(field);
    const auto id = base::Uuid::parse(text);
    if (ok() && !id) miss(field, "is not a UUID");
    return id.value_or(base::Uuid{});
  }
  std::optional<base::WallTime> time(std::string_view field, bool must) {
    const auto text = optional(field);
    if (!text) {
      if (must) miss(field, "is missing");
      return std::nullopt;
    }
    const auto time = base::from_rfc3339(*text);
    if (ok() && !time) miss(field, "is not a time");
    return time;
  }
  // A list of words: a-z, 0-9 and '_'.
  std::vector<std::string> words(std::string_view field) {
    std::vector<std::string> words;
    const json::value* value = object_.if_contains(field);
    if (value == nullptr || !value->is_array()) return miss(field, "is not a list"), words;
    for (const json::value& each : value->get_array()) {
      const json::string* text = each.if_string();
      const std::string_view word = text == nullptr ? std::string_view{} : std::string_view{*text};
      if (word.empty() || word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != word.npos)
        return miss(field, "is not a list of words"), words;
      words.emplace_back(word);
    }
    return words;
  }
  template <class Enum>
  Enum word(std::string_view field, std::optional<Enum> (*from)(std::string_view)) {
    const auto value = from(required(field));
    if (ok() && !value) miss(field, "is not one of its words");
    return value.value_or(Enum{});
  }

  std::string miss(std::string_view field, std::string_view what) {
    if (ok()) broken_ = fmt::format("'{}' {}", field, what);
    return {};
  }

 private:
  const json::object& object_;
  std::string broken_;
};

void read_record(Fields& fields, Fact& fact) {
  fact.value = fields.filled("value");
  fact.ttl = fields.number("ttl");
  fact.dns_instance = fields.required("dns_instance");
  fact.offer_id = fields.optional("offer_id").value_or("");
  fact.source = fields.word("source", &source_kind_from);
  fact.node_instance = fields.optional("node_instance").value_or("");
  fact.node = fields.optional("node").value_or("");
}

bool is_about_a_domain(Kind kind) {
  return kind == Kind::kDomainDegraded || kind == Kind::kDomainRecovered || kind == Kind::kDomainChanged ||
         kind == Kind::kDomainExpiring;
}

void read_domain_fields(Fields& fields, Fact& fact) {
  fact.domain = fields.filled("domain");
  if (fact.kind == Kind::kDomainDegraded) {
    fact.reason = fields.filled("reason");
    fact.code = fields.filled("code");
  } else if (fact.kind == Kind::kDomainExpiring) {
    const std::string what = fields.required("what");
    fact.of_registration = what == "registration";
    if (fields.ok() && !fact.of_registration && what != "signatures")
      fields.miss("what", "is not one of its words");
    fact.until = fields.time("until", true);
  }
}

void read_payment(Fields& fields, Fact& fact) {
  fact.payment.node_id = fields.filled("node_id");
  fact.payment.pay_key = fields.filled("pay_key");
  fact.payment.payment_hash = fields.optional("payment_hash").value_or("");
  fact.amount_msat = fields.amount("amount_msat");
  if (fields.ok() && fact.amount_msat == 0) fields.miss("amount_msat", "is nothing");
  fact.payment.paid_at = fields.time("paid_at", true).value_or(base::WallTime{});
  fact.payment.payer_note = fields.inside("claims", "payer_note");
  fact.payment.claimed_name = fields.inside("claims", "claimed_name");
  fact.order = fields.optional_uuid("order");
  fact.payment.late = fields.flag("late", false);
  fact.livemode = fields.flag("livemode", std::nullopt);
  const std::string method = fields.required("method");
  if (method == "bolt11") {
    if (fact.order == base::Uuid{}) fact.invoice = fields.uuid("invoice");
  } else if (method == "bolt12") {
    fact.offer_id = fields.filled("offer_id");
  } else if (fields.ok()) {
    fields.miss("method", "is not one of its words");
  }
}

void read_invoice(Fields& fields, Fact& fact) {
  fact.invoice = fields.uuid("invoice");
  fact.amount_msat = fields.amount("amount_msat");
  fact.until = fields.time("expires", true);
  fact.reference = fields.optional("reference").value_or("");
  fact.payment.payment_hash = fields.optional("payment_hash").value_or("");
  fact.livemode = fields.flag("livemode", std::nullopt);
  if (fact.kind == Kind::kInvoicePaid) {
    fact.payment.paid_at = fields.time("paid_at", true).value_or(base::WallTime{});
    fields.amount("received_msat");
  } else if (fact.kind == Kind::kInvoiceCreated) {
    fact.bolt11 = fields.filled("bolt11");
    fact.memo = fields.optional("memo").value_or("");
    fact.node_instance = fields.filled("node_instance");
    fact.node = fields.optional("node").value_or("");
  }
}

void read_new_order(Fields& fields, Fact& fact) {
  fact.order_price.currency = fields.optional("currency").value_or("");
  fact.order_price.amount = fields.optional("amount").value_or("");
  fact.order_price.rate = fields.optional("rate").value_or("");
  fact.order_price.rate_source = fields.optional("rate_source").value_or("");
  fact.memo = fields.optional("memo").value_or("");
  fact.bolt11 = fields.optional("bolt11").value_or("");
  fact.offer = fields.optional("offer").value_or("");
  if (fields.ok() && fact.bolt11.empty() && fact.offer.empty())
    fields.miss("bolt11", "and 'offer' are missing");
  if (!fact.bolt11.empty()) fact.payment.payment_hash = fields.filled("payment_hash");
  if (!fact.offer.empty()) fact.offer_id = fields.filled("offer_id");
  fact.node_instance = fields.filled("node_instance");
  fact.node = fields.optional("node").value_or("");
}

void read_order(Fields& fields, Fact& fact) {
  fact.order = fields.uuid("order");
  fact.amount_msat = fields.amount("amount_msat");
  if (fields.ok() && fact.amount_msat == 0) fields.miss("amount_msat", "is nothing");
  fact.until = fields.time("expires", true);
  fact.reference = fields.optional("reference").value_or("");
  fact.livemode = fields.flag("livemode", std::nullopt);
  if (fact.kind == Kind::kOrderCreated) return read_new_order(fields, fact);
  if (fact.kind == Kind::kOrderExpired) return;
  fields.amount("received_msat");
  fields.uuid("payment");
  fact.payment.paid_at = fields.time("paid_at", true).value_or(base::WallTime{});
}

bool is_about_a_node(Kind kind) {
  return kind == Kind::kNodeAdded || kind == Kind::kNodeRemoved || kind == Kind::kNodeCredentialsChanged ||
         kind == Kind::kNodeReachable || kind == Kind::kNodeUnreachable;
}

void read_node_fields(Fields& fields, Fact& fact) {
  fact.node_instance = fields.filled("instance");
  fact.node = fields.required("reference");
  switch (fact.kind) {
    case Kind::kNodeAdded:
      fact.added_node = fields.uuid("node");
      fact.owner = fields.optional("owner");
      fact.label = fields.optional("label").value_or("");
      fact.node_id = fields.filled("node_id");
      fact.secrets = fields.words("secrets");
      break;
    case Kind::kNodeRemoved:
      fact.added_node = fields.uuid("node");
      break;
    case Kind::kNodeCredentialsChanged:
      fact.added_node = fields.uuid("node");
      fact.secrets = fields.words("secrets");
      break;
    case Kind::kNodeUnreachable:
      fact.code = fields.filled("code");
      fact.reason = fields.filled("reason");
      break;
    default:
      break;
  }
}

void read_fields(Fields& fields, Fact& fact) {
  if (is_about_a_node(fact.kind)) return read_node_fields(fields, fact);
  if (is_about_a_domain(fact.kind)) return read_domain_fields(fields, fact);
  fact.name = fields.filled("name");
  const auto at = fact.name.find('@');
  if (fields.ok() && (at == 0 || at == std::string::npos || at + 1 == fact.name.size())) {
    fields.miss("name", "is not user@domain");
    return;
  }
  switch (fact.kind) {
    case Kind::kOther:
      break;
    case Kind::kRunAccepted:
      fact.run = fields.uuid("run");
      fact.verb = fields.word("verb", &verb_from);
      if (fields.required("domain") != std::string_view{fact.name}.substr(at + 1)) {
        fields.miss("domain", "is not the domain of 'name'");
      }
      fact.owner = fields.optional("owner");
      fact.reference = fields.optional("reference").value_or("");
      fact.source = fields.word("source", &source_kind_from);
      fact.livemode = fields.flag("livemode", std::nullopt);
      fact.correlation_id = fields.required("correlation_id");
      break;
    case Kind::kRunPaused:
    case Kind::kRunCompensating:
    case Kind::kRunCompensated:
      fact.run = fields.uuid("run");
      fact.reason = fields.required("reason");
      break;
    case Kind::kRunResumed:
      fact.run = fields.uuid("run");
      fact.compensating = fields.flag("compensating", false);
      break;
    case Kind::kRunCompleted:
      fact.run = fields.uuid("run");
      break;
    case Kind::kOfferCreated:
      fact.offer_id = fields.filled("offer_id");
      fact.offer = fields.required("offer");
      fact.source = fields.word("source", &source_kind_from);
      fact.node_instance = fields.optional("node_instance").value_or("");
      fact.node = fields.optional("node").value_or("");
      fact.offer_key = fields.optional("offer_key").value_or("");
      fact.until = fields.time("expires", false);
      break;
    case Kind::kOfferRetired:
      fact.offer_id = fields.filled("offer_id");
      fact.until = fields.time("until", true);
      break;
    case Kind::kOfferDisabled:
      fact.offer_id = fields.filled("offer_id");
      break;
    case Kind::kOfferExpiring:
      fact.offer_id = fields.filled("offer_id");
      fact.until = fields.time("expires", true);
      break;
    case Kind::kNamePublished:
      read_record(fields, fact);
      break;
    case Kind::kNameLive:
      fact.value = fields.required("value");
      break;
    case Kind::kNameDegraded:
      fact.reason = fields.filled("reason");
      fields.filled("code");
      break;
    case Kind::kNameRecovered:
      break;
    case Kind::kNameReverted:
      read_record(fields, fact);
      fact.name_state = fields.word("state", &name_state_from);
      if (fields.ok() &&
          (fact.name_state == NameState::kRegistering || fact.name_state == NameState::kQuarantined)) {
        fields.miss("state", "is a state without a record");
      }
      break;
    case Kind::kNameRemoved:
      fact.owner = fields.optional("owner");
      fact.until = fields.time("quarantined_until", true);
      break;
    case Kind::kNameMoved:
      fact.dns_instance = fields.filled("dns_instance");
      break;
    case Kind::kDomainDegraded:
    case Kind::kDomainRecovered:
    case Kind::kDomainChanged:
    case Kind::kDomainExpiring:
    case Kind::kNodeAdded:
    case Kind::kNodeRemoved:
    case Kind::kNodeCredentialsChanged:
    case Kind::kNodeReachable:
    case Kind::kNodeUnreachable:
      break;
    case Kind::kPaymentReceived:
      read_payment(fields, fact);
      break;
    case Kind::kInvoiceCreated:
    case Kind::kInvoicePaid:
    case Kind::kInvoiceExpired:
      read_invoice(fields, fact);
      break;
    case Kind::kOrderCreated:
    case Kind::kOrderPaid:
    case Kind::kOrderUnderpaid:
    case Kind::kOrderOverpaid:
    case Kind::kOrderLate:
    case Kind::kOrderExpired:
      read_order(fields, fact);
      break;
  }
}

base::Status contradicts(std::string_view type, std::string_view why) {
  return base::internal(fmt::format(
      "the event {} was not stored, because its data is wrong: {}; report this defect", type, why));
}

}  // namespace

base::Result<Fact> read_fact(std::string_view type, std::uint32_t version, std::string_view data) {
  alignas(std::max_align_t) std::array<unsigned char, 4096> buffer;
  json::monotonic_resource memory(buffer.data(), buffer.size());
  boost::system::error_code error;
  const json::value value = json::parse(data, error, &memory);
  if (error) return base::fail(contradicts(type, fmt::format("it is not JSON ({})", error.message())));
  const json::object* object = value.if_object();
  if (object == nullptr) return base::fail(contradicts(type, "it is not a JSON object"));

  Fact fact;
  for (const auto& [word, kind] : kKinds) {
    if (word == type) fact.kind = kind;
  }
  if (fact.kind == Kind::kOther) return fact;
  if (version != 1) return base::fail(contradicts(type, fmt::format("version {} is not known", version)));
  Fields fields(*object);
  read_fields(fields, fact);
  if (!fields.ok()) return base::fail(contradicts(type, fields.broken()));
  return fact;
}

}  // namespace paynamed::state
