// Account: what the outside world was told, whatever became of the daemon since: the runs that were
// acknowledged and the events that were served. Nothing of it may ever be untrue.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace paynamed::crash {

// One served event, byte for byte.
struct ServedEvent {
  std::string id;
  std::string text;
};

class Account {
 public:
  // The answer to the request with this idempotency key named this run. A second run is a broken promise.
  void acknowledge(const std::string& key, const std::string& run, const std::string& name);
  void served(std::uint64_t seq, const std::string& id, const std::string& text);
  void broken(std::string promise);

  // run -> name
  std::map<std::string, std::string> runs() const;
  // The run of a request; empty when it was never acknowledged.
  std::string run_of(const std::string& key) const;
  std::map<std::uint64_t, ServedEvent> events() const;
  std::uint64_t last_seq() const;
  std::vector<std::string> problems() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> run_by_key_;
  std::map<std::string, std::string> name_by_run_;
  std::map<std::uint64_t, ServedEvent> events_;
  std::vector<std::string> problems_;
};

}  // namespace paynamed::crash
