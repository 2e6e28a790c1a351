// EventHost: the part of a daemon that an event server sees: a true log in a true file, pn.events/1, the
// plugin in the daemon's own host, and a pn.auth/1 that knows the credentials of a table. It starts, ends and
// starts again over the same file.
//
// Threads: start(), stop() and kill() from one thread at a time, the others from any.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace paynamed::fakes {

// What pn.auth/1 says of a credential.
struct KnownCaller {
  std::string tenant = "default";
  std::vector<std::string> names = {};
  std::vector<std::string> types = {};
  std::int64_t expires_ms = 0;
};

struct LoggedEvent {
  std::string type = "custom.tested";
  std::string name = "alice@example.com";
  std::string data = "{}";
};

// Of "ws://127.0.0.1:8081/v1/events".
std::uint16_t port_in(std::string_view address);

class EventHost {
 public:
  // `module` is the event server's file, `table` its configuration.
  EventHost(std::filesystem::path module, boost::json::object table, std::filesystem::path folder);
  ~EventHost();
  EventHost(const EventHost&) = delete;
  EventHost& operator=(const EventHost&) = delete;

  // Makes the plugin and does not start it. Throws std::runtime_error with what is wrong.
  void load();
  // The same, and starts it.
  void start();
  // As the daemon does: drains within `within`, then ends. The number of callers that were cut.
  std::uint64_t stop(base::Duration within = base::Duration{200});
  // Ends without draining.
  void end();

  // Where it listens; the same one after a restart.
  std::uint16_t port() const { return port_; }
  // Calls the plugin.
  base::Result<std::string> call(const std::string& method, const std::string& request,
                                 base::Duration timeout = base::Duration{20'000});

  void set_caller(const std::string& credential, KnownCaller caller);
  // The credential is nobody's any more.
  void forget_caller(const std::string& credential);
  // pn.auth/1 fails with this; nothing: it answers again.
  void fail_checks(std::optional<base::Code> code);
  // Of pn.auth/1, so far.
  std::size_t checks() const;
  // Appends in one unit; durable when it returns.
  void append(const std::vector<LoggedEvent>& events, const std::string& tenant = "default");
  void append(std::size_t count, const std::string& tenant = "default");
  // Appends what `make` gives for 0, 1, ..., each in a unit of its own and in this order, so many at once.
  void append_each(std::size_t count, std::size_t at_once,
                   const std::function<LoggedEvent(std::size_t)>& make);
  // Events in the tenant's log.
  std::uint64_t head(const std::string& tenant = "default");
  // The next start is that of a restored file: another epoch.
  void change_epoch();
  std::string log() const;

 private:
  class Running;
  const std::filesystem::path module_;
  boost::json::object table_;
  const std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, KnownCaller> callers_;  // guarded by mutex_
  std::optional<base::Code> checks_fail_;       // guarded by mutex_
  std::size_t checks_ = 0;                      // guarded by mutex_
  std::string log_;                             // guarded by mutex_
  std::unique_ptr<Running> running_;
};

}  // namespace paynamed::fakes
