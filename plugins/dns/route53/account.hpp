// Which AWS account a key belongs to, as far as the key tells: what budgets are shared by.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace paynamed::route53 {

// A hash that is the same for all keys of an account, also temporary ones, where the key is of the form that
// has the account's number in it (20 characters, since 2019); else a hash of the key. Tells neither.
std::string account_hash(std::string_view access_key_id);

}  // namespace paynamed::route53
