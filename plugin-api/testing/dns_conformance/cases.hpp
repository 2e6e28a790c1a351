// The cases by what they are about, one function a file.
#pragma once

#include <vector>

#include "paynamed/testing/dns_conformance.hpp"

namespace paynamed::testing {

// One caller and one record: publish, replace, withdraw, the same again.
std::vector<DnsCase> record_cases();
// After a crash, with nothing but the key.
std::vector<DnsCase> undo_cases();
// What a TXT record can hold.
std::vector<DnsCase> value_cases();
// Records that somebody else put there.
std::vector<DnsCase> stranger_cases();
// Many calls at once, and what can be seen in between.
std::vector<DnsCase> race_cases();
// Lost replies, throttling, slow servers.
std::vector<DnsCase> fault_cases();
// Requests that are wrong, and credentials.
std::vector<DnsCase> refusal_cases();
// Describe, ListNames, ListZone, SyncStatus, SigningStatus.
std::vector<DnsCase> reading_cases();

}  // namespace paynamed::testing
