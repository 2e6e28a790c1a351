#include "names/hash.hpp"

#include <openssl/sha.h>

#include <vector>

namespace paynamed::names {

Hash256 sha256(Bytes bytes) {
  Hash256 out;
  SHA256(bytes.data(), bytes.size(), out.data());
  return out;
}

Hash256 tagged_hash(Bytes tag, std::initializer_list<Bytes> parts) {
  const Hash256 tag_hash = sha256(tag);
  std::vector<std::uint8_t> message;
  message.insert(message.end(), tag_hash.begin(), tag_hash.end());
  message.insert(message.end(), tag_hash.begin(), tag_hash.end());
  for (const Bytes part : parts) message.insert(message.end(), part.begin(), part.end());
  return sha256(message);
}

Hash256 tagged_hash(std::string_view tag, std::initializer_list<Bytes> parts) {
  const std::vector<std::uint8_t> bytes(tag.begin(), tag.end());
  return tagged_hash(Bytes{bytes}, parts);
}

}  // namespace paynamed::names
