// What follows from what a look found.
#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "monitor/monitor.hpp"

namespace paynamed::monitor {
namespace asio = boost::asio;
namespace json = boost::json;
using base::Result;
using state::NameState;

bool is_ending(const state::Proof& proof, base::WallTime now) {
  const base::Duration left = proof.expires - now;
  return left < std::chrono::days{1} || left < (proof.expires - proof.valid_from) / 4;
}

asio::awaitable<void> Monitor::take(state::WatchedName name, Finding finding) {
  switch (finding.verdict) {
    case Finding::Verdict::kFine:
      series_.fine.add();
      co_return co_await take_fine(std::move(name), std::move(finding));
    case Finding::Verdict::kWrong:
      series_.wrong.add();
      co_return co_await take_wrong(std::move(name), std::move(finding));
    case Finding::Verdict::kUnknown:
      break;
  }
  series_.unknown.add();
  ++unknown_;
  last_unknown_ = finding.sentence;
  with_.log.debug("nobody could be asked about a name", {{"name", name.name}, {"why", finding.sentence}});
  const Recheck* planned = rechecks_.find(name.key);
  look_again_in(longer_delay(name.key), name.key, planned != nullptr && planned->suspect);
}

asio::awaitable<void> Monitor::take_fine(state::WatchedName name, Finding finding) {
  rechecks_.forget(name.key);
  if (finding.proof) co_await renew(name, *std::move(finding.proof));
  if (name.state != NameState::kDegraded) co_return;
  json::object data;
  data["name"] = name.name;
  const auto said = co_await say(name, "name.recovered", json::serialize(data));
  if (said) with_.log.info("a name is live again", {{"name", name.name}});
}

asio::awaitable<void> Monitor::take_wrong(state::WatchedName name, Finding finding) {
  if (name.state == NameState::kDegraded) {
    look_again_in(longer_delay(name.key), name.key, false);
    with_.log.debug("a name is still degraded", {{"name", name.name}, {"reason", finding.sentence}});
    co_return co_await repair(std::move(name), std::move(finding));
  }
  const Recheck* planned = rechecks_.find(name.key);
  if (planned == nullptr || !planned->suspect) {
    look_again_in(settings_.second_look, name.key, true);
    with_.log.info("a live name is not as it should be; looking again soon",
                   {{"name", name.name}, {"reason", finding.sentence}});
    co_return;
  }
  json::object data;
  data["name"] = name.name;
  data["reason"] = finding.sentence;
  data["code"] = finding.code;
  const auto said = co_await say(name, "name.degraded", json::serialize(data));
  if (!said) {
    rechecks_.forget(name.key);
    co_return;
  }
  with_.log.warning("a name is degraded",
                    {{"name", name.name}, {"code", finding.code}, {"reason", finding.sentence}});
  look_again_in(std::min(settings_.first_recheck, settings_.interval), name.key, false);
  name.state = NameState::kDegraded;
  co_await repair(std::move(name), std::move(finding));
}

asio::awaitable<void> Monitor::repair(state::WatchedName name, Finding finding) {
  using Kind = Repairs::Outcome::Kind;
  Repairs::Outcome outcome = co_await repairs_.consider(name, finding);
  switch (outcome.kind) {
    case Kind::kNotWanted:
      co_return;
    case Kind::kBegun:
      series_.repairs_begun.add();
      with_.log.info("a degraded name is being repaired", {{"name", name.name}, {"code", finding.code}});
      co_return;
    case Kind::kRefused:
      series_.repairs_refused.add();
      with_.log.info("a repair was not accepted; trying again at the next look",
                     {{"name", name.name}, {"why", outcome.why}});
      co_return;
    case Kind::kStopped:
      break;
  }
  const auto said = co_await say(name, *std::move(outcome.said));
  if (!said) co_return repairs_.not_said(name.key);
  series_.repairs_stopped.add();
  with_.log.warning("a name is not repaired any more for now; its name.repair_stopped says why",
                    {{"name", name.name}, {"code", finding.code}});
}

asio::awaitable<void> Monitor::renew(const state::WatchedName& name, state::Proof proof) {
  const auto stored = with_.store.find_proof(name.name);
  if (!stored) co_return;
  if (*stored && !(is_ending(**stored, with_.clock.wall()) && proof.expires > (*stored)->expires)) co_return;
  const auto put = co_await with_.store.put_proof(name.tenant, name.name, std::move(proof));
  // ABORTED: a run has changed the name, and proves it itself.
  if (!put && put.error().code() != base::Code::kAborted) {
    with_.log.error("a new proof could not be stored", {{"name", name.name}, {"why", put.error()}});
  }
}

asio::awaitable<Result<void>> Monitor::say(state::WatchedName name, std::string type, std::string data) {
  state::NewEvent event;
  event.type = std::move(type);
  event.subject = name.name;
  event.time = with_.clock.wall();
  event.id = base::Uuid::v7(event.time, with_.random);
  event.data = std::move(data);
  co_return co_await say(std::move(name), std::move(event));
}

asio::awaitable<Result<void>> Monitor::say(state::WatchedName name, state::NewEvent event) {
  std::vector<state::NewEvent> events;
  events.push_back(std::move(event));
  state::Standing standing{name.name, name.value, name.state};
  auto said = co_await with_.store.append_if(name.tenant, std::move(standing), std::move(events));
  // ABORTED: it is another name by now, and what was found says nothing about it.
  if (!said && said.error().code() != base::Code::kAborted) {
    with_.log.error("what a name has become could not be written",
                    {{"name", name.name}, {"why", said.error()}});
  }
  co_return said;
}

void Monitor::look_again_in(base::Duration delay, state::NameKey name, bool suspect) {
  const base::Duration jittered = delay + with_.random.jitter(delay / 8);
  if (!rechecks_.plan(name, with_.clock.monotonic() + jittered, {delay, suspect})) {
    with_.log.debug("too many names are looked at sooner than their turn; one more waits for its turn");
  }
}

base::Duration Monitor::longer_delay(state::NameKey name) const {
  const Recheck* planned = rechecks_.find(name);
  const base::Duration delay = planned == nullptr ? settings_.first_recheck : 2 * planned->delay;
  return std::clamp(delay, std::min(settings_.first_recheck, settings_.interval), settings_.interval);
}

}  // namespace paynamed::monitor
