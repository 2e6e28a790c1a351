// How many records a zone has at Cloudflare and how many it may have, in the contract's words.
//
// Threads: pure.
#pragma once

#include <paynamed/plugin/v1/dns_provider.pb.h>

#include <boost/json/value.hpp>

namespace paynamed::cloudflare {

// `result` is that of GET /zones/{id}/dns_records/usage. What it does not say stays unknown.
void add_usage(const boost::json::value& result, plugin::v1::DescribeDnsReply& to);

}  // namespace paynamed::cloudflare
