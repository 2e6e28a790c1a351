// ProofSource: proofs for whoever asks over the API. Names of this daemon come from the store as long as
// their proof is no older than the name's TTLs; everything else is proven anew, and remembered so long. A
// proof that is asked for often is made anew shortly before its time is over, so that nobody waits for it.
//
// Threads: proof_of() may be called on any executor, many at once. What it is given must outlive it.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "base/name.hpp"
#include "process/remembered_proofs.hpp"
#include "state/store.hpp"

namespace paynamed::process {

class ProofSource {
 public:
  struct Dependencies {
    boost::asio::any_io_executor workers;  // for proofs made ahead of time
    state::Store& store;
    base::Clock& clock;
    // Whether the daemon manages a domain.
    std::function<bool(std::string_view domain)> is_ours;
    // DnsChecks::prove_record
    std::function<boost::asio::awaitable<base::Result<state::Proof>>(base::Name name, base::Duration most)>
        prove;
  };
  explicit ProofSource(Dependencies dependencies);

  // A proof that a wallet may use now (BIP-353: none is handed on for longer than the least TTL of its
  // chain). Failures: NOT_FOUND for a name of ours that is not proven; UNAUTHENTICATED for a foreign name
  // unless `any_domain`; INVALID_ARGUMENT for special-use domains (RFC 6761), which have no place in the
  // public tree; RESOURCE_EXHAUSTED while too many are being proven; else as Prover.
  boost::asio::awaitable<base::Result<state::Proof>> proof_of(base::Name name, bool any_domain);

  // How long a proof may take to be made; shorter when an older one can be given instead.
  static constexpr base::Duration kProve{20'000};
  static constexpr base::Duration kFallBackAfter{4'000};

 private:
  boost::asio::awaitable<base::Result<state::Proof>> prove(base::Name name, base::Duration most);
  boost::asio::awaitable<void> renew(base::Name name);
  void renew_ahead(const base::Name& name);
  base::WallTime end_of_use(const state::Proof& proof) const;
  bool is_fresh(const state::Proof& proof) const;
  bool is_worth_renewing(const RememberedProofs::Found& found) const;

  const Dependencies with_;
  RememberedProofs remembered_;
  // Shared with every proof at work, which may end after this does.
  const std::shared_ptr<std::atomic<int>> proving_;
};

}  // namespace paynamed::process
