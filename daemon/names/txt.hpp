// A payment instruction as TXT record: split into character-strings, joined again, and found among other
// records at the name (BIP-353). In memory only; DNS wire format is libldns's.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace paynamed::names {

// The character-strings of one TXT record in their order (RFC 1035 section 3.3.14), each of at most 255
// bytes.
using TxtStrings = std::vector<std::string>;

inline constexpr std::size_t kMaxTxtStringBytes = 255;
// RDLENGTH has 16 bits.
inline constexpr std::size_t kMaxTxtRdataBytes = 65535;

// The bytes that `value_bytes` of text take as RDATA: one more for each character-string.
std::size_t txt_rdata_bytes(std::size_t value_bytes);

// As few strings as possible; one empty string for an empty value. INVALID_ARGUMENT if the RDATA would be
// larger than kMaxTxtRdataBytes.
base::Result<TxtStrings> split_txt(std::string_view value);

// Joined without separators (BIP-353).
std::string join_txt(std::span<const std::string> strings);

// Of all TXT records at a name, the joined text of the one that begins with "bitcoin:" in any case. NOT_FOUND
// if there is none; INVALID_ARGUMENT if there are several, even equal ones: a wallet must use none of them.
base::Result<std::string> pick_payment_record(std::span<const TxtStrings> records);

}  // namespace paynamed::names
