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
#include "net/lookup_places.hpp"

namespace paynamed::net {

class HostLookup {
 public:
  // `most_open` look-ups at once, those counted that nobody waits for any more: the system's resolver cannot
  // be interrupted. `most_of_domain` of them, unless it is 0, for hosts with the same last two labels: who
  // has a domain has any number of names below it. The clock must outlive it and every find().
  explicit HostLookup(base::Clock& clock, std::size_t most_open = 16, std::size_t most_of_domain = 0);

  // The addresses of `host`, in the system's order of preference; an IP address is its own. Failures:
  //   UNAVAILABLE         there is no such host, or the system's resolver fails
  //   DEADLINE_EXCEEDED   after `timeout`
  //   RESOURCE_EXHAUSTED  too many look-ups hang, of all or of the host's domain
  //   CANCELLED
  boost::asio::awaitable<base::Result<std::vector<boost::asio::ip::address>>> find(
      std::string host, base::Duration timeout) const;

 private:
  base::Clock& clock_;
  std::shared_ptr<LookupPlaces> places_;
};

}  // namespace paynamed::net
