// Offers that end: what a configuration with `expires_in` has to say so that names stay payable.
//
// Threads: pure functions.
#pragma once

#include "config/config.hpp"
#include "config/diagnostic.hpp"

namespace paynamed::pipeline {

// For each domain, of the pipelines that make its records:
//  - without `rotate_before` a warning that its names end;
//  - an error where `rotate_before` is no less than what an offer lives, for rotations would follow each
//  other;
//  - an error where what a rotation makes would be due again within the hour in which none follows another,
//    and a warning where that is within a day;
//  - an error where a record could be in caches when its offer ends (BIP-353: records end before
//  instructions).
void check_expiry(const config::Config& config, config::Diagnostics& diagnostics);

}  // namespace paynamed::pipeline
