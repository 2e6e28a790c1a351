// What Route 53 says of a zone's signing (Amazon Route 53 API Reference, GetDNSSEC).
//
// Threads: pure functions.
#pragma once

#include <paynamed/plugin/v1/dns_provider.pb.h>

#include "xml.hpp"

namespace paynamed::route53 {

Result<plugin::v1::SigningStatusReply> read_signing(const Element& answer);

}  // namespace paynamed::route53
