// On which Bitcoin network a node instance makes its offers, as it says itself, and whether that fits a
// domain.
//
// Threads: coroutines and pure functions; any executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "pipeline/actions/services.hpp"

namespace paynamed::pipeline {

// NodeBackend's Describe: "bitcoin", "testnet", "signet", "regtest". Fails when the instance does not say so
// within two seconds, as while it is not called because its calls fail.
boost::asio::awaitable<base::Result<std::string>> network_of(Services services, std::string instance);

// What instances said a while ago, so that many requests that name one cost it one question.
//
// Threads: of() may be called from any thread; the clock outlives it.
class KnownNetworks {
 public:
  using Ask = std::function<boost::asio::awaitable<base::Result<std::string>>(std::string instance)>;
  // `ask`: network_of.
  KnownNetworks(base::Clock& clock, Ask ask) : clock_(clock), ask_(std::move(ask)) {}

  // As network_of. An answer counts for a minute, and for one configuration.
  boost::asio::awaitable<base::Result<std::string>> of(std::string instance, std::uint64_t generation);

 private:
  struct Known {
    std::uint64_t generation = 0;
    base::MonotonicTime asked;
    std::string network;
  };
  std::optional<std::string> kept(const std::string& instance, std::uint64_t generation);

  base::Clock& clock_;
  const Ask ask_;
  std::mutex mutex_;
  std::map<std::string, Known> known_;  // guarded by mutex_; by instances of the configuration
};

// FAILED_PRECONDITION when what the instance makes must not be published at the domain: instructions for test
// networks belong to domains that are marked `test` (names::check_publication refuses the record itself).
base::Result<void> check_network(const std::string& instance, const std::string& network,
                                 const config::Domain& domain);

}  // namespace paynamed::pipeline
