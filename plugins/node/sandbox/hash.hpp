// The hashes and the cipher of the BOLTs, from OpenSSL.
//
// Threads: free functions over values. They throw Error(kInternal) if OpenSSL cannot work at all.
#pragma once

#include <initializer_list>
#include <string_view>

#include "bytes.hpp"

namespace paynamed::sandbox {

Bytes32 sha256(std::initializer_list<BytesView> parts);

// BIP 340: SHA256(SHA256(tag) || SHA256(tag) || parts).
Bytes32 tagged_hash(std::string_view tag, std::initializer_list<BytesView> parts);
Bytes32 tagged_hash(BytesView tag, std::initializer_list<BytesView> parts);

Bytes32 hmac_sha256(BytesView key, std::initializer_list<BytesView> parts);

// RFC 8439 with a nonce of zeros and no associated data: the ciphertext and its 16 bytes of tag (BOLT 4,
// encrypted recipient data). A key must be used once only.
Bytes chacha20_poly1305(const Bytes32& key, BytesView plain);

}  // namespace paynamed::sandbox
