// ReadTurns: few reads of old events are under way at once, however many clients are behind, for the log is
// read on threads that all plugins and their calls share. Tenants take turns, and the clients of one among
// themselves.
//
// Threads: every function may be called from any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace paynamed::websocket {

class ReadTurns {
 public:
  explicit ReadTurns(std::size_t at_once) : at_once_(at_once) {}

  // False when there is nothing to do any more: the turn is the next one's.
  using Begin = std::function<bool()>;
  // Runs `begin` now or later; when that was true, ended() is called once for it. `client` is a name only.
  void begin(const std::string& tenant, const void* client, Begin begin);
  void ended();

 private:
  struct Tenant {
    std::map<const void*, std::deque<Begin>> clients;
    std::deque<const void*> order;
  };
  void go_on();
  std::optional<Begin> take_next();

  const std::size_t at_once_;
  std::mutex mutex_;
  std::size_t under_way_ = 0;              // guarded by mutex_
  std::map<std::string, Tenant> tenants_;  // guarded by mutex_
  std::deque<std::string> order_;          // guarded by mutex_
};

}  // namespace paynamed::websocket
