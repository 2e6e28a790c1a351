// BIP-321 payment URIs, with all that can stand in them, and the decision about publishing them.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/name.hpp"
#include "names/bip321.hpp"
#include "names/payment.hpp"
#include "names/txt.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace paynamed;

void check_uri(const names::PaymentUri& uri) {
  fuzz::require(!uri.networks.empty(), "a URI has a network");
  fuzz::require(uri.address || !uri.offers.empty() || !uri.invoices.empty() || !uri.silent_payments.empty() ||
                    !uri.payment_codes.empty() || !uri.segwit_addresses.empty(),
                "a URI has an instruction");
  fuzz::require(names::is_payment_uri(uri.text), "the canonical text is a URI");
  // Canonical text can be longer by one '=' for each parameter without value.
  if (uri.text.size() > names::kMaxUriCharacters) return;
  const auto again = names::parse_payment_uri(uri.text);
  fuzz::require(again.has_value(), "what is printed can be parsed");
  fuzz::require(again->text == uri.text, "printing what was printed changes nothing");
  fuzz::require(again->networks == uri.networks && again->amount_sat == uri.amount_sat &&
                    again->label == uri.label && again->message == uri.message &&
                    again->proof_of_payment == uri.proof_of_payment && again->warnings == uri.warnings,
                "the text says all of the URI");
}

void check_publication(std::string_view text) {
  static const base::Name name = base::Name::parse("alice@example.com").value();
  const base::WallTime now{std::chrono::seconds{1'800'000'000}};
  const names::PublicationRules rules{.test_domain = true};
  const auto publication = names::check_publication(name, text, std::chrono::seconds{300}, now, rules);
  if (!publication) return;
  fuzz::require(publication->ttl >= rules.min_ttl && publication->ttl <= std::chrono::seconds{300},
                "the TTL is what was asked for or less");
  const auto strings = names::split_txt(publication->value);
  fuzz::require(strings.has_value(), "what may be published fits into a TXT record");
  const auto picked = names::pick_payment_record(std::vector<names::TxtStrings>{*strings});
  fuzz::require(picked && *picked == publication->value, "a wallet finds what was published");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Not copied: the sanitizer then sees a read past its end.
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto uri = names::parse_payment_uri(text)) check_uri(*uri);
  check_publication(text);
  (void)names::parse_invoice(text);
  (void)base::Name::parse(text);
  return 0;
}
