// What moves ask of the rest of the daemon, as a few narrow functions, so that they are tested on zones and
// servers in memory.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "names/zone_servers.hpp"
#include "net/dns_transport.hpp"
#include "observe/log.hpp"
#include "pipeline/actions/services.hpp"
#include "state/moves.hpp"

namespace paynamed::moves {

struct Services {
  pipeline::Services plugins;  // runtime, plugin calls, clock
  state::MoveStore& store;
  base::Random& random;
  observe::Log log;
  // net::DnsTransport::query
  std::function<boost::asio::awaitable<base::Result<net::DnsAnswer>>(net::Endpoint, net::DnsQuestion)> ask;
  // names::ZoneServerFinder::find
  std::function<boost::asio::awaitable<base::Result<names::ZoneServers>>(std::string owner)> servers_of;
  std::function<std::uint16_t()> port;  // of authoritative servers
  // The configuration, held while something lasting is made of it (pipeline::LiveRuntime::lease).
  std::function<boost::asio::awaitable<std::shared_ptr<const pipeline::Runtime>>()> lease;
};

}  // namespace paynamed::moves
