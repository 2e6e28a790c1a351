#include "bech32.hpp"

#include <array>

namespace paynamed::sandbox {
namespace {

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kChecksumWords = 6;

// The code of BIP 173 over one more word.
std::uint32_t polymod(std::uint32_t state, std::uint8_t word) {
  constexpr std::array<std::uint32_t, 5> kGenerator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                       0x2a1462b3};
  const auto top = state >> 25;
  state = ((state & 0x1ffffff) << 5) ^ word;
  for (std::size_t bit = 0; bit < kGenerator.size(); ++bit) {
    if (((top >> bit) & 1) != 0) state ^= kGenerator[bit];
  }
  return state;
}

Words checksum_words(std::string_view prefix, const Words& words, std::uint32_t constant) {
  std::uint32_t state = 1;
  for (const char character : prefix) {
    state = polymod(state, static_cast<std::uint8_t>(static_cast<std::uint8_t>(character) >> 5));
  }
  state = polymod(state, 0);
  for (const char character : prefix) state = polymod(state, static_cast<std::uint8_t>(character & 31));
  for (const auto word : words) state = polymod(state, word);
  for (std::size_t index = 0; index < kChecksumWords; ++index) state = polymod(state, 0);
  state ^= constant;
  Words checksum;
  for (std::size_t index = 0; index < kChecksumWords; ++index) {
    checksum.push_back(static_cast<std::uint8_t>((state >> (5 * (kChecksumWords - 1 - index))) & 31));
  }
  return checksum;
}

}  // namespace

Words to_words(BytesView bytes) {
  Words words;
  std::uint32_t held = 0;
  int bits = 0;
  for (const auto byte : bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      words.push_back(static_cast<std::uint8_t>((held >> bits) & 31));
    }
  }
  if (bits > 0) words.push_back(static_cast<std::uint8_t>((held << (5 - bits)) & 31));
  return words;
}

std::string bech32(std::string_view prefix, const Words& words, Checksum checksum) {
  std::string text(prefix);
  text.push_back('1');
  for (const auto word : words) text.push_back(kAlphabet[word]);
  if (checksum != Checksum::kNone) {
    const std::uint32_t constant = checksum == Checksum::kBech32 ? 1 : 0x2bc830a3;
    for (const auto word : checksum_words(prefix, words, constant)) text.push_back(kAlphabet[word]);
  }
  return text;
}

}  // namespace paynamed::sandbox
