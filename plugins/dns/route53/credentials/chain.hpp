// CredentialChain: the credentials to sign with now, from the first source that has some. Temporary ones are
// kept and refreshed well before they end, by one question at a time; while that is under way, or fails, the
// old ones are used as long as they last. Others are read anew for each use.
//
// Threads: on the strand.
#pragma once

#include <paynamed/config.hpp>
#include <paynamed/host.hpp>
#include <vector>

#include "source.hpp"

namespace paynamed::route53 {

class CredentialChain {
 public:
  using Then = std::function<void(Result<Credentials>)>;

  CredentialChain(Host host, std::vector<std::unique_ptr<CredentialSource>> sources)
      : host_(std::move(host)), sources_(std::move(sources)) {}

  // `then` may run at once. UNAUTHENTICATED when no source has any: the sentence says what was tried.
  void get(Then then);
  // AWS refuses these: the next get() asks again.
  void forget(const std::string& access_key_id);

 private:
  bool usable() const;
  bool wants_refresh() const;
  void refresh();
  void try_source(std::size_t index, std::string tried);
  void finish(Result<Credentials> result);
  void keep(const Credentials& found);

  Host host_;
  std::vector<std::unique_ptr<CredentialSource>> sources_;
  std::optional<Credentials> kept_;
  WallTime refresh_at_{};
  bool refreshing_ = false;
  std::vector<Then> waiting_;
};

// The configured keys alone when there are some, else all that AWS's tools look at, in their order.
std::vector<std::unique_ptr<CredentialSource>> credential_sources(const Host& host, const Config& config,
                                                                  const Environment& environment);

}  // namespace paynamed::route53
