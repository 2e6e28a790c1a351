// A record as Cloudflare has it, in the form that the contract wants: a type's number and uncompressed wire
// format (RFC 1035 section 3.2).
//
// Threads: pure.
#pragma once

#include <paynamed/plugin/v1/dns_provider.pb.h>

#include "record.hpp"

namespace paynamed::cloudflare {

// Without rdata when there is none to give: the record is proxied, so that the DNS answers something else, or
// its content is of a form or type that libldns does not know; then the type may be 0.
plugin::v1::ZoneRecord zone_record_of(const Record& record);

}  // namespace paynamed::cloudflare
