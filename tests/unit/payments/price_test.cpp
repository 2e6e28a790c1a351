// An amount of another currency in millisatoshi: exact, and never less than the price.
#include "payments/price.hpp"

#include <gmock/gmock.h>

namespace paynamed::payments {
namespace {

TEST(Price, IsExactAndRoundedUp) {
  struct Case {
    const char* amount;
    const char* rate;
    std::uint64_t msat;
  };
  const Case cases[] = {
      {"1", "1", 100'000'000'000},
      {"12.50", "50000", 25'000'000},
      {"12.5", "50000.00", 25'000'000},
      {"10", "30000", 33'333'334},
      {"0.1", "0.3", 33'333'333'334},
      {"0.00000001", "1", 1'000},
      {"0.00000001", "99999999.99999999", 1},
      {"1", "3", 33'333'333'334},
      // 0.1 + 0.2 is 0.3 here.
      {"0.3", "1", 30'000'000'000},
      {"999999999999999999", "999999999999999999", 100'000'000'000},
      {"21000000", "1", 2'100'000'000'000'000'000},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(std::string{each.amount} + " at " + each.rate);
    const auto msat = msat_of(each.amount, each.rate);
    ASSERT_TRUE(msat) << msat.error().to_string();
    EXPECT_EQ(*msat, each.msat);
  }
}

TEST(Price, WhatIsNoDecimalOrTooMuchIsRefused) {
  for (const char* text :
       {"", "0", "0.0", "-1", "+1", "1e3", "1,5", ".5", "5.", "1.2.3", " 1", "1 ", "01", "00", "0.123456789",
        "1234567890123456789", "12345678901.12345678", "NaN", "\xff"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(msat_of(text, "1"));
    EXPECT_FALSE(msat_of("1", text));
  }
  EXPECT_TRUE(is_decimal("0.01"));
  for (const char* text : {"0", "0.0"}) EXPECT_FALSE(is_decimal(text)) << text;
  EXPECT_FALSE(is_decimal("1e3"));
  EXPECT_FALSE(msat_of("21000000.00000001", "1")) << "more than all bitcoin";
  EXPECT_FALSE(msat_of("999999999999999999", "0.00000001"));
}

}  // namespace
}  // namespace paynamed::payments
