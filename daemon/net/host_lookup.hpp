// HostLookup: addresses of a host name from the system's resolver, without waiting for it for ever.
//
// Threads: find() may be called on any executor, many at once.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace paynamed::net {

class HostLookup {
 public:
  // `most_open` look-ups at once, those counted that nobody waits for any more: the system's resolver cannot
  // be interrupted. The clock must outlive it and every find().
  explicit HostLookup(base::Clock& clock, std::size_t most_open = 16);

  // The addresses of `host`, in the system's order of preference; an IP address is its own. Failures:
  //   UNAVAILABLE         there is no such host, or the system's resolver fails
  //   DEADLINE_EXCEEDED   after `timeout`
  //   RESOURCE_EXHAUSTED  too many look-ups hang
  //   CANCELLED
  boost::asio::awaitable<base::Result<std::vector<boost::asio::ip::address>>> find(
      std::string host, base::Duration timeout) const;

 private:
  struct Open;
  base::Clock& clock_;
  std::shared_ptr<Open> open_;
};

}  // namespace paynamed::net
