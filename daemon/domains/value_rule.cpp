#include "domains/value_rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "names/ascii.hpp"
#include "names/lint/examined.hpp"
#include "names/percent.hpp"
#include "names/utf8.hpp"

namespace paynamed::domains {
namespace {

using names::to_lower;

constexpr std::string_view kScheme = "bitcoin:";
// RFC 2181 section 8 allows more; nobody who may have to change a record wants it longer in caches.
constexpr std::uint32_t kLongestTtl = 7 * 86'400;

struct Broken {
  std::string rule;
  std::string sentence;
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

template <class T>
std::optional<Broken> unless(const base::Result<T>& parsed, std::string_view rule) {
  if (parsed) return std::nullopt;
  return Broken{std::string{rule}, parsed.error().message()};
}

// A text that begins with "bitcoin:" or is meant to.
std::optional<Broken> check_beginning(std::string_view value) {
  if (names::is_payment_uri(value)) return std::nullopt;
  const std::string_view inner = trimmed(value);
  if (names::is_payment_uri(inner)) {
    return Broken{"white_space",
                  "white space stands before \"bitcoin:\", so wallets do not see the record; remove it"};
  }
  const std::string lower = to_lower(inner);
  const bool is_instruction = lower.starts_with("lno1") || lower.starts_with("lightning:") ||
                              lower.starts_with("lnbc") || lower.starts_with("bc1") ||
                              lower.starts_with("?lno=") || lower.starts_with("lno=");
  if (is_instruction) {
    return Broken{"missing_scheme",
                  "a payment instruction without \"bitcoin:\" before it; publish it as \"bitcoin:?lno=...\""};
  }
  return Broken{"other_text", "the text is no payment instruction, and wallets pass it over"};
}

std::optional<Broken> check_characters(std::string_view value) {
  if (value.size() > names::kMaxUriCharacters)
    return Broken{"too_long",
                  fmt::format("the text has {} bytes, more than any provider takes", value.size())};
  for (const char c : value.substr(kScheme.size())) {
    if (names::is_query_character(c)) continue;
    return Broken{"bad_character",
                  fmt::format("byte 0x{:02x} cannot stand in a payment URI; percent-encode it",
                              static_cast<unsigned char>(c))};
  }
  return std::nullopt;
}

std::optional<Broken> check_instruction(const std::string& key, std::string_view value) {
  if (key == "lno") return unless(names::parse_offer(value), "bad_offer");
  if (key == "lightning") return unless(names::parse_invoice(value), "bad_invoice");
  if (key == "sp" || key == "tsp")
    return unless(names::parse_silent_payment_address(value), "bad_silent_payment");
  if (key == "pay" || key == "payt") return unless(names::parse_payment_code(value), "bad_payment_code");
  if (key != "bc" && key != "tb" && key != "bcrt") return std::nullopt;
  if (!names::starts_with_ignoring_case(value, key + "1")) {
    return Broken{"bad_address", fmt::format("the value of \"{0}\" does not begin with \"{0}1\"", key)};
  }
  return unless(names::parse_address(value), "bad_address");
}

// Each parameter for itself; what only the whole tells is the parser's.
std::optional<Broken> check_parameters(std::string_view value) {
  value.remove_prefix(kScheme.size());
  const std::size_t question = std::min(value.find('?'), value.size());
  if (const std::string_view body = value.substr(0, question); !body.empty()) {
    if (auto broken = unless(names::parse_address(body), "bad_address")) return broken;
  }
  value.remove_prefix(std::min(question + 1, value.size()));
  std::set<std::string> once;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find('&'), value.size());
    const std::string_view parameter = value.substr(0, end);
    value.remove_prefix(std::min(end + 1, value.size()));
    if (parameter.empty()) continue;
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    std::string key = to_lower(parameter.substr(0, equals));
    const std::string_view text = parameter.substr(std::min(equals + 1, parameter.size()));
    if (key.empty()) return Broken{"empty_key", "a parameter of the payment URI has no key"};
    if (key == "req-pop") key = "pop";
    if (key.starts_with("req-")) {
      return Broken{
          "unknown_required",
          fmt::format("\"{}\" is unknown and required, so wallets must refuse it all; leave it out", key)};
    }
    if (key == "amount" || key == "label" || key == "message" || key == "pop") {
      if (!once.insert(key).second)
        return Broken{"duplicate_key", fmt::format("\"{}\" stands there twice; wallets must refuse it", key)};
      if (key != "amount") {
        if (auto broken = unless(names::percent_decode(text), "bad_text")) return broken;
      }
    }
    if (auto broken = check_instruction(key, text)) return broken;
  }
  return std::nullopt;
}

// What the parser finds when every part of it is fine.
Broken broken_whole(const base::Status& status) {
  const std::string& sentence = status.message();
  if (sentence.find("no payment instruction") != std::string::npos) return {"no_instruction", sentence};
  if (sentence.find("use one network") != std::string::npos) return {"mixed_networks", sentence};
  if (sentence.find("\"amount\"") != std::string::npos) return {"bad_amount", sentence};
  return {"invalid_uri", sentence};
}

std::optional<std::uint64_t> first_end(const names::PaymentUri& payment) {
  std::optional<std::uint64_t> first;
  for (const names::Offer& offer : payment.offers) {
    if (offer.absolute_expiry)
      first = std::min(*offer.absolute_expiry, first.value_or(*offer.absolute_expiry));
  }
  for (const names::Invoice& invoice : payment.invoices)
    first = std::min(invoice.expires_at(), first.value_or(invoice.expires_at()));
  return first;
}

// Why a valid URI must not be published.
Broken why_not_published(const names::PaymentUri& payment, const base::Status& status,
                         const EntryRules& rules) {
  const auto now = std::chrono::floor<std::chrono::seconds>(rules.now.time_since_epoch()).count();
  if (!payment.networks.contains(names::Network::kBitcoin) && !rules.publication.test_domain)
    return {"wrong_network", status.message()};
  const auto end = first_end(payment);
  if (end && *end <= static_cast<std::uint64_t>(now)) return {"expired", status.message()};
  if (status.message().find("expires at") != std::string::npos) return {"expires_soon", status.message()};
  return {"too_large", status.message()};
}

std::optional<Broken> check_ttl(std::uint32_t ttl, const names::Publication& published) {
  if (ttl == 0 || ttl > kLongestTtl) {
    return Broken{
        "ttl", fmt::format("the record has a TTL of {} s; let it be between 1 s and {} s", ttl, kLongestTtl)};
  }
  if (published.ttl < std::chrono::seconds{ttl}) {
    return Broken{"expires_soon",
                  fmt::format("the instruction expires while caches may still have the record (TTL {} s); "
                              "publish a new one",
                              ttl)};
  }
  return std::nullopt;
}

std::optional<Broken> check_form(std::string_view value, const std::string& canonical) {
  if (value == canonical) return std::nullopt;
  if (to_lower(value) == to_lower(canonical)) {
    return Broken{
        "upper_case",
        "the record has upper-case letters, which some wallets do not know; publish it in lower case"};
  }
  return Broken{"not_canonical",
                "the record is written in a way that some wallets do not know; publish it anew"};
}

std::optional<Broken> check_text(std::string_view value) {
  if (!names::is_utf8(value)) return Broken{"not_utf8", "the record has bytes that are no UTF-8"};
  if (auto broken = check_beginning(value)) return broken;
  if (auto broken = check_characters(value)) return broken;
  if (names::style_of_uri(value).percent_encoded_value) {
    return Broken{"percent_encoded",
                  "a payment instruction is percent-encoded, and wallets take it as it stands; publish it "
                  "without encoding"};
  }
  return check_parameters(value);
}

ValueVerdict verdict_of(Broken broken) {
  ValueVerdict verdict;
  verdict.is_payment = broken.rule != "other_text";
  verdict.rule = std::move(broken.rule);
  verdict.sentence = std::move(broken.sentence);
  return verdict;
}

}  // namespace

