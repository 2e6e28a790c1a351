// SignatureMemory: signatures that were verified and hold. The proofs of one zone share all of their keys and
// DS records: whoever verifies many of them checks the signatures over these once.
//
// Only what holds is remembered, by the SHA-256 of key, message and signature: nobody who can make us verify
// something can make us take another signature for it.
//
// Threads: every function may be called from any thread.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <mutex>

#include "names/hash.hpp"
#include "names/proof/rdata.hpp"

namespace paynamed::names {

class SignatureMemory {
 public:
  // As many are remembered, those used last.
  explicit SignatureMemory(std::size_t most = 4'096) : most_(most) {}

  // As signature_holds().
  bool holds(const Dnskey& key, ByteView message, ByteView signature);

  // How many are remembered, and how often one of them was asked for again.
  std::size_t size() const;
  std::size_t reused() const;

 private:
  bool knows(const Hash256& what);
  void remember(const Hash256& what);

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::list<Hash256> recent_;  // the last used first
  std::map<Hash256, std::list<Hash256>::iterator> places_;
  std::size_t reused_ = 0;
};

}  // namespace paynamed::names
