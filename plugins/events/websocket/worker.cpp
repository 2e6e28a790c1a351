#include "worker.hpp"

#include <algorithm>

namespace paynamed::websocket {
namespace {

// Of all workers, about.
constexpr std::size_t kChecksAtOnce = 24;
// Old events that all clients of an instance hold.
constexpr std::size_t kCatchUpBytes = 64U << 20;
// A page is what each of many who are behind may hold.
constexpr std::uint32_t kPageEvents = 128;

}  // namespace

Worker::Worker(std::shared_ptr<Shared> shared, std::function<void()> on_empty)
    : shared_(std::move(shared)),
      on_empty_(std::move(on_empty)),
      events_(shared_->host),
      auth_(shared_->host),
      work_(io_.get_executor()),
      budget_(std::make_shared<CatchUpBudget>(kCatchUpBytes / shared_->settings.threads)),
      check_turns_(kChecksAtOnce / shared_->settings.threads),
      now_(shared_->host.monotonic()),
      random_(std::random_device()()) {}

void Worker::stop() {
  post([this] {
    refuses_ = true;
    work_.reset();
    cut_all();
  });
}

bool Worker::add(const std::shared_ptr<Connection>& connection) {
  all_.emplace(connection.get(), connection);
  count_ = all_.size();
  if (refuses_) connection->cut();
  return !refuses_;
}

void Worker::remove(const Connection* connection) {
  if (all_.erase(connection) == 0) return;
  count_ = all_.size();
  if (all_.empty() && on_empty_) on_empty_();
}

void Worker::tick(std::chrono::nanoseconds now, std::chrono::milliseconds wall) {
  now_ = now;
  while (!leaving_.empty() && leaving_.begin()->first <= now) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(drain_over_ - now);
    if (const auto connection = leaving_.begin()->second.lock())
      connection->drain(std::max(left, std::chrono::milliseconds(0)) + random_time(return_spread_));
    leaving_.erase(leaving_.begin());
  }
  std::size_t subscriptions = 0;
  for (const auto& [key, connection] : all_) {
    connection->tick(now, wall);
    subscriptions += connection->subscriptions();
  }
  subscriptions_ = subscriptions;
}

std::chrono::milliseconds Worker::random_time(std::chrono::milliseconds most) {
  return std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(0, most.count())(random_));
}

void Worker::drain(std::chrono::nanoseconds now, std::chrono::milliseconds spread,
                   std::chrono::milliseconds return_spread) {
  refuses_ = true;
  drain_over_ = now + spread;
  return_spread_ = return_spread;
  for (const auto& [key, connection] : all_) leaving_.emplace(now + random_time(spread), connection);
}

void Worker::cut_all() {
  for (const auto& [key, connection] : all_) connection->cut();
}

void Worker::check(std::string_view credential, const std::string& peer, bool again,
                   std::function<void(const Result<CheckCallerReply>&)> then) {
  check_turns_.begin([this, credential = std::string(credential), peer, again, then = std::move(then)] {
    auto answered = [weak = weak_from_this(), then](Result<CheckCallerReply> checked) {
      const auto self = weak.lock();
      if (!self) return;
      self->post([worker = self.get(), then, checked = std::move(checked)] {
        worker->check_turns_.ended();
        then(checked);
      });
    };
    if (again) return auth_.check_again(credential, peer, std::move(answered));
    auth_.check(credential, peer, std::move(answered));
  });
}

std::shared_ptr<Hub> Worker::enter_hub(const std::string& tenant) {
  auto& hub = hubs_[tenant];
  if (!hub) {
    hub = std::make_shared<Hub>(
        [this, tenant](const Subscriber& client, Position after, PageTaker then) {
          read_page(tenant, client, after, std::move(then));
        },
        budget_);
    shared_->followers->join(tenant, shared_from_this());
  }
  return hub;
}

void Worker::leave_hub(const std::string& tenant, const std::shared_ptr<Hub>& hub) {
  const auto found = hubs_.find(tenant);
  // The client's own pointer and the one here.
  if (found == hubs_.end() || found->second != hub || hub.use_count() > 2) return;
  hubs_.erase(found);
  shared_->followers->leave(tenant, shared_from_this());
}

void Worker::read_page(const std::string& tenant, const Subscriber& client, Position after, PageTaker then) {
  const std::pair key(tenant, to_text(after));
  auto& takers = reads_[key];
  takers.push_back(std::move(then));
  if (takers.size() > 1) return;
  shared_->read_turns.begin(tenant, &client, [weak = weak_from_this(), key, after] {
    const auto self = weak.lock();
    if (!self) return false;
    self->ask_for_page(key, after);
    return true;
  });
}

void Worker::ask_for_page(const std::pair<std::string, std::string>& key, Position after) {
  events_.read(key.first, to_message(after), kPageEvents, std::chrono::milliseconds(0),
               [weak = weak_from_this(), shared = shared_, key, after](Result<ReadEventsReply> reply) {
                 shared->read_turns.ended();
                 const auto self = weak.lock();
                 if (!self) return;
                 self->post([worker = self.get(), key, after, reply = std::move(reply)]() mutable {
                   worker->page_arrived(key, after, std::move(reply));
                 });
               });
}

void Worker::page_arrived(const std::pair<std::string, std::string>& key, Position after,
                          Result<ReadEventsReply> reply) {
  const auto found = reads_.find(key);
  if (found == reads_.end()) return;
  const std::vector<PageTaker> takers = std::move(found->second);
  reads_.erase(found);
  if (!reply.ok()) {
    for (const PageTaker& take : takers) take(reply.error());
    return;
  }
  Hub::Read read;
  read.head = from_message(reply.value().head());
  read.shared = takers.size() > 1;
  if (reply.value().recovered()) {
    const auto page = std::make_shared<const Page>(Page{after, std::move(reply).value()});
    read.frames = std::make_shared<PageFrames>(page, budget_);
  }
  const Result<Hub::Read> result(std::move(read));
  for (const PageTaker& take : takers) take(result);
}

template <class Work>
void Worker::with_hub(const std::string& tenant, Work work) {
  post([this, tenant, work = std::move(work)] {
    const auto found = hubs_.find(tenant);
    if (found != hubs_.end()) work(*this, found->second);
  });
}

void Worker::attached(const std::string& tenant, Position end) {
  with_hub(tenant, [end](Worker&, const std::shared_ptr<Hub>& hub) { hub->attached(end); });
}

void Worker::follows(const std::string& tenant, SharedPage page) {
  with_hub(tenant,
           [page = std::move(page)](Worker&, const std::shared_ptr<Hub>& hub) { hub->follows(page); });
}

void Worker::lost(const std::string& tenant) {
  with_hub(tenant, [tenant](Worker& self, std::shared_ptr<Hub> hub) {
    // Whoever comes next begins anew.
    self.hubs_.erase(tenant);
    hub->lost();
  });
}

}  // namespace paynamed::websocket
