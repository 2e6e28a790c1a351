// IdleConnections: connections kept for the next request to the same server, not too many and not too long.
//
// Threads: every function may be called from any thread. The executor's context and the clock must outlive
// it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "net/tls_connection.hpp"

namespace paynamed::net {

class IdleConnections : public std::enable_shared_from_this<IdleConnections> {
 public:
  struct Limits {
    std::size_t per_origin = 4;
    std::size_t total = 32;
    base::Duration time{30'000};
  };

  IdleConnections(boost::asio::any_io_executor executor, base::Clock& clock, Limits limits);

  // The one that was used last, of those where nothing has come in since (as when the server closed it).
  // Nothing when there is none.
  std::shared_ptr<TlsConnection> take(const std::string& origin);
  // Keeps it; the oldest goes when there are too many. Nothing may be going on on it.
  void put(const std::string& origin, std::shared_ptr<TlsConnection> connection);
  std::size_t size() const;

 private:
  struct Idle {
    std::string origin;
    std::shared_ptr<TlsConnection> connection;
    base::MonotonicTime until;
  };
  void drop_old(std::list<Idle>& dropped);
  void set_timer();

  const boost::asio::any_io_executor executor_;
  base::Clock& clock_;
  const Limits limits_;
  mutable std::mutex mutex_;
  std::list<Idle> idle_;                       // the oldest first; guarded by mutex_
  std::unique_ptr<base::Clock::Timer> timer_;  // for the oldest; guarded by mutex_
};

}  // namespace paynamed::net
