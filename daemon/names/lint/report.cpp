#include "names/lint/report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace paynamed::names {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      break;
  }
  return "note";
}

std::string_view to_string(Usable usable) {
  switch (usable) {
    case Usable::kYes:
      return "yes";
    case Usable::kNo:
      return "no";
    case Usable::kUnknown:
      break;
  }
  return "unknown";
}

bool LintReport::all_can_pay() const {
  return std::all_of(wallets.begin(), wallets.end(),
                     [](const WalletVerdict& wallet) { return wallet.usable == Usable::kYes; });
}

std::string summary(const LintReport& report) {
  struct Reason {
    Usable usable;
    std::string why;
    std::string families;
  };
  std::vector<Reason> reasons;
  for (const WalletVerdict& wallet : report.wallets) {
    if (wallet.usable == Usable::kYes) continue;
    const auto same = std::find_if(reasons.begin(), reasons.end(), [&](const Reason& reason) {
      return reason.usable == wallet.usable && reason.why == wallet.why;
    });
    if (same == reasons.end()) {
      reasons.push_back({wallet.usable, wallet.why, wallet.family});
    } else {
      same->families += ", " + wallet.family;
    }
  }
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const Reason& a, const Reason& b) { return a.usable > b.usable; });
  std::string out;
  for (const Reason& reason : reasons) {
    if (!out.empty()) out += "; ";
    out += fmt::format("{} {} pay it: {}", reason.families,
                       reason.usable == Usable::kNo ? "cannot" : "may not be able to", reason.why);
  }
  return out;
}

}  // namespace paynamed::names