ValueVerdict judge_value(const base::Name& name, const TxtRecord& record, const EntryRules& rules) {
  const std::string& value = record.value;
  auto broken = check_text(value);
  // An offer without its scheme, or with white space around it, can be published by its meaning.
  const bool by_meaning = broken && (broken->rule == "missing_scheme" || broken->rule == "white_space");
  if (broken && !by_meaning) return verdict_of(*std::move(broken));
  if (!by_meaning) {
    const auto parsed = names::parse_payment_uri(value);
    if (!parsed) return verdict_of(broken_whole(parsed.error()));
    // As it stands it must be publishable, whatever a new record's TTL would be.
    const auto ttl = std::chrono::seconds{std::clamp<std::uint32_t>(record.ttl_seconds, 1, kLongestTtl)};
    names::PublicationRules as_is = rules.publication;
    as_is.min_ttl = std::chrono::seconds{1};
    as_is.max_ttl = std::chrono::seconds{kLongestTtl};
    const auto published = names::check_publication(name, value, ttl, rules.now, as_is);
    if (!published) return verdict_of(why_not_published(*parsed, published.error(), rules));
    broken = check_ttl(record.ttl_seconds, *published);
    if (!broken) broken = check_form(value, published->value);
    if (!broken) {
      ValueVerdict fine;
      fine.canonical = value;
      fine.warnings = published->payment.warnings;
      fine.warnings.insert(fine.warnings.end(), published->warnings.begin(), published->warnings.end());
      return fine;
    }
  }
  ValueVerdict verdict = verdict_of(*std::move(broken));
  if (const auto anew = names::check_publication(name, value, rules.ttl, rules.now, rules.publication))
    verdict.canonical = anew->value;
  return verdict;
}

}  // namespace paynamed::domains
