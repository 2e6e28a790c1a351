// A blinded path of one hop: the node itself, as BOLT 12 allows to those who do not hide ("a path of length 1
// with only themselves").
//
// Threads: free functions over values.
#pragma once

#include "keys.hpp"

namespace paynamed::sandbox {

// BOLT 4 "Route Blinding": blinded_path with its first node, path key and one hop, whose encrypted data is
// `recipient_data` (a TLV stream, encrypted_data_tlv). `ephemeral` must be a fresh key for each path.
Bytes own_blinded_path(const Curve& curve, const PublicKey& node, const Key& ephemeral,
                       BytesView recipient_data);

}  // namespace paynamed::sandbox
