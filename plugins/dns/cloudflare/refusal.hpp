// What Cloudflare's refusals mean, as a status with a sentence that says what to do.
//
// Threads: pure.
#pragma once

#include <paynamed/error.hpp>
#include <string>

#include "answer.hpp"

namespace paynamed::cloudflare {

// What a request needs the token to be allowed.
enum class Permission { kZoneRead, kDnsRead, kDnsEdit };

// Codes that decide what is done next. Seen in Cloudflare's answers; they are not documented as a list.
inline constexpr std::int64_t kRecordMissing = 81044;
inline constexpr std::int64_t kQuotaExceeded = 81045;
inline constexpr std::int64_t kRecordExists = 81057;
inline constexpr std::int64_t kIdenticalRecord = 81058;
inline constexpr std::int64_t kTooManyRequests = 10300;

// The refusal is about the token: it is checked again before anything is said.
bool is_about_token(const Answer& answer);
// Only for an answer that is no success. Nothing was changed.
Error refusal_of(const Answer& answer);
// The token is good, and yet the request is refused.
Error lacks(Permission permission, const Answer& answer);

}  // namespace paynamed::cloudflare
