#include "state/proof_queries.hpp"

#include <algorithm>

#include "state/rows.hpp"

namespace paynamed::state {

ProofQueries::ProofQueries(Connection& connection)
    : find_proof_(connection,
                  "SELECT p.value, p.leaf, t.chain, p.made, p.valid_from, p.expires, p.max_cache_ttl "
                  "FROM names n JOIN proofs p ON p.name = n.key JOIN proof_trunks t ON t.key = p.trunk "
                  "WHERE n.name = ? AND n.state >= 0 AND n.value = p.value"),
      proofs_ending_(connection,
                     "SELECT t.name, n.name, p.expires, p.name FROM proofs p INDEXED BY proofs_by_end "
                     "JOIN names n ON n.key = p.name JOIN tenants t ON t.key = p.tenant "
                     "WHERE p.expires < ?1 AND (p.expires, p.name) > (?2, ?3) "
                     "ORDER BY p.expires, p.name LIMIT ?4") {}

base::Result<std::optional<Proof>> ProofQueries::find_proof(std::string_view name) {
  return at_most_one<Proof>(find_proof_, find_proof_.first(name), [](const Statement& row) {
    const auto bytes = [&](int column) {
      const Blob blob = row.blob(column);
      return std::vector<std::uint8_t>(blob.begin(), blob.end());
    };
    return Proof{std::string{row.text(0)},
                 bytes(1),
                 bytes(2),
                 row.time(3),
                 row.time(4),
                 row.time(5),
                 static_cast<std::uint32_t>(row.integer(6))};
  });
}

base::Result<std::vector<Store::EndingProof>> ProofQueries::proofs_ending(base::WallTime time,
                                                                          Store::ProofPlace after,
                                                                          std::uint32_t limit) {
  return collect<Store::EndingProof>(
      proofs_ending_, proofs_ending_.first(time, after.expires, after.name, std::min(limit, kMaxRows)),
      [](const Statement& row) {
        return Store::EndingProof{
            std::string{row.text(0)}, std::string{row.text(1)}, {row.time(2), row.integer(3)}};
      });
}

}  // namespace paynamed::state
