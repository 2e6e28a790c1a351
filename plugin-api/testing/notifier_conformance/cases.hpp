// The cases by what they are about, one function a file.
#pragma once

#include <vector>

#include "paynamed/testing/notifier_conformance.hpp"

namespace paynamed::testing {

// Describe and CheckTarget.
std::vector<NotifierCase> target_cases();
// What arrives.
std::vector<NotifierCase> delivery_cases();
// What the receiver says, or does not.
std::vector<NotifierCase> answer_cases();

}  // namespace paynamed::testing
