// [dns] as the parts that ask the DNS want it. The configuration was checked when it was read.
//
// Threads: pure functions.
#pragma once

#include <vector>

#include "config/config.hpp"
#include "names/authoritative.hpp"
#include "names/resolvers.hpp"
#include "names/validator.hpp"
#include "net/dns_resolver.hpp"

namespace paynamed::process {

std::vector<net::DnsResolver> resolvers_of(const config::Dns& dns);
names::Quorum quorum_of(config::Dns::Quorum quorum);
names::AuthoritativeSettings authoritative_settings(const config::Dns& dns);
names::ValidatorSettings validator_settings(const config::Dns& dns);

}  // namespace paynamed::process
