#include "names/address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "names/bech32.hpp"
#include "tests/unit/names/offer_text.hpp"

namespace paynamed::names {
namespace {

using testing::HasSubstr;

const NetworkSet kTestnetOrSignet = NetworkSet{Network::kTestnet} | Network::kSignet;

// Segwit ones from the lists of BIP 350.
TEST(Address, SaysKindAndNetworks) {
  const struct {
    std::string text;
    AddressKind kind;
    int version;
    NetworkSet networks;
  } cases[] = {
      {"1RustyRX2oai4EYYDpQGWvEL62BBGqN9T", AddressKind::kP2pkh, 0, Network::kBitcoin},
      {"1111111111111111111114oLvT2", AddressKind::kP2pkh, 0, Network::kBitcoin},
      {"3EktnHQD7RiAE6uzMj2ZifT9YgRrkSgzQX", AddressKind::kP2sh, 0, Network::kBitcoin},
      {"mk2QpYatsKicvFVuTAQLBryyccRXMUaGHP", AddressKind::kP2pkh, 0, kTestNetworks},
      {"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", AddressKind::kSegwit, 0, Network::kBitcoin},
      {"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7", AddressKind::kSegwit, 0,
       kTestnetOrSignet},
      {"bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y", AddressKind::kSegwit, 1,
       Network::kBitcoin},
      {"BC1SW50QGDZ25J", AddressKind::kSegwit, 16, Network::kBitcoin},
      {"bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", AddressKind::kSegwit, 2, Network::kBitcoin},
      {"tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy", AddressKind::kSegwit, 0,
       kTestnetOrSignet},
      {"tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c", AddressKind::kSegwit, 1,
       kTestnetOrSignet},
      {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", AddressKind::kSegwit, 1,
       Network::kBitcoin},
      {encode_bech32("bcrt", std::vector<std::uint8_t>(33, 0), Bech32Checksum::kBech32), AddressKind::kSegwit,
       0, Network::kRegtest},
  };
  for (const auto& c : cases) {
    const auto address = parse_address(c.text);
    ASSERT_TRUE(address) << c.text << ": " << address.error().message();
    EXPECT_EQ(address->kind, c.kind) << c.text;
    EXPECT_EQ(address->witness_version, c.version) << c.text;
    EXPECT_EQ(address->networks, c.networks) << c.text;
    EXPECT_EQ(parse_address(address->text)->text, address->text);
  }
  EXPECT_EQ(parse_address("BC1SW50QGDZ25J")->text, "bc1sw50qgdz25j");
}

TEST(Address, RefusesWhatIsNone) {
  for (const char* text : {"", "1", "bc1", "hello",
                           // Base58: checksum, length, version, alphabet.
                           "1RustyRX2oai4EYYDpQGWvEL62BBGqN9U", "175tWpb8K1S7NmH4Zx6rewF9WQrcZv245W",
                           "3QJmnh", "1RustyRX2oai4EYYDpQGWvEL62BBGqN9", "LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9",
                           "1RustyRX2oai4EYYDpQGWvEL62BBGqN90",
                           "11111111111111111111111111111111111111111111111111111111111111111111111",
                           // The list of BIP 350.
                           "tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut",
                           "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
                           "tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf",
                           "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
                           "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
                           "tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47",
                           "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
                           "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", "bc1pw5dgrnzv",
                           "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
                           "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
                           "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq",
                           "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
                           "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j", "bc1gmk9yu"}) {
    const auto address = parse_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code(), base::Code::kInvalidArgument);
  }
}

std::string silent_payment(const std::string& prefix, std::uint8_t version, const std::string& keys_hex,
                           Bech32Checksum checksum = Bech32Checksum::kBech32m) {
  std::vector<std::uint8_t> groups = groups_from_bytes(from_hex(keys_hex));
  groups.insert(groups.begin(), version);
  return encode_bech32(prefix, groups, checksum);
}

TEST(SilentPaymentAddress, IsBip352s) {
  const std::string published =
      "sp1qqgste7k9hx0qftg6qmwlkqtwuy6cycyavzmzj85c6qdfhjdpdjtdgqjuexzk6murw56suy3e0rd2cgqvycxttddwsvgxe2usfp"
      "xumr70xc9"
      "pkqwv";
  ASSERT_TRUE(parse_silent_payment_address(published))
      << parse_silent_payment_address(published).error().message();
  const std::string keys = kPointHex + kOtherPointHex;
  const struct {
    std::string text;
    int version;
    NetworkSet networks;
  } good[] = {
      {silent_payment("sp", 0, keys), 0, Network::kBitcoin},
      {silent_payment("tsp", 0, keys), 0, kTestNetworks},
      {silent_payment("sp", 1, keys), 1, Network::kBitcoin},
      {silent_payment("sp", 30, keys + "00ff"), 30, Network::kBitcoin},
  };
  for (const auto& c : good) {
    const auto address = parse_silent_payment_address(c.text);
    ASSERT_TRUE(address) << c.text << ": " << address.error().message();
    EXPECT_EQ(address->version, c.version);
    EXPECT_EQ(address->networks, c.networks);
    EXPECT_EQ(address->text, c.text);
  }
  const struct {
    std::string text;
    std::string message;
  } bad[] = {
      {silent_payment("sp", 0, keys, Bech32Checksum::kBech32), "checksum"},
      {silent_payment("bc", 0, keys), "begins with \"sp1\""},
      {encode_bech32("sp", {}, Bech32Checksum::kBech32m), "no data"},
      {silent_payment("sp", 31, keys), "version 31"},
      {silent_payment("sp", 0, kPointHex), "33 bytes"},
      {silent_payment("sp", 0, keys + "00"), "67 bytes"},
      {silent_payment("sp", 1, kPointHex), "33 bytes"},
      {silent_payment("sp", 0, kNoPointHex + kPointHex), "no valid point"},
      {silent_payment("sp", 0, kPointHex + kNoPointHex), "no valid point"},
      {silent_payment("sp", 1, std::string(2 * 700, '0')), "at most 1023"},
  };
  for (const auto& c : bad) {
    const auto address = parse_silent_payment_address(c.text);
    ASSERT_FALSE(address) << c.text;
    EXPECT_THAT(address.error().message(), HasSubstr(c.message)) << c.text;
  }
}

TEST(PaymentCode, IsBip351s) {
  const auto published =
      parse_payment_code("pay1cqqq8d29g0a7m8ghmycqk5yv24mfh3xg8ptzqcn8xz6d2tjl8ccdnfkpjl7p84");
  ASSERT_TRUE(published) << published.error().message();
  EXPECT_EQ(published->networks, NetworkSet{Network::kBitcoin});
  const auto code = [](const std::string& prefix, const std::string& hex) {
    return encode_bech32(prefix, groups_from_bytes(from_hex(hex)), Bech32Checksum::kBech32m);
  };
  EXPECT_EQ(parse_payment_code(code("payt", "0001" + kPointHex))->networks, kTestNetworks);
  for (const std::string& text : {code("sp", "0001" + kPointHex), code("pay", "0001" + kNoPointHex),
                                  code("pay", "0000" + kPointHex), code("pay", "01" + kPointHex),
                                  code("pay", "0001" + kPointHex + "00"), code("pay", ""), std::string{}}) {
    EXPECT_FALSE(parse_payment_code(text)) << text;
  }
}

}  // namespace
}  // namespace paynamed::names
