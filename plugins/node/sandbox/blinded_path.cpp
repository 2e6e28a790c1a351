#include "blinded_path.hpp"

#include "hash.hpp"

namespace paynamed::sandbox {

Bytes own_blinded_path(const Curve& curve, const PublicKey& node, const Key& ephemeral,
                       BytesView recipient_data) {
  const auto secret = ephemeral.shared_secret(node);
  const auto blinded_node = multiply(curve, node, hmac_sha256(view("blinded_node_id"), {secret}));
  const auto encrypted = chacha20_poly1305(hmac_sha256(view("rho"), {secret}), recipient_data);

  Bytes path;
  append(path, node);
  append(path, ephemeral.public_key());
  path.push_back(1);
  append(path, blinded_node);
  append_integer(path, static_cast<std::uint16_t>(encrypted.size()));
  append(path, encrypted);
  return path;
}

}  // namespace paynamed::sandbox
