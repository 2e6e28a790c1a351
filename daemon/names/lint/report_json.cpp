#include "names/lint/report_json.hpp"

#include <boost/json/array.hpp>

namespace paynamed::names {
namespace json = boost::json;

json::object to_json(const LintReport& report) {
  json::array findings;
  for (const Finding& finding : report.findings) {
    findings.push_back(json::object{
        {"code", finding.code}, {"severity", to_string(finding.severity)}, {"message", finding.message}});
  }
  json::array wallets;
  for (const WalletVerdict& wallet : report.wallets) {
    json::object row{{"family", wallet.family}, {"usable", to_string(wallet.usable)}, {"why", nullptr}};
    if (!wallet.why.empty()) row["why"] = wallet.why;
    wallets.push_back(std::move(row));
  }
  return json::object{{"findings", std::move(findings)}, {"wallets", std::move(wallets)}};
}

}  // namespace paynamed::names
