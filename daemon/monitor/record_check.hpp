// RecordCheck looks at the record of one name: asks an authoritative server, or all of them, and proves the
// record from the trust anchor.
//
// Most looks are one question. The answer with its signature and what is known of the zone's keys make a
// proof, which our own verifier checks; the keys are proven anew (by names::Prover, libunbound agreeing) now
// and then, when that fails, and before a name changes its state.
//
// Threads: look() may be called on any executor, many at once; give each call a strand.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/name.hpp"
#include "monitor/dns_questions.hpp"
#include "monitor/finding.hpp"
#include "monitor/query_budget.hpp"
#include "monitor/record_answer.hpp"
#include "monitor/zone_book.hpp"

namespace paynamed::monitor {

class RecordCheck {
 public:
  struct Settings {
    std::uint16_t port = 53;  // of authoritative servers
    // Where authoritative servers cannot be reached: who is asked in their place, as sentences name them. One
    // of them that has the record is enough, for others may remember what was there before.
    std::vector<std::string> resolvers{};
    // How long the servers and the keys of a zone count as known.
    base::Duration zone_for{3'600'000};
  };
  // The budget is that of everybody who watches, and outlives this.
  RecordCheck(Settings settings, DnsQuestions questions, QueryBudget& budget, base::Clock& clock);

  boost::asio::awaitable<Finding> look(state::WatchedName name, Depth depth);

 private:
  struct Subject;
  using Answers = std::vector<RecordAnswer>;

  boost::asio::awaitable<base::Result<std::vector<ServerAddress>>> servers_of(const Subject& subject);
  boost::asio::awaitable<Answers> ask_one(const Subject& subject, const std::vector<ServerAddress>& servers);
  boost::asio::awaitable<Answers> ask_all(const Subject& subject, const std::vector<ServerAddress>& servers);
  boost::asio::awaitable<base::Result<net::DnsAnswer>> ask_resolver(const Subject& subject,
                                                                    std::size_t resolver);
  boost::asio::awaitable<RecordAnswer> ask(const Subject& subject, ServerAddress server);
  boost::asio::awaitable<Finding> prove(const Subject& subject, std::vector<net::DnsRecord> record,
                                        const std::vector<ServerAddress>& servers);
  boost::asio::awaitable<Finding> prove_anew(const Subject& subject);
  // With the keys that are known; nothing when that does not prove it.
  std::optional<Finding> prove_with_known(const Subject& subject, const std::vector<net::DnsRecord>& record);

  const Settings settings_;
  const DnsQuestions questions_;
  base::Clock& clock_;
  QueryBudget& budget_;
  ZoneBook zones_;
};

}  // namespace paynamed::monitor
