#include "names/payment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "names/ascii.hpp"
#include "names/txt.hpp"

namespace paynamed::names {
namespace {

using base::fail;
using base::invalid_argument;
using base::Name;
using base::Result;
using base::Status;
using base::WallTime;
using std::chrono::seconds;

// With an RRSIG of algorithm 13 and the owner name twice, a larger record does not fit into the 1232 bytes
// that go over UDP everywhere.
constexpr std::size_t kComfortableRdataBytes = 900;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

Result<PaymentUri> read_source(std::string_view source) {
  source = trimmed(source);
  if (source.empty()) return fail(invalid_argument("the source is empty; give an offer or a payment URI"));
  if (is_payment_uri(source)) return parse_payment_uri(source);
  const Result<Offer> offer = parse_offer(source);
  if (!offer) return fail(offer.error());
  // A second reading, so that an offer alone and one in a URI go the same way.
  return parse_payment_uri(build_payment_uri(*offer));
}

// Seconds since 1970 of the earliest expiry.
std::optional<std::uint64_t> earliest_expiry(const PaymentUri& payment) {
  std::optional<std::uint64_t> earliest;
  const auto consider = [&](std::uint64_t expiry) { earliest = std::min(expiry, earliest.value_or(expiry)); };
  for (const Offer& offer : payment.offers) {
    if (offer.absolute_expiry) consider(*offer.absolute_expiry);
  }
  for (const Invoice& invoice : payment.invoices) consider(invoice.expires_at());
  return earliest;
}

Status check_network(const PaymentUri& payment, const PublicationRules& rules, Publication& out) {
  out.livemode = payment.networks.contains(Network::kBitcoin);
  if (!out.livemode && !rules.test_domain) {
    return invalid_argument(
        fmt::format("the source is for {}, which only a domain marked as test may have; use one for bitcoin, "
                    "or a test domain",
                    to_string(payment.networks)));
  }
  if (out.livemode && rules.test_domain) {
    out.warnings.push_back(
        {"live_on_test_domain", "the source is for real money, but the domain is marked as one for tests"});
  }
  return {};
}

Status check_ttl(seconds ttl, const PublicationRules& rules) {
  if (ttl >= rules.min_ttl && ttl <= rules.max_ttl) return {};
  return invalid_argument(fmt::format("the TTL is {} s; it must be between {} and {} s", ttl.count(),
                                      rules.min_ttl.count(), rules.max_ttl.count()));
}

// BIP-353: the record, its TTL included, ends before the instruction does.
Status fit_ttl_before_expiry(std::optional<std::uint64_t> expiry, seconds ttl, WallTime now,
                             const PublicationRules& rules, Publication& out) {
  out.ttl = ttl;
  if (!expiry) return {};
  // Later than any time that we can write down is never.
  const auto last = std::chrono::floor<seconds>(WallTime::max().time_since_epoch()).count();
  if (*expiry > static_cast<std::uint64_t>(last)) return {};
  const WallTime expires{seconds{static_cast<std::int64_t>(*expiry)}};
  if (expires <= now) {
    return invalid_argument(
        fmt::format("the source expired at {}; make a new one", base::to_rfc3339(expires)));
  }
  const auto left = std::chrono::floor<seconds>(expires - now) - rules.expiry_margin;
  if (left < rules.min_ttl) {
    return invalid_argument(fmt::format(
        "the source expires at {}, too soon for a record with a TTL of {} s and a margin of {} s; make one "
        "that lives longer",
        base::to_rfc3339(expires), rules.min_ttl.count(), rules.expiry_margin.count()));
  }
  if (left < ttl) {
    out.ttl = left;
    out.warnings.push_back(
        {"ttl_shortened",
         fmt::format("the source expires at {}, so the TTL is {} s instead of {} s; renew it soon",
                     base::to_rfc3339(expires), out.ttl.count(), ttl.count())});
  }
  out.withdraw_before = expires - rules.expiry_margin - out.ttl;
  return {};
}

void warn_of_issuers(const Name& name, Publication& out) {
  for (const Offer& offer : out.payment.offers) {
    if (!offer.issuer || !issuer_contradicts(*offer.issuer, name)) continue;
    out.warnings.push_back(
        {"issuer_mismatch",
         fmt::format("the issuer in the offer names another address than {}; payers may be confused",
                     name.text())});
  }
}

Status check_size(const PublicationRules& rules, Publication& out) {
  const std::size_t bytes = txt_rdata_bytes(out.value.size());
  const std::size_t limit = std::min(rules.max_rdata_bytes, kMaxTxtRdataBytes);
  if (bytes > limit) {
    return invalid_argument(fmt::format(
        "the record would have {} bytes; the DNS provider takes {}: use an offer with fewer or shorter paths",
        bytes, limit));
  }
  if (bytes > kComfortableRdataBytes) {
    out.warnings.push_back(
        {"large_record",
         fmt::format(
             "the record has {} bytes, so resolvers have to ask for it over TCP; fewer paths make it shorter",
             bytes)});
  }
  return {};
}

}  // namespace

bool issuer_contradicts(std::string_view issuer, const Name& name) {
  const std::string word = to_lower(issuer.substr(0, issuer.find_first_of(" \t\n")));
  const std::size_t at = word.find('@');
  const std::string domain = at == word.npos ? word : word.substr(at + 1);
  if (domain.find('.') == domain.npos || domain.ends_with('.')) return false;
  const Result<std::string> parsed = base::parse_domain(domain);
  if (!parsed) return false;
  return *parsed != name.domain() || (at != word.npos && word.substr(0, at) != name.user());
}

Result<Publication> check_publication(const Name& name, std::string_view source, seconds ttl, WallTime now,
                                      const PublicationRules& rules) {
  Result<PaymentUri> payment = read_source(source);
  if (!payment) return fail(std::move(payment.error()));
  Publication out;
  out.payment = std::move(*payment);
  out.value = out.payment.text;
  out.warnings = out.payment.warnings;
  if (Status status = check_network(out.payment, rules, out); !status.ok()) return fail(std::move(status));
  if (Status status = check_ttl(ttl, rules); !status.ok()) return fail(std::move(status));
  if (Status status = fit_ttl_before_expiry(earliest_expiry(out.payment), ttl, now, rules, out);
      !status.ok()) {
    return fail(std::move(status));
  }
  if (Status status = check_size(rules, out); !status.ok()) return fail(std::move(status));
  warn_of_issuers(name, out);
  return out;
}

}  // namespace paynamed::names
