// What is refused before the node is asked.
//
// Threads: pure functions. Those with a `what` throw Error INVALID_ARGUMENT naming it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace paynamed::cln {

// 21 million bitcoin: more than any amount that exists.
inline constexpr std::uint64_t kMostMsat = 2'100'000'000'000'000'000;

bool is_utf8(const std::string& text);
void check_key(std::string_view what, const std::string& key);
// UTF-8 of at most that many bytes.
void check_text(std::string_view what, const std::string& text, std::size_t most_bytes);
void check_amount(std::uint64_t amount_msat);
// 64 lower-case hex digits.
void check_hash(std::string_view what, const std::string& hash);

}  // namespace paynamed::cln
