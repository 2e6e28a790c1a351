// ProofQueries: the stored proofs of names.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "state/sqlite.hpp"
#include "state/store.hpp"

namespace paynamed::state {

class ProofQueries {
 public:
  explicit ProofQueries(Connection& connection);

  // As Store.
  base::Result<std::optional<Proof>> find_proof(std::string_view name);
  base::Result<std::vector<Store::EndingProof>> proofs_ending(base::WallTime time, Store::ProofPlace after,
                                                              std::uint32_t limit);

 private:
  Statement find_proof_;
  Statement proofs_ending_;
};

}  // namespace paynamed::state
