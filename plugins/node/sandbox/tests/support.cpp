#include "support.hpp"

#include <gtest/gtest.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_recovery.h>
#include <secp256k1_schnorrsig.h>
#include <stdlib.h>

#include <fstream>
#include <iterator>

#include "keys.hpp"

namespace paynamed::sandbox::testing {

TemporaryFolder::TemporaryFolder() {
  auto pattern = (std::filesystem::temp_directory_path() / "paynamed-sandbox-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  EXPECT_EQ(hex.size() % 2, 0U);
  for (std::size_t index = 0; index + 1 < hex.size(); index += 2) {
    std::size_t used = 0;
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(std::string(hex.substr(index, 2)), &used, 16)));
    EXPECT_EQ(used, 2U) << hex;
  }
  return bytes;
}

std::vector<std::uint8_t> bech32_words(std::string_view text) {
  constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  std::vector<std::uint8_t> words;
  for (const char character : text.substr(text.rfind('1') + 1)) {
    const auto value = kAlphabet.find(character);
    EXPECT_NE(value, std::string_view::npos) << character;
    words.push_back(static_cast<std::uint8_t>(value));
  }
  return words;
}

Bytes bytes_of_words(const std::vector<std::uint8_t>& words) {
  Bytes bytes(words.size() * 5 / 8);
  for (std::size_t bit = 0; bit < words.size() * 5; ++bit) {
    const auto value = (words[bit / 5] >> (4 - bit % 5)) & 1;
    if (bit / 8 < bytes.size()) {
      bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | (value << (7 - bit % 8)));
    } else {
      EXPECT_EQ(value, 0) << "padding must be zero";
    }
  }
  return bytes;
}

std::map<std::uint64_t, Bytes> tlv_records(BytesView stream) {
  std::map<std::uint64_t, Bytes> records;
  std::size_t at = 0;
  const auto next = [&] {
    std::uint64_t value = stream[at++];
    EXPECT_LT(value, 0xfeU);
    if (value == 0xfd) {
      value = static_cast<std::uint64_t>(stream[at] << 8 | stream[at + 1]);
      at += 2;
    }
    return value;
  };
  while (at < stream.size()) {
    const auto type = next();
    const auto length = next();
    EXPECT_TRUE(records.empty() || records.rbegin()->first < type);
    if (at + length > stream.size()) {
      ADD_FAILURE() << "record " << type << " is cut off";
      break;
    }
    records[type] = Bytes(stream.begin() + static_cast<std::ptrdiff_t>(at),
                          stream.begin() + static_cast<std::ptrdiff_t>(at + length));
    at += length;
  }
  return records;
}

bool schnorr_verifies(BytesView signature, BytesView hash, BytesView public_key) {
  const Curve curve;
  secp256k1_xonly_pubkey key;
  return signature.size() == 64 && hash.size() == 32 && public_key.size() == 33 &&
         secp256k1_xonly_pubkey_parse(curve.get(), &key, public_key.subspan(1).data()) == 1 &&
         secp256k1_schnorrsig_verify(curve.get(), signature.data(), hash.data(), hash.size(), &key) == 1;
}

Bytes recovered_key(BytesView signature, BytesView hash) {
  const Curve curve;
  secp256k1_ecdsa_recoverable_signature parsed;
  secp256k1_pubkey key;
  Bytes compressed(33);
  auto size = compressed.size();
  EXPECT_EQ(secp256k1_ecdsa_recoverable_signature_parse_compact(curve.get(), &parsed, signature.data(),
                                                                signature[64]),
            1);
  EXPECT_EQ(secp256k1_ecdsa_recover(curve.get(), &key, &parsed, hash.data()), 1);
  secp256k1_ec_pubkey_serialize(curve.get(), compressed.data(), &size, &key, SECP256K1_EC_COMPRESSED);
  return compressed;
}

}  // namespace paynamed::sandbox::testing
