#include "cases.hpp"

namespace paynamed::testing {

const std::vector<DnsCase>& dns_cases() {
  static const std::vector<DnsCase> all = [] {
    std::vector<DnsCase> cases;
    for (const auto& some : {record_cases(), undo_cases(), value_cases(), stranger_cases(), race_cases(),
                             fault_cases(), refusal_cases(), reading_cases()}) {
      cases.insert(cases.end(), some.begin(), some.end());
    }
    return cases;
  }();
  return all;
}

}  // namespace paynamed::testing
