#include "cases.hpp"

namespace paynamed::testing {

const std::vector<NotifierCase>& notifier_cases() {
  static const std::vector<NotifierCase> all = [] {
    std::vector<NotifierCase> cases;
    for (const auto& some : {target_cases(), delivery_cases(), answer_cases()}) {
      cases.insert(cases.end(), some.begin(), some.end());
    }
    return cases;
  }();
  return all;
}

}  // namespace paynamed::testing
