#include "names/proof/signature_memory.hpp"

#include <vector>

#include "names/proof/signature.hpp"

namespace paynamed::names {
namespace {

// With their lengths, so that no byte can pass from one part to the next.
Hash256 hash_of(const Dnskey& key, ByteView message, ByteView signature) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(24 + key.rdata.size() + message.size() + signature.size());
  for (const ByteView part : {key.rdata, message, signature}) {
    const std::uint64_t size = part.size();
    for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(size >> shift));
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return sha256(bytes);
}

}  // namespace

bool SignatureMemory::holds(const Dnskey& key, ByteView message, ByteView signature) {
  const Hash256 what = hash_of(key, message, signature);
  if (knows(what)) return true;
  if (!signature_holds(key, message, signature)) return false;
  remember(what);
  return true;
}

std::size_t SignatureMemory::size() const {
  const std::lock_guard lock(mutex_);
  return recent_.size();
}

std::size_t SignatureMemory::reused() const {
  const std::lock_guard lock(mutex_);
  return reused_;
}

bool SignatureMemory::knows(const Hash256& what) {
  const std::lock_guard lock(mutex_);
  const auto known = places_.find(what);
  if (known == places_.end()) return false;
  recent_.splice(recent_.begin(), recent_, known->second);
  ++reused_;
  return true;
}

void SignatureMemory::remember(const Hash256& what) {
  const std::lock_guard lock(mutex_);
  if (most_ == 0 || places_.contains(what)) return;
  if (recent_.size() >= most_) {
    places_.erase(recent_.back());
    recent_.pop_back();
  }
  recent_.push_front(what);
  places_[what] = recent_.begin();
}

}  // namespace paynamed::names
