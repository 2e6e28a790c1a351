#include "case_run.hpp"

#include <exception>

namespace paynamed::testing {
namespace v1 = plugin::v1;

namespace {

struct Ended {};

}  // namespace

EventServerFailures run_event_server_case(const EventServerCase& which, EventServerSubject& subject) {
  return EventServerCaseRun(subject).run(which);
}

EventServerFailures EventServerCaseRun::run(const EventServerCase& which) {
  try {
    which.run(*this);
  } catch (const Ended&) {
    // Noted already.
  } catch (const std::exception& error) {
    failures_.push_back(std::string("The case ended with: ") + error.what());
  }
  const std::string log = subject_.logged();
  for (const std::string& secret : {subject_.credential(kTenant), subject_.wrong_credential()})
    expect(log.find(secret) == log.npos, "A credential stands in the log.");
  return std::move(failures_);
}

void EventServerCaseRun::expect(bool holds, const std::string& otherwise) {
  if (!holds) failures_.push_back(otherwise);
}

void EventServerCaseRun::require(bool holds, const std::string& otherwise) {
  if (holds) return;
  failures_.push_back(otherwise);
  throw Ended();
}

Result<v1::StartServerReply> EventServerCaseRun::call_start() {
  if (!plugin_) plugin_ = &subject_.fresh();
  return call<v1::StartServerReply>("Start", v1::StartServerRequest());
}

std::string EventServerCaseRun::start() {
  const auto reply = call_start();
  require(reply.ok(), reply.ok() ? "" : "Start must succeed, but: " + reply.error().message());
  require(reply.value().addresses_size() > 0, "Start must say where the server listens.");
  address_ = reply.value().addresses(0);
  return address_;
}

v1::ServerStatusReply EventServerCaseRun::status() {
  if (!plugin_) plugin_ = &subject_.fresh();
  const auto reply = call<v1::ServerStatusReply>("Status", v1::ServerStatusRequest());
  require(reply.ok(), reply.ok() ? "" : "Status must succeed, but: " + reply.error().message());
  return reply.value();
}

std::future<Result<std::string>> EventServerCaseRun::begin_drain(std::chrono::milliseconds within) {
  v1::DrainServerRequest request;
  request.set_within_ms(static_cast<std::uint32_t>(within.count()));
  return std::async(std::launch::async, [plugin = plugin_, bytes = request.SerializeAsString(), within] {
    return plugin->call_all({{"Drain", bytes, {}, within + kSoon}}).at(0);
  });
}

std::unique_ptr<EventFollower> EventServerCaseRun::connected(const std::string& tenant) {
  auto made = subject_.connect(address_, subject_.credential(tenant));
  require(made != nullptr, "A caller with a good credential must be let in.");
  return made;
}

std::unique_ptr<EventFollower> EventServerCaseRun::follower(const EventFollower::Wish& wish,
                                                            const std::string& tenant) {
  auto made = connected(tenant);
  require(made->follow(wish), "Following from \"" + wish.position + "\" must be possible.");
  return made;
}

void EventServerCaseRun::append(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) subject_.append(kTenant, "custom.tested", "alice@example.com");
}

void EventServerCaseRun::expect_seqs(EventFollower& follower, std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t seq = first; seq <= last; ++seq) {
    const auto event = follower.next(kSoon);
    require(event.has_value(), "Event " + std::to_string(seq) + " must come, but nothing did.");
    require(event->seq == seq,
            "Event " + std::to_string(seq) + " must come next, but " + std::to_string(event->seq) + " did.");
    expect(event->position.ends_with("-" + std::to_string(seq)), "An event must have its own position.");
  }
}

void EventServerCaseRun::expect_nothing(EventFollower& follower) {
  const auto event = follower.next(kMoment);
  expect(!event.has_value(),
         event ? "Nothing may come, but event " + std::to_string(event->seq) + " did." : "");
}

}  // namespace paynamed::testing
