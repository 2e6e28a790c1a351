// How the servers of the parent delegate a zone: asked one by one, because caches and the world believe each.
//
// Threads: a coroutine on any executor.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "moves/services.hpp"

namespace paynamed::moves {

using Addresses = std::set<boost::asio::ip::address>;

struct ParentAnswer {
  std::string server;                     // "a.nic.test. at 192.0.2.1:53"
  std::string trouble;                    // why it told nothing; else empty
  bool no_route = false;                  // this host cannot reach it, so it is not waited for
  std::vector<std::string> name_servers;  // in order
  Addresses addresses;                    // of all of them
  std::uint32_t ns_ttl = 0;
  std::uint32_t glue_ttl = 0;
  bool told_ds = false;
  std::vector<std::vector<std::uint8_t>> ds;  // rdata, in order
  std::uint32_t ds_ttl = 0;
};

struct Delegation {
  std::string parent;  // the zone above, with its dot
  std::vector<ParentAnswer> answers;

  // All servers of the parent that this host can reach told, and there is at least one.
  bool complete() const;
  // The addresses of the servers that any of them names.
  Addresses addresses() const;
  // All told, and name none but servers at these.
  bool is_all_at(const Addresses& servers) const;
  // Any names a server at one of these.
  bool names_any_of(const Addresses& servers) const;
  // One sentence a server of the parent.
  std::vector<std::string> sentences() const;
};

// "12345 13 2 ABCD...", as zone files write DS records, in order.
std::vector<std::string> ds_texts(const ParentAnswer& answer);

// Asks every address of every server of the zone above `zone` (with its dot). Fails only when they were not
// found, as names::ZoneServerFinder::find().
boost::asio::awaitable<base::Result<Delegation>> look_at_delegation(const Services& services,
                                                                    std::string zone);

// The addresses that a host has in the DNS, asked of authoritative servers. Empty when it has none.
boost::asio::awaitable<base::Result<Addresses>> addresses_of(const Services& services, std::string host);

}  // namespace paynamed::moves
