// One question to one authoritative server by whoever counts them: a datagram, and TCP when nothing came or
// the answer was cut off.
//
// Threads: may be called on any executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>

#include "monitor/dns_questions.hpp"
#include "monitor/query_budget.hpp"

namespace paynamed::monitor {

struct CountedAnswer {
  bool was_asked = false;
  std::optional<net::DnsAnswer> answer;  // whole, never cut off
  base::Status trouble;                  // why there is none
};

// Each packet is taken from the budget. Cancellation must not throw (throw_if_cancelled(false)).
boost::asio::awaitable<CountedAnswer> ask_counted(QueryBudget& budget, const DnsQuestions& questions,
                                                  net::Endpoint server, net::DnsQuestion question);

// For whoever holds the server with room for two packets: never waits for it twice, so silence is not asked
// again by TCP.
boost::asio::awaitable<CountedAnswer> ask_held(const DnsQuestions& questions, net::Endpoint server,
                                               net::DnsQuestion question);

}  // namespace paynamed::monitor
