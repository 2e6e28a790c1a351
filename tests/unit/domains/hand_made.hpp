// Records as people make them by hand, right and wrong in every way that is told apart, and what has to be
// said of each.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/time.hpp"
#include "tests/unit/names/invoice_text.hpp"
#include "tests/unit/names/offer_text.hpp"

namespace paynamed::domains {

struct HandMade {
  std::string label;                // what stands before the suffix; "" for the suffix itself
  std::vector<std::string> values;  // TXT
  std::string kind;
  std::string rule = {};
  bool adoptable = false;
  bool take_over = false;
  std::string alias = {};
  std::uint32_t ttl = 300;
};

// A valid offer for real money, another one for each number.
inline std::string offer_number(int number) {
  return names::offer_text(
      {{10, names::hex_of_text(fmt::format("offer {}", number))}, {22, names::kPointHex}});
}

inline std::string expiring_offer(base::WallTime at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  return names::offer_text({{14, fmt::format("{:08x}", seconds)}, {22, names::kPointHex}});
}

inline std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return text;
}

// Of every kind one; others for each `variant`. For a domain that is not for tests.
inline std::vector<HandMade> hand_made(int variant, base::WallTime now) {
  const std::string offer = offer_number(variant);
  const std::string other = offer_number(variant + 100'000);
  const std::string segwit = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
  const std::string silent =
      "sp1qqgste7k9hx0qftg6qmwlkqtwuy6cycyavzmzj85c6qdfhjdpdjtdgqjuexzk6murw56suy3e0rd2cgqvycxttddwsvgxe2usfp"
      "w78h2y4z5dj8kqwmdfdzn5y";
  const std::string regtest = names::offer_text({{2, names::kRegtestHex}, {22, names::kPointHex}});
  const std::string old_invoice = names::invoice_text(
      {.prefix = "lnbc", .timestamp = 1'500'000'000, .fields = names::needed_fields(), .signed_prefix = {}});
  const std::string long_offer =
      names::offer_text({{10, names::hex_of_text(std::string(600, 'd'))}, {22, names::kPointHex}});
  const std::string huge_offer =
      names::offer_text({{10, names::hex_of_text(std::string(4'000, 'h'))}, {22, names::kPointHex}});
  const std::string good = "bitcoin:?lno=" + offer;
  std::vector<HandMade> all{
      {"plain", {good}, "valid", "", true},
      {"dotted.user", {good}, "valid", "", true},
      {"labelled", {good + "&label=My%20shop"}, "valid", "", true},
      {"long", {"bitcoin:?lno=" + long_offer}, "valid", "", true},
      {"onchain", {"bitcoin:" + segwit}, "valid", "", true},
      {"segwitkey", {"bitcoin:?bc=" + segwit + "&lno=" + offer}, "valid", "", true},
      {"unknownkey", {good + "&extra=1"}, "valid", "", true},
      {"farexpiry",
       {"bitcoin:?lno=" + expiring_offer(now + std::chrono::hours{24 * 365})},
       "valid",
       "",
       true},
      {"twopayments", {good, "bitcoin:?lno=" + other}, "conflicting", "several_payment_records"},
      {"twice", {good, "bitcoin:?LNO=" + offer}, "conflicting", "several_payment_records", true, true},
      {"decoy", {"v=spf1 -all", good}, "conflicting", "several_records", true, true},
      {"decoybroken", {"hello", "bitcoin:?lno=lno1b"}, "conflicting", "several_records"},
      {"alias", {}, "conflicting", "alias", false, false, "CNAME"},
      {"badcharset", {"bitcoin:?lno=lno1b" + offer.substr(5)}, "invalid", "bad_offer"},
      {"cutoffer", {good.substr(0, good.size() - 20)}, "invalid", "bad_offer"},
      {"checksum", {"bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh"}, "invalid", "bad_address"},
      {"wrongkey", {"bitcoin:?tb=" + segwit}, "invalid", "bad_address"},
      {"badsilent", {"bitcoin:?sp=" + silent.substr(0, 90)}, "invalid", "bad_silent_payment"},
      {"badcode", {"bitcoin:?pay=pay1qqqq"}, "invalid", "bad_payment_code"},
      {"badinvoice", {good + "&lightning=lnbc1qqqq"}, "invalid", "bad_invoice"},
      {"regtest", {"bitcoin:?lno=" + regtest}, "invalid", "wrong_network"},
      {"expired", {"bitcoin:?lno=" + expiring_offer(now - std::chrono::hours{24})}, "invalid", "expired"},
      {"oldinvoice", {"bitcoin:?lightning=" + old_invoice}, "invalid", "expired"},
      {"soon", {"bitcoin:?lno=" + expiring_offer(now + std::chrono::minutes{20})}, "invalid", "expires_soon"},
      {"percent", {"bitcoin:?lno=%6cno1" + offer.substr(4)}, "invalid", "percent_encoded"},
      {"bareoffer", {offer}, "invalid", "missing_scheme", true, true},
      {"lightning", {"lightning:" + offer}, "invalid", "missing_scheme"},
      {"twoamounts", {good + "&amount=1&amount=1"}, "invalid", "duplicate_key"},
      {"twolabels", {good + "&label=a&LABEL=b"}, "invalid", "duplicate_key"},
      {"required", {good + "&req-secret=1"}, "invalid", "unknown_required"},
      {"amount", {good + "&amount=1,5"}, "invalid", "bad_amount"},
      {"badlabel", {good + "&label=%zz"}, "invalid", "bad_text"},
      {"nokey", {"bitcoin:?=1&lno=" + offer}, "invalid", "empty_key"},
      {"noinstruction", {"bitcoin:?label=me"}, "invalid", "no_instruction"},
      {"nothing", {"bitcoin:"}, "invalid", "no_instruction"},
      {"mixed", {"bitcoin:" + segwit + "?lno=" + regtest}, "invalid", "mixed_networks"},
      {"blank", {"bitcoin:?lno= " + offer}, "invalid", "bad_character"},
      {"umlaut", {good + "&label=M\xC3\xBCller"}, "invalid", "bad_character"},
      {"latin1", {good + "&label=M\xFCller"}, "invalid", "not_utf8"},
      {"upper", {upper(good)}, "invalid", "upper_case", true, true},
      {"ampersands", {"bitcoin:?&lno=" + offer + "&"}, "invalid", "not_canonical", true, true},
      {"leading", {" " + good}, "invalid", "white_space", true, true},
      {"huge", {"bitcoin:?lno=" + huge_offer}, "invalid", "too_large"},
      {"longttl", {good}, "invalid", "ttl", true, true, "", 2'000'000},
      {"spf", {"v=spf1 -all"}, "not_a_name", "other_text"},
      {"empty", {""}, "not_a_name", "other_text"},
      {"twotexts", {"one", "two"}, "not_a_name", "other_text"},
      {"pl+us", {good}, "invalid", "bad_user_label"},
      {"xn--mller-kva", {good}, "invalid", "bad_user_label"},
  };
  for (HandMade& each : all) each.label += fmt::format(".v{}", variant);
  all.push_back({fmt::format("*.v{}", variant), {good}, "invalid", "wildcard"});
  if (variant == 0) {
    all.push_back({"", {good}, "not_a_name", "no_user"});
    all.push_back({"*", {good}, "invalid", "wildcard"});
  }
  return all;
}

}  // namespace paynamed::domains
