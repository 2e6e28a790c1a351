// ProofTable: the DNSSEC proof of each proven name, as operational rows. Proofs of one zone share their
// trunk, which is most of their bytes, so it is stored once.
//
// Threads: belongs to the thread of its connection. Every function works inside the caller's transaction.
#pragma once

#include "base/result.hpp"
#include "state/model.hpp"
#include "state/sqlite.hpp"

namespace paynamed::state {

class ProofTable {
 public:
  explicit ProofTable(Connection& connection);

  // The proof of the name with the key `name`, instead of an earlier one.
  base::Result<void> put(TenantKey tenant, std::int64_t name, const Proof& proof);
  base::Result<void> erase(std::int64_t name);

 private:
  base::Result<std::int64_t> trunk_key(const std::vector<std::uint8_t>& trunk);
  // The trunk of the name's proof, 0 without one.
  base::Result<std::int64_t> trunk_of(std::int64_t name);
  base::Result<void> erase_unused(std::int64_t trunk);

  Connection* connection_;
  Statement find_trunk_;
  Statement insert_trunk_;
  Statement erase_trunk_;
  Statement trunk_of_name_;
  Statement put_;
  Statement erase_;
};

}  // namespace paynamed::state
