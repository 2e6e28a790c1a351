// ProofSource: proofs for whoever asks over the API. Names of this daemon come from the store as long as
// their proof is no older than the name's TTLs; everything else is proven anew, and remembered so long.
//
// Threads: proof_of() may be called on any executor, many at once. What it is given must outlive it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <list>
#include <map>
#include <mutex>

#include "process/dns_checks.hpp"
#include "state/store.hpp"

namespace paynamed::process {

class ProofSource {
 public:
  // `is_ours` says whether the daemon manages a domain.
  ProofSource(state::Store& store, const DnsChecks& dns, std::function<bool(std::string_view domain)> is_ours,
              base::Clock& clock);

  // A proof that a wallet may use now (BIP-353: none is handed on for longer than the least TTL of its
  // chain). Failures: NOT_FOUND for a name of ours that is not proven; UNAUTHENTICATED for a foreign name
  // unless `any_domain`; INVALID_ARGUMENT for special-use domains (RFC 6761), which have no place in the
  // public tree; RESOURCE_EXHAUSTED while too many are being proven; else as Prover.
  boost::asio::awaitable<base::Result<state::Proof>> proof_of(base::Name name, bool any_domain);

 private:
  struct Remembered {
    std::string name;
    state::Proof proof;
  };

  std::optional<state::Proof> remembered(const std::string& name);
  void remember(const std::string& name, const state::Proof& proof);
  boost::asio::awaitable<base::Result<state::Proof>> prove(base::Name name, base::Duration most);
  bool is_fresh(const state::Proof& proof) const;

  state::Store& store_;
  const DnsChecks& dns_;
  const std::function<bool(std::string_view domain)> is_ours_;
  base::Clock& clock_;

  std::mutex mutex_;
  std::list<Remembered> recent_;  // the last used first
  std::map<std::string, std::list<Remembered>::iterator> places_;
  std::size_t proving_ = 0;
};

}  // namespace paynamed::process
