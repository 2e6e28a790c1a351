// EventFeed: the log of each tenant for those who follow it. What was just written is read and encoded once
// for all of them; what is older comes from the store.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "events/served_event.hpp"
#include "state/store.hpp"

namespace paynamed::events {

class EventFeed {
 public:
  struct Settings {
    std::size_t kept_events = 4096;     // of each tenant
    std::size_t kept_bytes = 8U << 20;  // of all tenants
  };
  // `store` outlives it.
  EventFeed(state::Store& store, Settings settings);
  ~EventFeed();

  struct Page {
    std::vector<SharedEvent> events;  // dense in seq
    state::Position next;             // after the last of them
    state::Position head;             // at least so far does the log go; of an empty page: this is the end
  };
  // What follows `after`, at most `most` events and 4 MiB of text. OUT_OF_RANGE when the position is not of
  // this log.
  base::Result<Page> read(const std::string& tenant, state::Position after, std::uint32_t most);

  // The same; while there is nothing it waits, at most `wait`.
  boost::asio::awaitable<base::Result<Page>> follow(std::string tenant, state::Position after,
                                                    std::uint32_t most, base::Duration wait);

  // Where the log ends now.
  base::Result<state::Position> head(const std::string& tenant);

 private:
  struct Tail;
  std::shared_ptr<Tail> tail_of(const std::string& tenant);
  base::Result<Page> read_store(const std::string& tenant, state::Position after, std::uint32_t most);
  base::Result<void> catch_up(const std::string& tenant, Tail& tail, std::uint32_t most);
  void keep(Tail& tail, std::vector<SharedEvent> events, state::Position next);
  std::size_t most_bytes() const;

  state::Store& store_;
  const Settings settings_;
  std::atomic<std::size_t> tail_count_{0};
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Tail>> tails_;  // guarded by mutex_
};

}  // namespace paynamed::events
