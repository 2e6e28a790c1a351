// What a webhook may ask for.
//
// Threads: pure functions.
#pragma once

#include "base/result.hpp"
#include "state/webhooks.hpp"

namespace paynamed::delivery {

inline constexpr std::size_t kMostAddressBytes = 2'048;
inline constexpr std::size_t kMostDescriptionBytes = 512;
inline constexpr std::size_t kMostWaits = 20;
inline constexpr base::Duration kLongestWait{7 * 86'400'000LL};
inline constexpr std::uint32_t kMostConcurrency = 64;
inline constexpr std::uint32_t kMostPerMinute = 60'000;
// After a rotation.
inline constexpr base::Duration kLongestGrace{7 * 86'400'000LL};
inline constexpr base::Duration kDefaultGrace{86'400'000};
inline constexpr std::size_t kMostGraceSecrets = 2;  // of a kind, beside the newest

// The settings as they are kept: names folded and in order. INVALID_ARGUMENT with the rule that is broken.
// Whether the address is one is its Notifier's to say.
base::Result<state::WebhookSettings> checked(state::WebhookSettings settings);

}  // namespace paynamed::delivery
