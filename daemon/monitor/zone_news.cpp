#include "monitor/zone_news.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace paynamed::monitor {
namespace json = boost::json;
using Verdict = ZoneFinding::Verdict;

namespace {

struct Change {
  json::object merged;  // known, with what was found in its place
  json::array what;
  json::object before;
  json::object after;
};

// What was not known before is no change, and neither is what could not be found out now.
Change change_of(const json::object& known, const json::object& found) {
  Change change;
  change.merged = known;
  for (const auto& each : found) {
    const json::value* before = known.if_contains(each.key());
    change.merged[each.key()] = each.value();
    if (before == nullptr || *before == each.value()) continue;
    change.what.emplace_back(each.key());
    change.before[each.key()] = *before;
    change.after[each.key()] = each.value();
  }
  return change;
}

}  // namespace

ZoneNews zone_news(const std::string& domain, const JudgedZone& look, const json::object& known,
                   const std::vector<TenantStanding>& tenants, const std::set<std::string>& claimed,
                   const std::function<state::NewEvent(std::string type, std::string data)>& make) {
  ZoneNews result;
  const Change change = change_of(known, look.identity);
  const std::string change_claim = "changed " + json::serialize(change.after);
  const bool has_changed = !change.what.empty();
  const bool says_changed = has_changed && claimed.contains(change_claim);
  if (has_changed && !says_changed) result.claims.insert(change_claim);
  result.known = has_changed && !says_changed ? known : change.merged;

  const std::string degraded_claim = "degraded " + look.finding.code;
  const bool is_wrong = look.finding.verdict == Verdict::kWrong;
  const bool is_fine = look.finding.verdict == Verdict::kFine;
  const bool says_degraded = is_wrong && claimed.contains(degraded_claim);
  for (const TenantStanding& each : tenants) {
    state::DomainUpdate::News news{each.tenant, {}};
    const auto say = [&](std::string type, json::object data) {
      data["domain"] = domain;
      news.events.push_back(make(std::move(type), json::serialize(data)));
    };
    const state::DomainStanding& standing = each.standing;
    bool degraded = standing.degraded;
    if (says_changed) {
      say("domain.changed", {{"what", change.what}, {"before", change.before}, {"after", change.after}});
    }
    if (is_wrong && !(standing.degraded && standing.code == look.finding.code)) {
      if (says_degraded) {
        say("domain.degraded", {{"reason", look.finding.sentence}, {"code", look.finding.code}});
        degraded = true;
      } else {
        result.claims.insert(degraded_claim);
      }
    }
    if (is_fine && standing.degraded) {
      say("domain.recovered", {});
      degraded = false;
      result.recovered = true;
    }
    const auto announce = [&](const char* what, const std::optional<base::WallTime>& end,
                              const std::optional<base::WallTime>& said) {
      // An end that is later than the one announced is another one.
      if (!end || (said && *end <= *said)) return;
      say("domain.expiring", {{"what", what}, {"until", base::to_rfc3339(*end)}});
    };
    announce("signatures", look.signatures_end, standing.signatures_end);
    announce("registration", look.registration_end, standing.registration_end);
    result.degraded = result.degraded || degraded;
    if (!news.events.empty()) result.news.push_back(std::move(news));
  }
  return result;
}

}  // namespace paynamed::monitor
