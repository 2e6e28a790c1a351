#include "state/proof_table.hpp"

#include <openssl/evp.h>

#include <array>

namespace paynamed::state {

ProofTable::ProofTable(Connection& connection)
    : connection_(&connection),
      find_trunk_(connection, "SELECT key FROM proof_trunks WHERE hash = ?"),
      insert_trunk_(connection, "INSERT INTO proof_trunks(key, hash, chain) VALUES (NULL, ?, ?)"),
      erase_trunk_(connection,
                   "DELETE FROM proof_trunks WHERE key = ?1 AND NOT EXISTS "
                   "(SELECT 1 FROM proofs WHERE trunk = ?1)"),
      trunk_of_name_(connection, "SELECT trunk FROM proofs WHERE name = ?"),
      put_(connection,
           "INSERT OR REPLACE INTO proofs(name, tenant, value, leaf, trunk, made, valid_from, expires, "
           "max_cache_ttl) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      erase_(connection, "DELETE FROM proofs WHERE name = ?") {}

base::Result<void> ProofTable::put(TenantKey tenant, std::int64_t name, const Proof& proof) {
  const auto before = trunk_of(name);
  if (!before) return base::fail(before.error());
  const auto trunk = trunk_key(proof.trunk);
  if (!trunk) return base::fail(trunk.error());
  auto done = put_.run(name, tenant, proof.value, Blob{proof.leaf}, *trunk, proof.made, proof.valid_from,
                       proof.expires, proof.max_cache_ttl_seconds);
  if (!done || *before == *trunk) return done;
  return erase_unused(*before);
}

base::Result<void> ProofTable::erase(std::int64_t name) {
  const auto trunk = trunk_of(name);
  if (!trunk) return base::fail(trunk.error());
  if (*trunk == 0) return {};
  if (auto done = erase_.run(name); !done) return done;
  return erase_unused(*trunk);
}

base::Result<std::int64_t> ProofTable::trunk_key(const std::vector<std::uint8_t>& trunk) {
  std::array<std::uint8_t, 32> hash{};
  if (EVP_Digest(trunk.data(), trunk.size(), hash.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    return base::fail(base::internal("OpenSSL computes no SHA-256; check the installation"));
  }
  const auto row = find_trunk_.first(Blob{hash});
  if (!row) return base::fail(row.error());
  if (*row) {
    const std::int64_t key = find_trunk_.integer(0);
    find_trunk_.reset();
    return key;
  }
  if (auto done = insert_trunk_.run(Blob{hash}, Blob{trunk}); !done) return base::fail(done.error());
  return sqlite3_last_insert_rowid(connection_->raw());
}

base::Result<std::int64_t> ProofTable::trunk_of(std::int64_t name) {
  const auto row = trunk_of_name_.first(name);
  if (!row) return base::fail(row.error());
  if (!*row) return 0;
  const std::int64_t trunk = trunk_of_name_.integer(0);
  trunk_of_name_.reset();
  return trunk;
}

base::Result<void> ProofTable::erase_unused(std::int64_t trunk) {
  if (trunk == 0) return {};
  return erase_trunk_.run(trunk);
}

}  // namespace paynamed::state
