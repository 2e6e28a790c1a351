#include "names/bip321.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "names/bech32.hpp"
#include "tests/unit/names/invoice_text.hpp"
#include "tests/unit/names/offer_text.hpp"

namespace paynamed::names {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kAddress = "1RustyRX2oai4EYYDpQGWvEL62BBGqN9T";
const std::string kTestAddress = "mk2QpYatsKicvFVuTAQLBryyccRXMUaGHP";
const std::string kSegwit = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
const std::string kTaproot = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0";
const std::string kTestSegwit = "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7";
const std::string kOffer = offer_text({{22, kPointHex}});
const std::string kRegtestOffer = offer_text({{2, kRegtestHex}, {22, kPointHex}});
const std::string kInvoice = invoice_text({.prefix = "lnbc", .fields = needed_fields(), .signed_prefix = {}});

std::string silent_payment(const std::string& prefix) {
  std::vector<std::uint8_t> groups = groups_from_bytes(from_hex(kPointHex + kOtherPointHex));
  groups.insert(groups.begin(), 0);
  return encode_bech32(prefix, groups, Bech32Checksum::kBech32m);
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(c));
  return text;
}

std::vector<std::string> codes(const PaymentUri& uri) {
  std::vector<std::string> out;
  for (const Warning& warning : uri.warnings) out.push_back(warning.code);
  return out;
}

TEST(PaymentUri, BuiltFromAnOfferIsVerbatim) {
  const std::string text = build_payment_uri(parse_offer(kOffer).value());
  EXPECT_EQ(text, "bitcoin:?lno=" + kOffer);
  const auto uri = parse_payment_uri(text);
  ASSERT_TRUE(uri) << uri.error().message();
  EXPECT_EQ(uri->text, text);
  EXPECT_THAT(uri->offers, SizeIs(1));
  EXPECT_EQ(uri->networks, NetworkSet{Network::kBitcoin});
  EXPECT_THAT(uri->warnings, IsEmpty());
}

// The examples of BIP-321 with addresses that are valid.
TEST(PaymentUri, AcceptsAndNormalizes) {
  const struct {
    std::string text;
    std::string normal;
  } cases[] = {
      {"bitcoin:" + kAddress, "bitcoin:" + kAddress},
      {"bitcoin:" + kAddress + "?", "bitcoin:" + kAddress},
      {"bitcoin:" + kAddress + "?label=Luke-Jr", "bitcoin:" + kAddress + "?label=Luke-Jr"},
      {"bitcoin:" + kAddress + "?amount=20.3&label=Luke-Jr",
       "bitcoin:" + kAddress + "?amount=20.3&label=Luke-Jr"},
      {"bitcoin:?lightning=" + kInvoice, "bitcoin:?lightning=" + kInvoice},
      {"bitcoin:?lno=" + kOffer + "&sp=" + silent_payment("sp"),
       "bitcoin:?lno=" + kOffer + "&sp=" + silent_payment("sp")},
      {"bitcoin:?bc=" + kSegwit + "&bc=" + kTaproot, "bitcoin:?bc=" + kSegwit + "&bc=" + kTaproot},
      {upper("bitcoin:" + kSegwit + "?bc=" + kTaproot), "bitcoin:" + kSegwit + "?bc=" + kTaproot},
      {upper("bitcoin:?lno=" + kOffer), "bitcoin:?lno=" + kOffer},
      {"BitCoin:?LnO=" + kOffer, "bitcoin:?lno=" + kOffer},
      {"bitcoin:?lno=l+no" + kOffer.substr(3), "bitcoin:?lno=" + kOffer},
      {"bitcoin:?tb=" + kTestSegwit, "bitcoin:?tb=" + kTestSegwit},
      {"bitcoin:?tsp=" + silent_payment("tsp"), "bitcoin:?tsp=" + silent_payment("tsp")},
      {"bitcoin:?pay=pay1cqqq8d29g0a7m8ghmycqk5yv24mfh3xg8ptzqcn8xz6d2tjl8ccdnfkpjl7p84",
       "bitcoin:?pay=pay1cqqq8d29g0a7m8ghmycqk5yv24mfh3xg8ptzqcn8xz6d2tjl8ccdnfkpjl7p84"},
      {"bitcoin:?&lno=" + kOffer + "&&", "bitcoin:?lno=" + kOffer},
      {"bitcoin:?lno=" + kOffer + "&lno=" + kOffer, "bitcoin:?lno=" + kOffer + "&lno=" + kOffer},
      {"bitcoin:?x=1&x=2&Y&lno=" + kOffer, "bitcoin:?x=1&x=2&y=&lno=" + kOffer},
      {"bitcoin:?lno=" + kOffer + "&POP=app%3a%3fp=", "bitcoin:?lno=" + kOffer + "&pop=app%3a%3fp="},
  };
  for (const auto& c : cases) {
    const auto uri = parse_payment_uri(c.text);
    ASSERT_TRUE(uri) << c.text << ": " << uri.error().message();
    EXPECT_EQ(uri->text, c.normal);
    EXPECT_EQ(parse_payment_uri(uri->text)->text, uri->text);
  }
}

