// Names of records in the two forms that they have: as the daemon writes them (a master file's, RFC 1035
// section 5.1) and as Route 53 does, where every byte but a-z, 0-9, hyphen and underscore is a backslash and
// three octal digits. Both are absolute, in lower case, with their dot at the end.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace paynamed::route53 {

// Nothing when it is no DNS name (RFC 1035: labels of 1 to 63 bytes, 255 in all).
std::optional<std::string> to_route53(std::string_view master_file_name);
std::optional<std::string> to_master_file(std::string_view route53_name);

// What Route 53 sorts by: the labels in reverse, each with its dot. Of a name in Route 53's form.
std::string order_key(std::string_view route53_name);

// Whether `name` is `zone` or below it; both in one form.
bool is_in_zone(std::string_view name, std::string_view zone);

// Presentation text of record data with Route 53's octal escapes, with the decimal ones of a master file.
std::string decimal_escapes(std::string_view text);

}  // namespace paynamed::route53
