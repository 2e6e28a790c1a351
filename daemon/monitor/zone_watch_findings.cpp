// What follows from what a look at a zone found.
#include <boost/json/array.hpp>
#include <utility>

#include "monitor/registration_facts.hpp"
#include "monitor/zone_watch.hpp"

namespace paynamed::monitor {
namespace asio = boost::asio;
namespace json = boost::json;
using base::Result;
using Verdict = ZoneFinding::Verdict;

asio::awaitable<void> ZoneWatch::take(Watched& watched, Result<ZoneFacts> found) {
  ZoneRecord before;
  json::object registration;
  const auto tenants = standings_of(watched.who, before, registration);
  if (!tenants) {
    with_.log.error("what is known of a domain cannot be read; it is looked at again later",
                    {{"domain", watched.who.domain}, {"why", tenants.error()}});
    co_return look_again_later(watched);
  }
  JudgedZone judged = judge(watched, found, before, registration);
  ZoneFinding finding = judged.finding;
  if (finding.verdict == Verdict::kUnknown) {
    series_.unknown.add();
    with_.log.debug("nobody could be asked about a domain",
                    {{"domain", watched.who.domain}, {"why", finding.sentence}});
    co_return look_again_later(watched);
  }
  (finding.verdict == Verdict::kFine ? series_.fine : series_.wrong).add();
  const auto make = [this, &watched](std::string type, std::string data) {
    state::NewEvent event;
    event.type = std::move(type);
    event.subject = watched.who.domain;
    event.time = with_.clock.wall();
    event.id = base::Uuid::v7(event.time, with_.random);
    event.data = std::move(data);
    return event;
  };
  ZoneNews news = zone_news(watched.who.domain, judged, before.known, *tenants, watched.claims, make);
  ZoneRecord record = std::move(before);
  record.known = news.known;
  if (found) {
    const auto now = with_.clock.wall();
    record.facts = to_json(*found);
    json::array& warnings = (record.facts["warnings"] = json::array{}).as_array();
    for (const ZoneWarning& each : zone_warnings(watched.who.domain, *found, now))
      warnings.push_back(json::object{{"code", each.code}, {"message", each.message}});
    record.mark = next_mark(*found, record.mark, now);
    const SignatureTimes* first = found->first_to_end();
    if (first == nullptr) {
      record.signatures.reset();
    } else if (!record.signatures || record.signatures->until != first->until) {
      record.signatures = SignatureMark{first->until, now};
    }
  }
  co_await this->record(watched, std::move(record), std::move(news), std::move(finding));
}

Result<std::vector<TenantStanding>> ZoneWatch::standings_of(const WatchedDomain& domain, ZoneRecord& before,
                                                            json::object& registration) const {
  std::vector<TenantStanding> standings;
  for (const std::string& tenant : domain.tenants) {
    auto row = with_.store.find_domain(tenant, domain.domain);
    if (!row) return base::fail(row.error());
    standings.push_back({tenant, *row ? (*row)->standing : state::DomainStanding{}});
    if (!*row || standings.size() > 1) continue;
    before = zone_record_from((*row)->zone);
    registration = object_from((*row)->registration);
  }
  return standings;
}

JudgedZone ZoneWatch::judge(const Watched& watched, const Result<ZoneFacts>& found, const ZoneRecord& before,
                            const json::object& registration) const {
  const auto now = with_.clock.wall();
  JudgedZone judged;
  if (found) {
    judged.finding = judge_zone(watched.who.domain, *found, before.mark, now);
    judged.identity = identity_of(*found);
    const SignatureTimes* first = found->first_to_end();
    // One that moves on is renewed, however short its time is.
    const bool stands_still = first != nullptr && before.signatures &&
                              before.signatures->until == first->until &&
                              now - before.signatures->seen >= settings_.interval / 2;
    if (stands_still && first->until > now && is_ending(*first, now)) judged.signatures_end = first->until;
  } else {
    judged.finding = judge_zone_trouble(found.error());
  }
  const RegistrationFacts facts = registration_facts_from(registration);
  // The cause, where the DNS has the effect only.
  if (facts.confirmed && !facts.code.empty()) judged.finding = {Verdict::kWrong, facts.code, facts.reason};
  if (facts.expires && *facts.expires - now < settings_.announce_registration)
    judged.registration_end = facts.expires;
  return judged;
}

asio::awaitable<void> ZoneWatch::record(Watched& watched, ZoneRecord record, ZoneNews news,
                                        ZoneFinding finding) {
  state::DomainUpdate update;
  update.domain = watched.who.domain;
  update.looked = with_.clock.wall();
  update.zone = to_text(record);
  update.news = std::move(news.news);
  const auto written = co_await with_.store.record_domain(std::move(update));
  if (!written) {
    with_.log.error("what a domain has become could not be written; it is looked at again later",
                    {{"domain", watched.who.domain}, {"why", written.error()}});
    co_return look_again_later(watched);
  }
  tell_log(watched, news, finding);
  watched.degraded = news.degraded;
  watched.signatures_end = end_of(record);
  watched.claims = std::move(news.claims);
  if (!watched.claims.empty()) {
    // A zone that is another one at every look must not be looked at for ever.
    look_again_in(watched, watched.delay == base::Duration{0} ? settings_.second_look : 2 * watched.delay);
  } else if (finding.verdict == Verdict::kWrong) {
    look_again_later(watched);
  } else {
    watched.delay = base::Duration{0};
  }
}

void ZoneWatch::tell_log(const Watched& watched, const ZoneNews& news, const ZoneFinding& finding) const {
  const std::string& domain = watched.who.domain;
  if (!news.claims.empty()) {
    with_.log.info("a domain is not as it was; looking again soon",
                   {{"domain", domain}, {"reason", finding.sentence}});
  } else if (news.degraded && !watched.degraded) {
    with_.log.warning("a domain is degraded",
                      {{"domain", domain}, {"code", finding.code}, {"reason", finding.sentence}});
  } else if (news.degraded) {
    with_.log.debug("a domain is still degraded", {{"domain", domain}, {"reason", finding.sentence}});
  }
  if (news.recovered) with_.log.info("a domain is fine again", {{"domain", domain}});
}

}  // namespace paynamed::monitor