TEST(PaymentUri, RefusesWithTheRuleInTheMessage) {
  const std::string with_offer = "bitcoin:?lno=" + kOffer + "&";
  const struct {
    std::string text;
    std::string message;
  } cases[] = {
      {"", "begins with \"bitcoin:\""},
      {"bitcoin", "begins with \"bitcoin:\""},
      {" bitcoin:" + kAddress, "begins with \"bitcoin:\""},
      {"litecoin:" + kAddress, "begins with \"bitcoin:\""},
      {std::string(kMaxUriCharacters + 1, 'b'), "at most 32768"},
      {"bitcoin:", "no payment instruction"},
      {"bitcoin:?", "no payment instruction"},
      {"bitcoin:?amount=1", "no payment instruction"},
      {"bitcoin:?x=1", "no payment instruction"},
      {"bitcoin:" + kAddress + "#x", "byte 0x23"},
      {"bitcoin:" + kAddress + " ", "byte 0x20"},
      {"bitcoin:" + kAddress + "?label=\xC3\xBC", "byte 0xc3"},
      {"bitcoin:" + kAddress + "?label=a b", "byte 0x20"},
      {"bitcoin:" + std::string(1, '\0'), "byte 0x00"},
      {"bitcoin://" + kAddress, "the address in the payment URI"},
      {"bitcoin:175tWpb8K1S7NmH4Zx6rewF9WQrcZv245W", "checksum"},
      {"bitcoin:" + silent_payment("sp"), "the address in the payment URI"},
      {"bitcoin:" + kOffer, "the address in the payment URI"},
      {"bitcoin:?lno=lno1bogusoffer", "\"lno\" is not valid"},
      {"bitcoin:?lno=", "\"lno\" is not valid"},
      {"bitcoin:?lno", "\"lno\" is not valid"},
      {"bitcoin:?lno=%6c" + kOffer.substr(1), "\"lno\" is not valid"},
      {"bitcoin:?lightning=lnbc420bogusinvoice", "\"lightning\" is not valid"},
      {"bitcoin:?lightning=" + kOffer, "\"lightning\" is not valid"},
      {"bitcoin:?sp=sp1qsilentpayment", "\"sp\" is not valid"},
      {"bitcoin:?sp=" + silent_payment("tsp"), "does not begin with \"sp1\""},
      {"bitcoin:?tsp=" + silent_payment("sp"), "does not begin with \"tsp1\""},
      {"bitcoin:?pay=pay1qqq", "\"pay\" is not valid"},
      {"bitcoin:?bc=" + kTestSegwit, "does not begin with \"bc1\""},
      {"bitcoin:?tb=" + kSegwit, "does not begin with \"tb1\""},
      {"bitcoin:?bc=" + kAddress, "does not begin with \"bc1\""},
      {"bitcoin:?bc=bc1qufgy354j3kmvuch987xe4s40836x3h0lg8f5nq", "\"bc\" is not valid"},
      {"bitcoin:" + kAddress + "?label=Luke-Jr&label=Matt", "\"label\" twice"},
      {"bitcoin:" + kAddress + "?message=a&MESSAGE=a", "\"message\" twice"},
      {"bitcoin:" + kAddress + "?amount=42&amount=10", "\"amount\" twice"},
      {"bitcoin:" + kAddress + "?amount=42&amount=42", "\"amount\" twice"},
      {"bitcoin:" + kAddress + "?pop=callback%3a&req-pop=callback%3a", "\"pop\" twice"},
      {"bitcoin:" + kAddress + "?pop=a&pop=a", "\"pop\" twice"},
      {"bitcoin:" + kAddress + "?req-somethingyoudontunderstand=50", "\"req-\" parameter"},
      {"bitcoin:" + kAddress + "?REQ-x", "\"req-\" parameter"},
      {"bitcoin:" + kAddress + "?=1", "no key"},
      {"bitcoin:" + kAddress + "?label=%", "two hexadecimal digits"},
      {"bitcoin:" + kAddress + "?label=%4", "two hexadecimal digits"},
      {"bitcoin:" + kAddress + "?label=%4g", "two hexadecimal digits"},
      {"bitcoin:" + kAddress + "?label=%g4", "two hexadecimal digits"},
      {"bitcoin:" + kAddress + "?label=%ff", "UTF-8"},
      {with_offer + "tb=" + kTestSegwit, "use one network"},
      {with_offer + "lno=" + kRegtestOffer, "use one network"},
      {"bitcoin:" + kTestAddress + "?lno=" + kOffer, "use one network"},
      {"bitcoin:?tb=" + kTestSegwit + "&lno=" + kRegtestOffer, "use one network"},
      {"bitcoin:?lno=" + offer_text({{2, kPointHex.substr(2)}, {22, kPointHex}}),
       "not for a Bitcoin network"},
  };
  for (const auto& c : cases) {
    const auto uri = parse_payment_uri(c.text);
    ASSERT_FALSE(uri) << c.text;
    EXPECT_EQ(uri.error().code(), base::Code::kInvalidArgument);
    EXPECT_THAT(uri.error().message(), HasSubstr(c.message)) << c.text;
  }
}

