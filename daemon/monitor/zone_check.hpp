// ZoneCheck looks at the zone of one domain: what its parent says of it (DS records, name servers), what each
// of its own servers says (SOA, DNSKEY, NS, with their signatures), and whether libunbound validates it.
//
// What is asked, for one domain: the search for its servers; two questions to every server of the parent;
// three to every server of the zone; one validation. All within the budget, so that names and domains
// together stay below the cap. The servers of a parent are remembered.
//
// Threads: look() may be called on any executor, many at once; give each call a strand.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "monitor/dns_questions.hpp"
#include "monitor/query_budget.hpp"
#include "monitor/zone_answers.hpp"
#include "monitor/zone_book.hpp"

namespace paynamed::monitor {

class ZoneCheck {
 public:
  struct Settings {
    std::uint16_t port = 53;               // of authoritative servers
    base::Duration parent_for{3'600'000};  // how long the servers of a parent count as known
    base::Duration silent_parent_for{
        600'000};                      // how long a server of a parent that did not answer is left alone
    std::size_t most_parents = 1'000;  // remembered
  };
  // The budget is that of everybody who watches. What is given outlives this.
  ZoneCheck(Settings settings, DnsQuestions questions, QueryBudget& budget, base::Clock& clock);

  // `domain` is without its final dot. Fails only when the servers of the zone were not found, as
  // names::ZoneServerFinder::find(), or CANCELLED.
  boost::asio::awaitable<base::Result<ZoneFacts>> look(std::string domain);

 private:
  using Addresses = std::vector<ServerAddress>;
  struct ServerAnswers;
  struct ParentAnswers;
  struct Parent {
    std::string zone;
    Addresses servers;
    base::MonotonicTime since;
  };

  boost::asio::awaitable<base::Result<Parent>> find_servers(std::string name, Addresses before);
  boost::asio::awaitable<base::Result<Parent>> parent_of(std::string zone, Addresses before);
  boost::asio::awaitable<void> ask_parent(ZoneFacts& facts, Addresses servers_of_zone);
  boost::asio::awaitable<ParentAnswers> ask_parent_server(std::string zone, ServerAddress server);
  boost::asio::awaitable<void> ask_servers(ZoneFacts& facts, const Addresses& servers);
  boost::asio::awaitable<ServerAnswers> ask_server(std::string zone, ServerAddress server);
  boost::asio::awaitable<void> validate(ZoneFacts& facts, std::string domain, const Addresses& servers);

  // However long ago it was found.
  std::optional<Parent> known_parent(const std::string& name) const;
  void remember_parent(const std::string& name, const Parent& parent);
  bool is_silent(const net::Endpoint& server) const;
  void set_silent(const net::Endpoint& server);

  const Settings settings_;
  const DnsQuestions questions_;
  QueryBudget& budget_;
  base::Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Parent> parents_;              // by a name in the zone
  std::map<std::string, base::MonotonicTime> silent_;  // until when a parent's server is left alone
  std::map<std::string, Addresses> servers_;           // of a zone, as last found
};

}  // namespace paynamed::monitor
