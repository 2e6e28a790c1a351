#include "names/txt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace paynamed::names {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Le;
using testing::Property;

TEST(Txt, SplitsAt255AndJoinsBack) {
  const struct {
    std::size_t bytes;
    std::size_t strings;
  } cases[] = {{0, 1}, {1, 1}, {254, 1}, {255, 1}, {256, 2}, {510, 2}, {511, 3}, {4000, 16}, {65279, 256}};
  for (const auto& c : cases) {
    std::string value;
    for (std::size_t i = 0; i < c.bytes; ++i) value += static_cast<char>('a' + i % 26);
    const auto strings = split_txt(value);
    ASSERT_TRUE(strings) << c.bytes;
    EXPECT_EQ(strings->size(), c.strings) << c.bytes;
    EXPECT_THAT(*strings, Each(Property(&std::string::size, Le(kMaxTxtStringBytes))));
    EXPECT_EQ(join_txt(*strings), value);
    EXPECT_EQ(txt_rdata_bytes(c.bytes), c.bytes + c.strings);
  }
}

TEST(Txt, RefusesWhatRdlengthCannotSay) {
  // 65279 bytes take 256 strings: 65535.
  EXPECT_TRUE(split_txt(std::string(65279, 'a')));
  EXPECT_FALSE(split_txt(std::string(65280, 'a')));
  EXPECT_FALSE(split_txt(std::string(1'000'000, 'a')));
}

// BIP-353: character-strings are concatenated, records are not.
TEST(PaymentRecord, IsTheOneThatBeginsWithBitcoin) {
  const struct {
    std::vector<TxtStrings> records;
    std::string picked;
  } cases[] = {
      {{{"bitcoin:?lno=lno1x"}}, "bitcoin:?lno=lno1x"},
      {{{"BITCOIN:?LNO=LNO1X"}}, "BITCOIN:?LNO=LNO1X"},
      {{{"BitCoin:", "?lno=", "lno1x"}}, "BitCoin:?lno=lno1x"},
      {{{"bit", "coin:?lno=lno1x"}}, "bitcoin:?lno=lno1x"},
      {{{"v=spf1 -all"}, {"bitcoin:?lno=lno1x"}, {" bitcoin:?lno=y"}, {"bitcoin"}, {""}, {}},
       "bitcoin:?lno=lno1x"},
  };
  for (const auto& c : cases) {
    const auto picked = pick_payment_record(c.records);
    ASSERT_TRUE(picked) << c.picked << ": " << picked.error().message();
    EXPECT_EQ(*picked, c.picked);
  }
}

TEST(PaymentRecord, IsNotFoundWithoutOne) {
  for (const std::vector<TxtStrings>& records : std::vector<std::vector<TxtStrings>>{
           {}, {{"v=spf1"}}, {{"bit"}, {"coin:?lno=x"}}, {{""}}, {{"bitcoin"}}}) {
    const auto picked = pick_payment_record(records);
    ASSERT_FALSE(picked);
    EXPECT_EQ(picked.error().code(), base::Code::kNotFound);
  }
}

TEST(PaymentRecord, IsInvalidIfThereAreSeveral) {
  for (const std::vector<TxtStrings>& records :
       std::vector<std::vector<TxtStrings>>{{{"bitcoin:?lno=x"}, {"bitcoin:?lno=x"}},
                                            {{"bitcoin:?lno=x"}, {"other"}, {"Bitcoin:1"}},
                                            {{"bitcoin:"}, {"bit", "coin:"}}}) {
    const auto picked = pick_payment_record(records);
    ASSERT_FALSE(picked);
    EXPECT_EQ(picked.error().code(), base::Code::kInvalidArgument);
    EXPECT_THAT(picked.error().message(), HasSubstr("2 TXT records"));
  }
}

}  // namespace
}  // namespace paynamed::names
