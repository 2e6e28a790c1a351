// The cases by what they are about, one function a file.
#pragma once

#include <vector>

#include "paynamed/testing/node_conformance.hpp"

namespace paynamed::testing {

// Describe, Info, Provision, Release, and that they are true.
std::vector<NodeCase> describe_cases();
// Which offer a key gives.
std::vector<NodeCase> offer_cases();
// Enabled, disabled, used, expired.
std::vector<NodeCase> offer_state_cases();
std::vector<NodeCase> invoice_cases();
// WatchPayments.
std::vector<NodeCase> payment_cases();
// Requests that are wrong, nodes that are not there, credentials.
std::vector<NodeCase> refusal_cases();
// Lost replies, and many calls at once.
std::vector<NodeCase> fault_cases();

}  // namespace paynamed::testing
