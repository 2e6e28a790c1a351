// On which Bitcoin network a node instance makes its offers, as it says itself, and whether that fits a
// domain.
//
// Threads: coroutines and pure functions; any executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "base/result.hpp"
#include "config/config.hpp"
#include "pipeline/actions/services.hpp"

namespace paynamed::pipeline {

// NodeBackend's Describe: "bitcoin", "testnet", "signet", "regtest". Fails when the instance does not say so
// within two seconds, as while it is not called because its calls fail.
boost::asio::awaitable<base::Result<std::string>> network_of(Services services, std::string instance);

// FAILED_PRECONDITION when what the instance makes must not be published at the domain: instructions for test
// networks belong to domains that are marked `test` (names::check_publication refuses the record itself).
base::Result<void> check_network(const std::string& instance, const std::string& network,
                                 const config::Domain& domain);

}  // namespace paynamed::pipeline
