#include "names/lint/lint.hpp"

#include <algorithm>

#include "names/lint/rules.hpp"

namespace paynamed::names {

LintReport lint(const LintSubject& subject) {
  const Examined examined = examine(subject);
  LintReport report;
  lint_name(subject.name.user(), subject.name.domain(), report.findings);
  lint_payment(examined, report.findings);
  lint_dns(examined, report.findings);
  std::stable_sort(report.findings.begin(), report.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  report.wallets = judge_wallets(examined);
  return report;
}

}  // namespace paynamed::names
