#include "tlv.hpp"

#include <optional>

#include "hash.hpp"
#include "paynamed/error.hpp"

namespace paynamed::sandbox {
namespace {

Bytes encode_record(std::uint64_t type, BytesView value) {
  Bytes record;
  append_bigsize(record, type);
  append_bigsize(record, value.size());
  append(record, value);
  return record;
}

Bytes32 branch(const Bytes32& one, const Bytes32& other) {
  return one < other ? tagged_hash("LnBranch", {one, other}) : tagged_hash("LnBranch", {other, one});
}

}  // namespace

void append_bigsize(Bytes& to, std::uint64_t value) {
  if (value < 0xfd) {
    to.push_back(static_cast<std::uint8_t>(value));
  } else if (value <= 0xffff) {
    to.push_back(0xfd);
    append_integer(to, static_cast<std::uint16_t>(value));
  } else if (value <= 0xffffffff) {
    to.push_back(0xfe);
    append_integer(to, static_cast<std::uint32_t>(value));
  } else {
    to.push_back(0xff);
    append_integer(to, value);
  }
}

void TlvStream::set(std::uint64_t type, BytesView value) {
  records_[type] = Bytes(value.begin(), value.end());
}

void TlvStream::set(std::uint64_t type, std::string_view text) {
  set(type, view(text));
}

void TlvStream::set_integer(std::uint64_t type, std::uint64_t value) {
  Bytes all;
  append_integer(all, value);
  auto start = all.begin();
  while (start != all.end() && *start == 0) ++start;
  records_[type] = Bytes(start, all.end());
}

Bytes TlvStream::encode() const {
  Bytes stream;
  for (const auto& [type, value] : records_) append(stream, encode_record(type, value));
  return stream;
}

Bytes32 TlvStream::merkle_root() const {
  constexpr std::uint64_t kFirstSignature = 240;
  constexpr std::uint64_t kLastSignature = 1000;
  std::vector<Bytes32> level;
  std::optional<Bytes> nonce_tag;
  for (const auto& [type, value] : records_) {
    if (type >= kFirstSignature && type <= kLastSignature) continue;
    const auto record = encode_record(type, value);
    if (!nonce_tag) {
      nonce_tag = Bytes();
      append(*nonce_tag, view("LnNonce"));
      append(*nonce_tag, record);
    }
    Bytes type_bytes;
    append_bigsize(type_bytes, type);
    level.push_back(
        branch(tagged_hash("LnLeaf", {record}), tagged_hash(BytesView(*nonce_tag), {type_bytes})));
  }
  if (level.empty()) throw Error(Code::kInternal, "A TLV stream without records has no merkle root.");
  while (level.size() > 1) {
    std::vector<Bytes32> above;
    for (std::size_t index = 0; index + 1 < level.size(); index += 2) {
      above.push_back(branch(level[index], level[index + 1]));
    }
    if (level.size() % 2 == 1) above.push_back(level.back());
    level = std::move(above);
  }
  return level.front();
}

}  // namespace paynamed::sandbox
