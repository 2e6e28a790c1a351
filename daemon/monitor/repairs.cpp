#include "monitor/repairs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace paynamed::monitor {
namespace asio = boost::asio;
namespace json = boost::json;
using base::Result;
using Kind = Repairs::Outcome::Kind;

namespace {

constexpr std::uint32_t kPage = 100;
// Of a run's reason, in a sentence of ours.
constexpr std::size_t kReasonShown = 300;

// Cut at a character.
std::string shortened(const std::string& text) {
  std::size_t size = std::min(text.size(), kReasonShown);
  while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

std::string_view domain_of(const std::string& name) {
  return std::string_view{name}.substr(name.find('@') + 1);
}

}  // namespace

// An alias is somebody's: a provider publishes TXT records and cannot take a CNAME away. Where the proof or
// the delegation fails the record stands, and the zone is what has to be mended.
bool publishing_helps(std::string_view code) {
  constexpr std::array<std::string_view, 3> kCodes{"absent", "other_value", "extra_record"};
  return std::ranges::find(kCodes, code) != kCodes.end();
}

asio::awaitable<Repairs::Outcome> Repairs::consider(state::WatchedName name, Finding finding) {
  const bool wanted =
      runs_.wanted && runs_.begin && publishing_helps(finding.code) && runs_.wanted(domain_of(name.name));
  if (!wanted) co_return Outcome{};
  const auto before = past(name);
  if (!before) co_return Outcome{Kind::kRefused, before.error(), {}};
  if (before->repairs >= settings_.most) co_return stop(name, finding, *before);
  const auto begun = co_await runs_.begin(std::move(name));
  co_return begun ? Outcome{Kind::kBegun, {}, {}} : Outcome{Kind::kRefused, begun.error(), {}};
}

Result<Repairs::Past> Repairs::past(const state::WatchedName& name) const {
  const base::WallTime since = clock_.wall() - settings_.window;
  Past past;
  base::Uuid before;
  for (;;) {
    const auto page = store_.list_runs(name.tenant, name.name, std::nullopt, before, kPage);
    if (!page) return base::fail(page.error());
    for (const state::RunRow& run : *page) {
      if (run.accepted < since) return past;
      if (run.verb != state::Verb::kRepair) continue;
      if (past.repairs == 0) past.newest = run;
      past.oldest = run.accepted;
      if (++past.repairs == settings_.most) return past;
    }
    if (page->size() < kPage) return past;
    before = page->back().id;
  }
}

Repairs::Outcome Repairs::stop(const state::WatchedName& name, const Finding& finding, const Past& past) {
  const auto said = stopped_.find(name.key);
  if (said != stopped_.end() && said->second == past.newest.id) return {};
  // Whoever was forgotten is told of once more, by the same event.
  if (stopped_.size() >= settings_.most_remembered) stopped_.clear();
  stopped_[name.key] = past.newest.id;

  const std::string until = base::to_rfc3339(past.oldest + settings_.window);
  std::string reason = fmt::format("{} was repaired {} times since {} and is not true again: {}", name.name,
                                   past.repairs, base::to_rfc3339(past.oldest), finding.sentence);
  if (past.newest.state == state::RunState::kCompensated) {
    reason += fmt::format("; the last repair did not succeed: {}", shortened(past.newest.reason));
  }
  json::object data;
  data["name"] = name.name;
  data["reason"] = std::move(reason);
  data["code"] = finding.code;
  data["repairs"] = past.repairs;
  data["last_run"] = past.newest.id.to_string();
  data["until"] = until;
  state::NewEvent event;
  event.type = "name.repair_stopped";
  event.subject = name.name;
  event.time = clock_.wall();
  // After a restart it is said once more: as the same event.
  event.id = base::Uuid::v8("name.repair_stopped " + past.newest.id.to_string());
  event.data = json::serialize(data);
  return {Kind::kStopped, {}, std::move(event)};
}

}  // namespace paynamed::monitor
