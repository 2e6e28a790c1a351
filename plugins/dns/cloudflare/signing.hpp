// What Cloudflare says of a zone's DNSSEC, in the contract's words.
//
// Threads: pure.
#pragma once

#include <paynamed/plugin/v1/dns_provider.pb.h>

#include <boost/json/value.hpp>

namespace paynamed::cloudflare {

// `result` is that of GET /zones/{id}/dnssec. Cloudflare's states are explained in its documentation of
// DNSSEC states.
plugin::v1::SigningStatusReply signing_status_of(const boost::json::value& result);

}  // namespace paynamed::cloudflare
