#include "bolt11.hpp"

#include "bech32.hpp"
#include "hash.hpp"
#include "paynamed/error.hpp"

namespace paynamed::sandbox {
namespace {

// The shortest form: the largest multiplier of bitcoin that divides the amount (BOLT 11, human-readable
// part).
std::string amount_text(std::uint64_t msat) {
  struct Multiplier {
    std::uint64_t msat;
    const char* letter;
  };
  constexpr Multiplier kMultipliers[] = {
      {100'000'000'000, ""}, {100'000'000, "m"}, {100'000, "u"}, {100, "n"}};
  for (const auto& [unit, letter] : kMultipliers) {
    if (msat % unit == 0) return std::to_string(msat / unit) + letter;
  }
  return std::to_string(msat) + "0p";  // a millisatoshi is ten pico-bitcoin
}

// Most significant word first, exactly `count` of them.
void append_words(Words& to, std::uint64_t value, int count) {
  for (int shift = (count - 1) * 5; shift >= 0; shift -= 5) {
    to.push_back(static_cast<std::uint8_t>((value >> shift) & 31));
  }
}

Words shortest_words(std::uint64_t value) {
  int count = 1;
  while ((value >> (count * 5)) != 0) ++count;
  Words words;
  append_words(words, value, count);
  return words;
}

void append_field(Words& to, std::uint8_t type, const Words& value) {
  to.push_back(type);
  append_words(to, value.size(), 2);
  to.insert(to.end(), value.begin(), value.end());
}

// The signature covers the words as bytes, filled with zero bits.
Bytes words_as_bytes(const Words& words) {
  Bytes bytes;
  std::uint32_t held = 0;
  int bits = 0;
  for (const auto word : words) {
    held = (held << 5) | word;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::uint8_t>(held >> bits));
    }
  }
  if (bits > 0) bytes.push_back(static_cast<std::uint8_t>(held << (8 - bits)));
  return bytes;
}

}  // namespace

std::string bolt11_string(const Bolt11Terms& terms, const Key& node) {
  constexpr std::uint8_t kPaymentSecret = 16;  // "s"
  constexpr std::uint8_t kPaymentHash = 1;     // "p"
  constexpr std::uint8_t kDescription = 13;    // "d"
  constexpr std::uint8_t kExpiry = 6;          // "x"
  constexpr std::uint8_t kCltvExpiry = 24;     // "c"
  constexpr std::uint8_t kFeatures = 5;        // "9"
  constexpr std::uint64_t kRequiredFeatures = (1U << 8) | (1U << 14);

  if (terms.description.size() > kMaxDescription) {
    throw Error(Code::kInvalidArgument, "A BOLT 11 description has at most " +
                                            std::to_string(kMaxDescription) + " bytes; this one has " +
                                            std::to_string(terms.description.size()) + ".");
  }
  if (terms.timestamp >> 35 != 0) {
    throw Error(Code::kInvalidArgument, "BOLT 11 has no room for a time after the year 3058.");
  }
  Words words;
  append_words(words, terms.timestamp, 7);
  append_field(words, kPaymentSecret, to_words(terms.payment_secret));
  append_field(words, kPaymentHash, to_words(terms.payment_hash));
  append_field(words, kDescription, to_words(view(terms.description)));
  if (terms.expiry_seconds) append_field(words, kExpiry, shortest_words(*terms.expiry_seconds));
  if (terms.final_cltv_expiry) append_field(words, kCltvExpiry, shortest_words(*terms.final_cltv_expiry));
  append_field(words, kFeatures, shortest_words(kRequiredFeatures));

  const auto prefix = terms.prefix + (terms.amount_msat == 0 ? "" : amount_text(terms.amount_msat));
  const auto signature = node.sign_recoverable(sha256({view(prefix), words_as_bytes(words)}));
  const auto signature_words = to_words(signature);
  words.insert(words.end(), signature_words.begin(), signature_words.end());
  return bech32(prefix, words, Checksum::kBech32);
}

}  // namespace paynamed::sandbox
