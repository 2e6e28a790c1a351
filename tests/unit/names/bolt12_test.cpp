#include "names/bolt12.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "names/tlv.hpp"
#include "names/utf8.hpp"
#include "tests/unit/names/offer_text.hpp"

namespace paynamed::names {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Field kId{22, kPointHex};
const std::string kHop = kOtherPointHex + "0003" + "a1a2a3";
const std::string kPath = kPointHex + kOtherPointHex + "01" + kHop;

TEST(Offer, GivesEveryFieldItsType) {
  const auto offer = parse_offer(offer_text({{2, kBitcoinHex + kRegtestHex},
                                             {4, "00ff"},
                                             {6, "555344"},
                                             {8, "2710"},
                                             {10, hex_of_text("Pay \xC3\xBC")},
                                             {12, "0802"},
                                             {14, "7a4297d8"},
                                             {16, kPath +
                                                      "01"
                                                      "0102030405060708" +
                                                      kPointHex + "02" + kHop + kHop},
                                             {18, hex_of_text("alice@example.com")},
                                             {20, ""},
                                             kId,
                                             {79, "07"},
                                             {1000000001, ""}}));
  ASSERT_TRUE(offer) << offer.error().message();
  EXPECT_THAT(offer->chains, SizeIs(2));
  EXPECT_EQ(offer->networks(), NetworkSet{Network::kBitcoin} | Network::kRegtest);
  EXPECT_EQ(to_hex(offer->metadata), "00ff");
  EXPECT_EQ(offer->currency, "USD");
  EXPECT_EQ(offer->amount, 10000U);
  EXPECT_EQ(offer->description, "Pay \xC3\xBC");
  EXPECT_EQ(to_hex(offer->features), "0802");
  EXPECT_EQ(offer->absolute_expiry, 2051184600U);
  ASSERT_THAT(offer->paths, SizeIs(2));
  ASSERT_TRUE(offer->paths[0].introduction.node_id);
  EXPECT_EQ(to_hex(*offer->paths[0].introduction.node_id), kPointHex);
  EXPECT_EQ(offer->paths[0].hops, 1U);
  ASSERT_TRUE(offer->paths[1].introduction.channel_end);
  EXPECT_EQ(offer->paths[1].introduction.channel_end->short_channel_id, 0x0102030405060708U);
  EXPECT_EQ(offer->paths[1].introduction.channel_end->direction, 1);
  EXPECT_EQ(offer->paths[1].hops, 2U);
  EXPECT_EQ(offer->issuer, "alice@example.com");
  EXPECT_EQ(offer->quantity_max, 0U);
  ASSERT_TRUE(offer->issuer_id);
  EXPECT_EQ(to_hex(*offer->issuer_id), kPointHex);
}

TEST(Offer, ChainsNameTheNetwork) {
  const struct {
    std::string hex;
    NetworkSet networks;
  } cases[] = {{kBitcoinHex, Network::kBitcoin},
               {kTestnetHex, Network::kTestnet},
               {"43f08bdab050e35b567c864b91f47f50ae725ae2de53bcfbbaf284da00000000", Network::kTestnet},
               {kSignetHex, Network::kSignet},
               {kRegtestHex, Network::kRegtest},
               {kPointHex.substr(2), NetworkSet{}}};
  for (const auto& c : cases) {
    EXPECT_EQ(parse_offer(offer_text({{2, c.hex}, kId}))->networks(), c.networks) << c.hex;
  }
  EXPECT_EQ(parse_offer(offer_text({kId}))->networks(), NetworkSet{Network::kBitcoin});
}

TEST(Offer, RefusesFieldsAgainstTheRules) {
  const struct {
    std::vector<Field> fields;
    std::string message;
  } cases[] = {
      {{}, "the offer is empty"},
      {{kId, {10, ""}}, "types must ascend"},
      {{kId, kId}, "types must ascend"},
      {{{0, ""}, kId}, "type 0 cannot be in an offer"},
      {{kId, {80, ""}}, "type 80 cannot be in an offer"},
      {{kId, {81, ""}}, "type 81 cannot be in an offer"},
      {{kId, {240, ""}}, "type 240 cannot be in an offer"},
      {{kId, {999999999, ""}}, "cannot be in an offer"},
      {{kId, {2000000001, ""}}, "cannot be in an offer"},
      {{kId, {24, ""}}, "type 24, which is unknown"},
      {{kId, {1000000000, ""}}, "type 1000000000, which is unknown"},
      {{{2, ""}, kId}, "for no chain"},
      {{{2, kBitcoinHex + "00"}, kId}, "no multiple of 32"},
      {{{6, "5553"}, {8, "01"}, {10, ""}, kId}, "three capital letters"},
      {{{6, "757364"}, {8, "01"}, {10, ""}, kId}, "three capital letters"},
      {{{6, "80ffff"}, {8, "01"}, {10, ""}, kId}, "three capital letters"},
      {{{6, "555344"}, kId}, "no offer_amount"},
      {{{8, ""}, {10, ""}, kId}, "offer_amount is 0"},
      {{{8, "00"}, {10, ""}, kId}, "begins with a zero byte"},
      {{{8, "0100000000000000ff"}, {10, ""}, kId}, "longer than eight bytes"},
      {{{8, "01"}, kId}, "no offer_description"},
      {{{10, "c0"}, kId}, "offer_description is not valid UTF-8"},
      {{{12, "01"}, kId}, "feature 0"},
      {{{12, "040000"}, kId}, "feature 18"},
      {{{14, "0001"}, kId}, "offer_absolute_expiry"},
      {{{18, "ff"}, kId}, "offer_issuer is not valid UTF-8"},
      {{{20, "00"}, kId}, "offer_quantity_max"},
      {{{22, kNoPointHex}}, "offer_issuer_id is no valid point"},
      {{{22, "05" + kPointHex.substr(2)}}, "offer_issuer_id is no valid point"},
      {{{22, kPointHex.substr(2)}}, "offer_issuer_id is no valid point"},
      {{{22, kPointHex + "00"}}, "offer_issuer_id is no valid point"},
      {{{10, ""}}, "neither offer_issuer_id nor offer_paths"},
      {{{16, ""}}, "without any path"},
      {{{16, ""}, kId}, "without any path"},
      {{{16, "02"}, kId}, "first_node_id"},
      {{{16, "0000"}, kId}, "first_node_id"},
      {{{16, "04" + kPath.substr(2)}, kId}, "first_node_id"},
      {{{16, kNoPointHex + kPath.substr(66)}, kId}, "first_node_id"},
      {{{16, kPointHex + kNoPointHex + "01" + kHop}, kId}, "first_path_key"},
      {{{16, kPointHex + kOtherPointHex}, kId}, "cut short before its hops"},
      {{{16, kPointHex + kOtherPointHex + "00"}, kId}, "no hops"},
      {{{16, kPath + kPointHex + kOtherPointHex + "00"}, kId}, "no hops"},
      {{{16, kPointHex + kOtherPointHex + "02" + kHop}, kId}, "blinded_node_id"},
      {{{16, kPointHex + kOtherPointHex + "01" + kNoPointHex + "0000"}, kId}, "blinded_node_id"},
      {{{16, kPointHex + kOtherPointHex + "01" + kPointHex + "00"}, kId}, "hop in offer_paths is cut short"},
      {{{16, kPointHex + kOtherPointHex + "01" + kPointHex + "0002ff"}, kId},
       "hop in offer_paths is cut short"},
  };
  for (const auto& c : cases) {
    const auto offer = parse_offer(offer_text(c.fields));
    ASSERT_FALSE(offer) << c.message;
    EXPECT_EQ(offer.error().code(), base::Code::kInvalidArgument);
    EXPECT_THAT(offer.error().message(), HasSubstr(c.message));
  }
}

TEST(Offer, RefusesTextThatIsNoOffer) {
  const std::string good = offer_text({kId});
  const struct {
    std::string text;
    std::string message;
  } cases[] = {
      {"", "begins with \"lno1\""},
      {"lnr1qqyqqqqqqqqqqqqqq", "begins with \"lno1\""},
      {"lnbc1", "begins with \"lno1\""},
      {" " + good, "begins with \"lno1\""},
      {good + " ", "byte 0x20"},
      {good + "b", "byte 0x62"},
      {good + "1", "'1' cannot be in its data"},
      {good + std::string(1, '\0'), "byte 0x00"},
      {good + "\xC3", "byte 0xc3"},
      {good.substr(0, 20) + "P" + good.substr(20), "mixes lower and upper"},
      {good + "+", "'+'"},
      {"+" + good, "'+'"},
      {good.substr(0, 9) + "++" + good.substr(9), "'+'"},
      {good.substr(0, 9) + "+ +" + good.substr(9), "'+'"},
      {good.substr(0, 9) + " +" + good.substr(9), "'+'"},
      {good.substr(0, 9) + " " + good.substr(9), "byte 0x20"},
      {std::string(kMaxOfferCharacters + 1, 'q'), "at most 16384"},
  };
  for (const auto& c : cases) {
    const auto offer = parse_offer(c.text);
    ASSERT_FALSE(offer) << c.text;
    EXPECT_THAT(offer.error().message(), HasSubstr(c.message)) << c.text;
  }
}

TEST(Offer, ReadsUpToTheBound) {
  const std::string longest = offer_text({{4, std::string(2 * 10198, 'a')}, kId});
  ASSERT_GT(longest.size(), kMaxOfferCharacters - 8);
  ASSERT_LE(longest.size(), kMaxOfferCharacters);
  EXPECT_TRUE(parse_offer(longest));
}

TEST(Offer, TextIsCanonical) {
  const std::string good = offer_text({{10, hex_of_text("tea")}, kId});
  std::string upper = good;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  for (const std::string& text :
       {good, upper, "l+no1" + good.substr(4), good.substr(0, 9) + "+ \t\r\n" + good.substr(9)}) {
    const auto offer = parse_offer(text);
    ASSERT_TRUE(offer) << text;
    EXPECT_EQ(offer->text, good);
    EXPECT_EQ(offer->offer_id, parse_offer(good)->offer_id);
  }
}

TEST(Offer, IdChangesWithEveryField) {
  EXPECT_NE(parse_offer(offer_text({{10, "61"}, kId}))->offer_id,
            parse_offer(offer_text({{10, "62"}, kId}))->offer_id);
}

TEST(Tlv, BigSizeHasOneForm) {
  const struct {
    std::string hex;
    std::optional<std::uint64_t> value;
  } cases[] = {
      {"00", 0},
      {"fc", 252},
      {"fd00fd", 253},
      {"fdffff", 65535},
      {"fe00010000", 65536},
      {"feffffffff", 4294967295},
      {"ff0000000100000000", 4294967296},
      {"ffffffffffffffffff", 18446744073709551615U},
      {"", std::nullopt},
      {"fd00fc", std::nullopt},
      {"fe0000ffff", std::nullopt},
      {"ff00000000ffffffff", std::nullopt},
      {"fd00", std::nullopt},
      {"feffff", std::nullopt},
      {"ffffffffff", std::nullopt},
      {"fd", std::nullopt},
      {"fe", std::nullopt},
      {"ff", std::nullopt},
  };
  for (const auto& c : cases) {
    const std::vector<std::uint8_t> bytes = from_hex(c.hex);
    EXPECT_EQ(TlvReader{bytes}.take_big_size(), c.value) << c.hex;
  }
}

TEST(Tlv, StreamsAreNeverCutShort) {
  for (const char* hex : {"fd", "01", "01fd", "0102aa", "0100fd", "01ffffffffffffffffff00"}) {
    const std::vector<std::uint8_t> bytes = from_hex(hex);
    EXPECT_FALSE(read_tlv_stream(bytes)) << hex;
  }
  EXPECT_THAT(*read_tlv_stream({}), IsEmpty());
}

TEST(Utf8, IsRfc3629s) {
  for (const char* text : {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  for (const char* text : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x7F", "\xC2\xC0",
                           "\xE0\x9F\xBF", "\xE1\x80", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80", "\xF1\x80\x80", "\xFF", "a\xC2"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

}  // namespace
}  // namespace paynamed::names
