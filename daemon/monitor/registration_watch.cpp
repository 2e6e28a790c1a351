#include "monitor/registration_watch.hpp"

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/run_on.hpp"

namespace paynamed::monitor {
namespace asio = boost::asio;
namespace json = boost::json;
using base::Result;

namespace {

constexpr const char* kAsked = "paynamed_registration_looks_total";
constexpr const char* kAskedHelp = "Questions about registrations of domains, by what came of them.";
constexpr base::Duration kLongPause{60'000};
// Domains that nobody asked about yet are asked about within this after a start.
constexpr base::Duration kTakeUp{60'000};

asio::awaitable<bool> is_cancelled() {
  co_return (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
}

}  // namespace

RegistrationWatch::Series::Series(observe::Metrics& metrics)
    : known(metrics.counter(kAsked, kAskedHelp, {{"result", "known"}})),
      unknown(metrics.counter(kAsked, kAskedHelp, {{"result", "not_known"}})),
      failed(metrics.counter(kAsked, kAskedHelp, {{"result", "failed"}})) {}

RegistrationWatch::RegistrationWatch(Settings settings, const std::vector<std::string>& domains,
                                     Dependencies dependencies)
    : settings_(settings), with_(std::move(dependencies)), series_(with_.metrics) {
  for (const std::string& domain : domains) domains_.push_back({domain, {}, {}});
}

asio::awaitable<void> RegistrationWatch::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  take_up();
  for (;;) {
    const auto first = std::ranges::min_element(domains_, {}, &Watched::due);
    if (first == domains_.end()) co_return;
    const auto left = std::chrono::ceil<base::Duration>(first->due - with_.clock.monotonic());
    if (left.count() > 0) {
      if (!co_await base::sleep_for(with_.clock, std::min(left, kLongPause))) co_return;
      continue;
    }
    co_await look(*first);
    if (co_await is_cancelled()) co_return;
    if (!co_await base::sleep_for(with_.clock, settings_.between)) co_return;
  }
}

Result<RegistrationFacts> RegistrationWatch::known_of(const std::string& domain) const {
  // What was found is the same for every tenant.
  const auto row = with_.store.find_domain({}, domain);
  if (!row) return base::fail(row.error());
  return registration_facts_from(*row ? object_from((*row)->registration) : json::object{});
}

// Days that have begun go on after a restart.
void RegistrationWatch::take_up() {
  const auto now = with_.clock.wall();
  for (Watched& watched : domains_) {
    watched.due = with_.clock.monotonic() + with_.random.jitter(kTakeUp);
    const auto known = known_of(watched.domain);
    if (!known) {
      with_.log.error("what is known of a registration cannot be read; it is asked for anew",
                      {{"domain", watched.domain}, {"why", known.error()}});
      continue;
    }
    const base::Duration every = known->code.empty() ? settings_.interval : settings_.while_on_hold;
    const base::Duration left = known->asked + every - now;
    if (left.count() > 0 && left <= every) watched.due += left;
  }
}

asio::awaitable<void> RegistrationWatch::look(Watched& watched) {
  auto asking = with_.ask(watched.domain);
  auto facts = co_await base::run_on(asio::make_strand(with_.workers), std::move(asking));
  if (co_await is_cancelled()) co_return;
  if (!facts) {
    series_.failed.add();
    co_return try_again(watched, facts.error());
  }
  (facts->known ? series_.known : series_.unknown).add();
  co_await take(watched, *std::move(facts));
}

asio::awaitable<void> RegistrationWatch::take(Watched& watched, RegistrationFacts facts) {
  const auto before = known_of(watched.domain);
  if (!before) co_return try_again(watched, before.error());
  const bool on_hold = !facts.code.empty();
  // One that becomes another one is on hold all the time.
  const bool seen_before = before->code == facts.code && facts.asked - before->asked >= settings_.second_look;
  facts.confirmed = on_hold && (before->confirmed || seen_before);
  const bool is_news = facts.confirmed != before->confirmed || facts.expires != before->expires ||
                       (facts.confirmed && facts.code != before->code);
  state::DomainUpdate update;
  update.domain = watched.domain;
  update.registration = json::serialize(to_json(facts));
  const auto written = co_await with_.store.record_domain(std::move(update));
  if (!written) co_return try_again(watched, written.error());
  watched.retry = base::Duration{0};
  if (is_news && with_.on_news) with_.on_news(watched.domain);
  if (on_hold && !facts.confirmed) {
    with_.log.info("a registration is not as it should be; asking again soon",
                   {{"domain", watched.domain}, {"reason", facts.reason}});
    // Not earlier than that counts.
    co_return ask_again_in(watched, settings_.second_look);
  }
  ask_again_in(watched, on_hold ? settings_.while_on_hold : settings_.interval);
}

void RegistrationWatch::try_again(Watched& watched, const base::Status& why) {
  watched.retry = std::clamp(2 * watched.retry, settings_.first_retry, settings_.interval);
  ask_again_in(watched, std::max(watched.retry, base::Duration{why.retry_after_ms()}));
  with_.log.debug("what is known of a registration stays, because nobody could be asked",
                  {{"domain", watched.domain}, {"why", why}});
}

void RegistrationWatch::ask_again_in(Watched& watched, base::Duration delay) {
  watched.due = with_.clock.monotonic() + delay + with_.random.jitter(delay / 8);
}

}  // namespace paynamed::monitor
