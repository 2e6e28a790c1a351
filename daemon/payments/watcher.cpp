#include "payments/watcher.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <map>
#include <utility>

namespace paynamed::payments {
namespace asio = boost::asio;

namespace {

constexpr base::Duration kLook{60'000};
// A plugin may keep a thread busy with every call that waits: so many nodes of an instance have one waiting,
// the others are asked again and again.
constexpr std::size_t kLongPolls = 4;
constexpr const char* kFailing = "paynamed_payment_nodes_failing";
constexpr const char* kReadAge = "paynamed_payment_read_age_seconds";

}  // namespace

Watcher::Watcher(asio::io_context& io, Services services)
    : io_(io), with_(std::move(services)), strand_(asio::make_strand(io)), changed_(with_.clock) {
  measured_ = with_.metrics.before_text([this] { measure(); });
}

Watcher::~Watcher() = default;

void Watcher::start() {
  managing_ = true;
  auto ended = [this](std::exception_ptr) {
    managing_ = false;
    changed_.notify();
  };
  asio::co_spawn(strand_, manage(), std::move(ended));
}

asio::awaitable<void> Watcher::manage() {
  while (!stopping_) {
    const auto seen = changed_.count();
    follow(with_.nodes());
    co_await changed_.wait(seen, kLook);
  }
}

void Watcher::follow(const std::vector<WatchedNode>& nodes) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [](const Entry& each) { return !each->running; });
  for (const Entry& each : entries_) {
    if (std::ranges::find(nodes, each->watch.node()) == nodes.end()) cancel(each);
  }
  if (stopping_) return;
  for (const WatchedNode& node : nodes) {
    // One that is on its way out is waited for: it tells when it has ended.
    if (!find(node.instance, node.reference)) begin(node);
  }
}

void Watcher::begin(WatchedNode node) {
  const auto sharing = static_cast<std::size_t>(std::ranges::count_if(
      entries_, [&](const Entry& each) { return each->watch.node().instance == node.instance; }));
  auto entry = std::make_shared<Watched>(io_, std::move(node), sharing < kLongPolls, with_);
  entries_.push_back(entry);
  auto ended = [this, entry](std::exception_ptr) {
    entry->running = false;
    changed_.notify();
  };
  asio::co_spawn(entry->strand, entry->watch.run(),
                 asio::bind_cancellation_slot(entry->stop.slot(), std::move(ended)));
}

// Signals of Asio belong to the strand of what they cancel.
void Watcher::cancel(const Entry& entry) {
  if (std::exchange(entry->stopping, true)) return;
  asio::post(entry->strand, [entry] { entry->stop.emit(asio::cancellation_type::terminal); });
}

void Watcher::refresh() {
  {
    const std::lock_guard lock(mutex_);
    for (const Entry& each : entries_) cancel(each);
  }
  changed_.notify();
}

asio::awaitable<bool> Watcher::stop(base::Duration most) {
  stopping_ = true;
  refresh();
  const base::MonotonicTime end = with_.clock.monotonic() + most;
  for (;;) {
    const auto seen = changed_.count();
    bool running = managing_;
    {
      const std::lock_guard lock(mutex_);
      running =
          running || std::ranges::any_of(entries_, [](const Entry& each) { return each->running.load(); });
    }
    if (!running) co_return true;
    const auto left = std::chrono::ceil<base::Duration>(end - with_.clock.monotonic());
    if (left.count() <= 0) co_return false;
    co_await changed_.wait(seen, left);
  }
}

Watcher::Entry Watcher::find(std::string_view instance, std::string_view reference) const {
  const auto found = std::ranges::find_if(entries_, [&](const Entry& each) {
    return each->watch.node().instance == instance && each->watch.node().reference == reference;
  });
  return found == entries_.end() ? nullptr : *found;
}

std::optional<base::WallTime> Watcher::read_until(std::string_view instance,
                                                  std::string_view reference) const {
  const std::lock_guard lock(mutex_);
  const Entry entry = find(instance, reference);
  return entry ? entry->watch.status().read_until : std::nullopt;
}

bool Watcher::watches(std::string_view instance, std::string_view reference) const {
  const std::lock_guard lock(mutex_);
  const Entry entry = find(instance, reference);
  return entry && entry->watch.status().state != WatchStatus::State::kNotWatched;
}

bool Watcher::knows(std::string_view instance, std::string_view reference) const {
  const std::lock_guard lock(mutex_);
  return find(instance, reference) != nullptr;
}

std::vector<WatchStatus> Watcher::statuses() const {
  std::vector<WatchStatus> all;
  const std::lock_guard lock(mutex_);
  for (const Entry& each : entries_) {
    if (each->running && !each->stopping) all.push_back(each->watch.status());
  }
  return all;
}

void Watcher::measure() {
  struct Instance {
    double failing = 0;
    base::WallTime oldest = base::WallTime::max();
  };
  std::map<std::string, Instance> instances;
  for (const WatchStatus& each : statuses()) {
    Instance& of = instances[each.node.instance];
    if (each.state == WatchStatus::State::kFailing) ++of.failing;
    if (each.read_until) of.oldest = std::min(of.oldest, *each.read_until);
  }
  // Of what is gone nothing is true any more.
  for (const std::string& before : shown_) {
    if (instances.contains(before)) continue;
    with_.metrics.remove_gauge(kFailing, {{"instance", before}});
    with_.metrics.remove_gauge(kReadAge, {{"instance", before}});
  }
  shown_.clear();
  const base::WallTime now = with_.clock.wall();
  for (const auto& [instance, of] : instances) {
    shown_.insert(instance);
    with_.metrics.gauge(kFailing, "Nodes whose payments cannot be read.", {{"instance", instance}})
        .set(of.failing);
    // Before the first of a new watch it would say how long ago it stopped.
    if (of.oldest == base::WallTime::max()) {
      with_.metrics.remove_gauge(kReadAge, {{"instance", instance}});
      continue;
    }
    with_.metrics
        .gauge(kReadAge, "How long ago all payments of the node that lags most had been read.",
               {{"instance", instance}})
        .set(std::chrono::duration<double>(now - of.oldest).count());
  }
}

}  // namespace paynamed::payments
