#include "cases.hpp"

namespace paynamed::testing {

const std::vector<NodeCase>& node_cases() {
  static const std::vector<NodeCase> all = [] {
    std::vector<NodeCase> cases;
    for (const auto& some : {describe_cases(), offer_cases(), offer_state_cases(), invoice_cases(),
                             payment_cases(), refusal_cases(), fault_cases()}) {
      cases.insert(cases.end(), some.begin(), some.end());
    }
    return cases;
  }();
  return all;
}

}  // namespace paynamed::testing
