// Records as Route 53 writes them, in wire format (RFC 1035 section 3.2), converted by libldns.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace paynamed::route53 {

// "TXT" is 16. Nothing for a type that libldns does not know.
std::optional<std::uint16_t> type_number(const std::string& type);

// The data of one record, `value` being its text at Route 53. Nothing when it cannot be converted.
std::optional<std::string> wire_rdata(const std::string& type, const std::string& value);

}  // namespace paynamed::route53
