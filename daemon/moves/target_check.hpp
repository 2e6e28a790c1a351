// TargetCheck: whether the servers that a zone moves to answer as those that it leaves: the same keys, the
// same sets of records, each signed, and the record of every name.
//
// Threads: one coroutine at a time.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "moves/delegation.hpp"
#include "moves/details.hpp"
#include "moves/findings.hpp"
#include "moves/provider.hpp"
#include "moves/signed_answer.hpp"
#include "moves/zone_sets.hpp"

namespace paynamed::moves {

class TargetCheck {
 public:
  TargetCheck(const Services& services, const state::MoveRow& move, std::string zone, const Details& details);

  using Findings = moves::Findings;

  // All but the names themselves, which need not be there yet.
  boost::asio::awaitable<Findings> look_at_zone();
  // All of it.
  boost::asio::awaitable<Findings> look_at_everything();
  // The names alone, at the servers that an earlier look found (details.to_servers): what else is in the zone
  // may be changed once the new servers answer for it.
  boost::asio::awaitable<Findings> look_at_names();

 private:
  struct Answer {
    base::Status trouble;
    net::DnsAnswer answer;
  };

  boost::asio::awaitable<Findings> look(bool names_too);
  boost::asio::awaitable<void> list(Findings& findings);
  boost::asio::awaitable<void> find_servers(Findings& findings);
  boost::asio::awaitable<void> look_at_parent(Findings& findings);
  boost::asio::awaitable<void> look_at_keys(Findings& findings);
  void look_at_ds(Findings& findings) const;
  boost::asio::awaitable<void> look_at_apex(net::Endpoint server, bool is_target, Findings& findings);
  boost::asio::awaitable<void> look_at_denial(Findings& findings);
  boost::asio::awaitable<void> compare_sets(Findings& findings);
  boost::asio::awaitable<void> compare_names(Findings& findings);
  boost::asio::awaitable<std::vector<std::string>> compare_set(SetName name, RecordData wanted);
  boost::asio::awaitable<std::vector<std::string>> compare_name(state::MovingName name);
  boost::asio::awaitable<Answer> ask(net::Endpoint server, std::string owner, net::DnsType type) const;

  void read_ours(Findings& findings);
  bool is_accepted(const SetName& name) const { return accepted_.contains(name); }
  // Below a delegation inside the zone, or that delegation: no server answers for it with authority.
  bool is_cut_off(const SetName& name) const;
  std::string signature_problem(const net::DnsAnswer& answer, const SetName& name) const;

  const Services& services_;
  const state::MoveRow move_;
  const std::string zone_;  // with its dot
  const Details& details_;
  const Provider from_;
  const Provider to_;
  std::set<SetName> accepted_;
  std::optional<ZoneSets> from_sets_;  // as far as the instances can list
  std::optional<ZoneSets> to_sets_;
  std::vector<net::Endpoint> servers_;       // that the zone moves to
  std::vector<net::Endpoint> left_servers_;  // that it leaves
  Delegation delegation_;
  ZoneKeys keys_;                // of the new servers
  std::set<std::string> cuts_;   // delegations inside the zone
  std::set<std::string> owned_;  // where names of ours are
};

}  // namespace paynamed::moves