TEST(PaymentUri, NetworksAreThoseOfAllInstructions) {
  EXPECT_EQ(parse_payment_uri("bitcoin:" + kTestAddress)->networks, kTestNetworks);
  EXPECT_EQ(parse_payment_uri("bitcoin:" + kTestAddress + "?lno=" + kRegtestOffer)->networks,
            NetworkSet{Network::kRegtest});
  EXPECT_EQ(parse_payment_uri("bitcoin:" + kTestAddress + "?tb=" + kTestSegwit)->networks,
            NetworkSet{Network::kTestnet} | Network::kSignet);
}

TEST(PaymentUri, AmountIsDecimalBitcoin) {
  const struct {
    std::string text;
    std::optional<std::uint64_t> satoshi;
  } cases[] = {
      {"50", 5'000'000'000},
      {"50.00", 5'000'000'000},
      {"0.00000001", 1},
      {"20.3", 2'030'000'000},
      {".5", 50'000'000},
      {"5.", 500'000'000},
      {"21000000", 2'100'000'000'000'000},
      {"0", 0},
      {"21000000.00000001", std::nullopt},
      {"99999999999999999999", std::nullopt},
      {"", std::nullopt},
      {".", std::nullopt},
      {"1.2.3", std::nullopt},
      {"50,000.00", std::nullopt},
      {"-1", std::nullopt},
      {"1e3", std::nullopt},
      {"0.000000001", std::nullopt},
  };
  for (const auto& c : cases) {
    const auto uri = parse_payment_uri("bitcoin:" + kAddress + "?amount=" + c.text);
    ASSERT_EQ(uri.has_value(), c.satoshi.has_value()) << c.text;
    if (uri) {
      EXPECT_EQ(uri->amount_sat, c.satoshi) << c.text;
    }
  }
}

TEST(PaymentUri, DecodesTextForPeople) {
  const auto uri =
      parse_payment_uri("bitcoin:" + kAddress + "?label=L%C3%bc&message=a%20b%26c=+d&req-pop=app%3A&x=%zz");
  ASSERT_TRUE(uri) << uri.error().message();
  EXPECT_EQ(uri->label, "L\xC3\xBC");
  EXPECT_EQ(uri->message, "a b&c=+d");
  EXPECT_EQ(uri->proof_of_payment, "app:");
  EXPECT_TRUE(uri->proof_of_payment_required);
  ASSERT_THAT(uri->unknown, SizeIs(1));
  EXPECT_EQ(uri->unknown[0].value, "%zz");
}

TEST(PaymentUri, WarnsOfWhatDoesNotFitALongLivedRecord) {
  EXPECT_THAT(codes(*parse_payment_uri("bitcoin:?lightning=" + kInvoice)), ElementsAre("lightning_invoice"));
  EXPECT_THAT(codes(*parse_payment_uri("bitcoin:?sp=" + silent_payment("sp"))), ElementsAre("few_wallets"));
  EXPECT_THAT(codes(*parse_payment_uri("bitcoin:?lno=" + kOffer + "&sp=" + silent_payment("sp"))), IsEmpty());
  EXPECT_THAT(codes(*parse_payment_uri("bitcoin:?lno=" + kOffer + "&pop=app%3a")),
              ElementsAre("proof_of_payment"));
  EXPECT_THAT(codes(*parse_payment_uri("bitcoin:?lno=" + kOffer + "&amount=1")), ElementsAre("fixed_amount"));
  EXPECT_THAT(codes(*parse_payment_uri("bitcoin:?lno=" + kOffer + "&z=1")), ElementsAre("unknown_parameter"));
  EXPECT_THAT(codes(*parse_payment_uri("bitcoin:" + kAddress)), ElementsAre("on_chain_address"));
  EXPECT_THAT(codes(*parse_payment_uri("bitcoin:?bc=" + kSegwit)), ElementsAre("on_chain_address"));
}

}  // namespace
}  // namespace paynamed::names
