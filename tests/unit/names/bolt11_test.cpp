#include "names/bolt11.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "names/bech32.hpp"
#include "names/bolt12.hpp"
#include "tests/unit/names/invoice_text.hpp"
#include "tests/unit/names/offer_text.hpp"

namespace paynamed::names {
namespace {

using testing::HasSubstr;
using Groups = std::vector<std::uint8_t>;

InvoiceParts with(std::vector<InvoiceField> more, std::string prefix = "lnbc") {
  InvoiceParts parts{.prefix = std::move(prefix), .fields = needed_fields(), .signed_prefix = {}};
  parts.fields.insert(parts.fields.end(), more.begin(), more.end());
  return parts;
}

// The needed fields without, or with another value of, one type.
InvoiceParts without(char type, std::vector<InvoiceField> instead = {}) {
  InvoiceParts parts;
  for (const InvoiceField& field : needed_fields()) {
    if (field.type != type) parts.fields.push_back(field);
  }
  parts.fields.insert(parts.fields.end(), instead.begin(), instead.end());
  return parts;
}

TEST(Invoice, SaysWhatItIsForAndByWhichHashItIsPaid) {
  // "Please consider supporting this project", of the examples of BOLT 11.
  const auto donation = parse_invoice(
      "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqf"
      "qqqsyqcyq5rq"
      "wzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj3"
      "2dlqnls087fxd"
      "wk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql");
  ASSERT_TRUE(donation) << donation.error().message();
  EXPECT_EQ(to_hex(donation->payment_hash),
            "0001020304050607080900010203040506070809000102030405060708090102");
  EXPECT_EQ(donation->description, "Please consider supporting this project");
  EXPECT_FALSE(donation->description_hash);
  const std::vector<std::uint8_t> hash(52, 1);
  const auto hashed = parse_invoice(invoice_text(without('d', {{'h', hash}})));
  ASSERT_TRUE(hashed) << hashed.error().message();
  EXPECT_FALSE(hashed->description);
  // 00001 00001 00001...
  EXPECT_THAT(to_hex(*hashed->description_hash), testing::StartsWith("0842108421"));
}

TEST(Invoice, SaysNetworkTimeAndAmount) {
  const struct {
    std::string prefix;
    Network network;
    std::optional<std::uint64_t> amount_msat;
  } cases[] = {
      {"lnbc", Network::kBitcoin, std::nullopt},
      {"lntb", Network::kTestnet, std::nullopt},
      {"lntbs", Network::kSignet, std::nullopt},
      {"lnbcrt", Network::kRegtest, std::nullopt},
      {"lnbc1", Network::kBitcoin, 100'000'000'000},
      {"lnbc25m", Network::kBitcoin, 2'500'000'000},
      {"lntbs2500u", Network::kSignet, 250'000'000},
      {"lnbcrt7n", Network::kRegtest, 700},
      {"lnbc10p", Network::kBitcoin, 1},
      {"lnbc9223372036854775800p", Network::kBitcoin, 922337203685477580},
  };
  for (const auto& c : cases) {
    const std::string text = invoice_text(with({}, c.prefix));
    const auto invoice = parse_invoice(text);
    ASSERT_TRUE(invoice) << c.prefix << ": " << invoice.error().message();
    EXPECT_EQ(invoice->networks, NetworkSet{c.network}) << c.prefix;
    EXPECT_EQ(invoice->amount_msat, c.amount_msat) << c.prefix;
    EXPECT_EQ(invoice->timestamp, 1'800'000'000U);
    EXPECT_EQ(invoice->expires_at(), 1'800'003'600U);
    EXPECT_EQ(invoice->text, text);
  }
}

TEST(Invoice, SaysWhenItExpires) {
  EXPECT_EQ(parse_invoice(invoice_text(with({{'x', {1, 28, 4}}})))->expires_at(),
            1'800'000'000U + 1024 + 28 * 32 + 4);
  EXPECT_EQ(parse_invoice(invoice_text(with({{'x', {}}})))->expires_at(), 1'800'000'000U);
  EXPECT_EQ(Invoice({.text = {}, .networks = {}, .amount_msat = {}, .timestamp = 5, .expiry = ~0ULL - 2})
                .expires_at(),
            std::numeric_limits<std::uint64_t>::max());
}

TEST(Invoice, IsReadInUpperCase) {
  std::string upper = invoice_text(with({}));
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(parse_invoice(upper)->text, invoice_text(with({})));
}

TEST(Invoice, AcceptsFieldsThatAReaderSkips) {
  EXPECT_TRUE(
      parse_invoice(invoice_text(with({{'q', {1, 2, 3}}, {'f', {19, 0}}, {'9', {2}}, {'9', {1, 0, 0, 0}}}))));
  const Groups hash(52, 7);
  EXPECT_TRUE(parse_invoice(invoice_text(without('d', {{'h', hash}}))));
}

TEST(Invoice, ChecksTheSignatureOfItsPayee) {
  EXPECT_TRUE(parse_invoice(invoice_text(with({{'n', groups_from_bytes(from_hex(kPointHex))}}))));
  const auto other = parse_invoice(invoice_text(with({{'n', groups_from_bytes(from_hex(kOtherPointHex))}})));
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message(), HasSubstr("signature"));
  InvoiceParts changed = with({{'n', groups_from_bytes(from_hex(kPointHex))}});
  changed.signed_prefix = "lnbc1u";
  EXPECT_FALSE(parse_invoice(invoice_text(changed)));
}

TEST(Invoice, RefusesWhatAReaderMustRefuse) {
  const Groups hash(52, 7);
  const struct {
    std::string text;
    std::string message;
  } cases[] = {
      {"", "no prefix"},
      {std::string(kMaxInvoiceCharacters + 1, 'q'), "at most 7168"},
      {invoice_text(with({}, "bc")), "begins with \"lnbc\""},
      {invoice_text(with({}, "lnltc")), "not for a Bitcoin network"},
      {invoice_text(with({}, "ln")), "not for a Bitcoin network"},
      {invoice_text(with({}, "lnbcx")), "not for a Bitcoin network"},
      {invoice_text(with({}, "lnbc0")), "amount"},
      {invoice_text(with({}, "lnbc01m")), "amount"},
      {invoice_text(with({}, "lnbc1x")), "amount"},
      {invoice_text(with({}, "lnbc1mm")), "amount"},
      {invoice_text(with({}, "lnbc1p")), "amount"},
      {invoice_text(with({}, "lnbc99999999999999999999m")), "amount"},
      {invoice_text(with({}, "lnbc9999999999999999999")), "amount"},
      {encode_bech32("lnbc", Groups(110, 0), Bech32Checksum::kBech32), "too short"},
      {encode_bech32("lnbc", Groups(112, 0), Bech32Checksum::kBech32), "cut short"},
      {encode_bech32("lnbc", Groups(200, 1), Bech32Checksum::kBech32), "field"},
      {invoice_text(without('p')), "exactly one payment hash"},
      {invoice_text(with({{'p', hash}})), "exactly one payment hash"},
      {invoice_text(without('s')), "exactly one payment secret"},
      {invoice_text(without('d')), "exactly one description"},
      {invoice_text(with({{'h', hash}})), "exactly one description"},
      {invoice_text(without('p', {{'p', Groups(51, 1)}})), "has not 256 bits"},
      {invoice_text(without('s', {{'s', Groups(53, 1)}})), "has not 256 bits"},
      {invoice_text(without('d', {{'h', Groups(51, 1)}})), "has not 256 bits"},
      {invoice_text(without('d', {{'d', groups_from_bytes(from_hex("ff"))}})), "UTF-8"},
      {invoice_text(with({{'n', groups_from_bytes(from_hex(kNoPointHex))}})), "no valid key"},
      {invoice_text(with({{'x', {0, 1}}})), "expiry"},
      {invoice_text(with({{'x', Groups(13, 1)}})), "expiry"},
      {invoice_text(with({{'c', {0}}})), "field 'c'"},
      {invoice_text(with({{'9', {0}}})), "features begin"},
      {invoice_text(with({{'9', {1}}})), "feature 0"},
      {invoice_text(with({{'9', {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}})), "feature 50"},
  };
  for (const auto& c : cases) {
    const auto invoice = parse_invoice(c.text);
    ASSERT_FALSE(invoice) << c.message << ": " << c.text;
    EXPECT_EQ(invoice.error().code(), base::Code::kInvalidArgument);
    EXPECT_THAT(invoice.error().message(), HasSubstr(c.message)) << c.text;
  }
}

}  // namespace
}  // namespace paynamed::names
