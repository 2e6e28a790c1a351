// The name that a payer claims, out of BOLT 12 invoices whole and broken.
#include "claimed_name.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace paynamed::cln {
namespace {

std::string big_size(std::uint64_t value) {
  if (value < 0xFD) return std::string(1, static_cast<char>(value));
  return std::string("\xfd") + static_cast<char>(value >> 8) + static_cast<char>(value & 0xFF);
}

std::string record(std::uint64_t type, const std::string& value) {
  return big_size(type) + big_size(value.size()) + value;
}

std::string name(const std::string& user, const std::string& domain) {
  return static_cast<char>(user.size()) + user + static_cast<char>(domain.size()) + domain;
}

std::string invoice(const std::string& stream) {
  constexpr char kAlphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  std::string text = "lni1";
  unsigned bits = 0;
  unsigned count = 0;
  for (const char each : stream) {
    bits = (bits << 8 | static_cast<unsigned char>(each)) & 0xFFFF;
    for (count += 8; count >= 5; count -= 5) text += kAlphabet[bits >> (count - 5) & 31];
  }
  if (count > 0) text += kAlphabet[bits << (5 - count) & 31];
  return text;
}

TEST(ClaimedName, IsThatOfTheRequest) {
  const std::string before = record(0, std::string(40, 'm')) + record(10, std::string(300, 'd'));
  const std::string after = record(160, std::string(600, 'p')) + record(1'000, "x");
  EXPECT_EQ(claimed_name(invoice(before + record(91, name("al", "example.com")) + after)), "al@example.com");
  EXPECT_EQ(claimed_name(invoice(record(91, name("al", "example.com")))), "al@example.com");
  EXPECT_EQ(claimed_name(invoice(record(91, name("\xff@", "b\n")))), "\xff@@b\n") << "who reads it judges it";
  EXPECT_EQ(claimed_name(invoice(before + after)), "");
}

TEST(ClaimedName, WhatIsBrokenHasNone) {
  const std::string whole = record(0, "m") + record(91, name("al", "example.com"));
  for (const std::string& bad :
       {std::string{}, std::string("lni"), std::string("lni1"), std::string("lni1b"),
        "lno" + invoice(whole).substr(3), invoice(whole) + "!", invoice(record(91, "")),
        invoice(record(91,
                       "\x05"
                       "al")),
        invoice(record(91, name("al", ""))), invoice(record(91, name("", "example.com"))),
        invoice(record(91, std::string("\x02"
                                       "al"))),
        invoice(record(160, "x") + whole),
        invoice(std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                            "a") +
                whole)}) {
    EXPECT_EQ(claimed_name(bad), "") << bad;
  }
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(claimed_name(invoice(whole.substr(0, size))), "") << size;
}

}  // namespace
}  // namespace paynamed::cln
