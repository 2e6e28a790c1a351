// The real actions and the real mover on a real state file, between two zones, their servers and those of
// the parent in memory. The servers give out what the zones have, signed.
#pragma once

#include <array>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "moves/mover.hpp"
#include "tests/fakes/dnssec/signed_zone.hpp"
#include "tests/unit/pipeline/actions_fixture.hpp"

namespace paynamed::moves {

class MoveFixture : public pipeline::ActionsFixture {
 protected:
  MoveFixture();
  void SetUp() override;
  void TearDown() override;

  // A new mover on the same file: what a restart of the daemon brings.
  void make_mover();
  void restart();

  state::MoveRow begin(std::vector<std::string> accept = {});
  // One step of the mover, and the time that it wants to pass.
  void step();
  // Steps until the move is in this phase, paused or over; a failure of the test when it never is.
  void until(state::MovePhase phase);
  void until_paused();
  // Steps so often and returns the phase then.
  state::MovePhase after(int steps);
  MoveView view();
  state::MovePhase phase() { return view().row.phase; }

  using Sides = std::vector<std::string>;
  void delegate_to(const std::string& side) { delegate_to(Sides{side}, Sides{side}); }
  // As each server of the parent has it.
  void delegate_to(Sides first, Sides second) {
    delegated[0] = std::move(first);
    delegated[1] = std::move(second);
  }
  std::vector<std::string>& on_b(const std::string& name) { return zone2.records[owner_name(name)]; }
  std::vector<std::string>& on_a(const std::string& name) { return zone.records[owner_name(name)]; }
  std::vector<std::string> types_of_moves();

  // "a" and "b" are the zones; other records of theirs, as lines of a zone file.
  std::map<std::string, fakes::Records> others;
  std::map<std::string, std::unique_ptr<fakes::SigningKey>> keys;  // by side
  // What each of the two servers of the parent delegates to: sides, "c" is a stranger's.
  std::array<Sides, 2> delegated{Sides{"a"}, Sides{"a"}};
  fakes::Records ds;
  std::set<std::string> down;        // addresses that do not answer
  std::set<std::string> wrong_at_b;  // owners of sets whose signatures are wrong there
  bool a_lists = true;
  std::set<std::string> aliases;  // sides whose provider lists an alias of its own kind at the apex
  std::uint32_t parent_ttl = 600;
  std::unique_ptr<Mover> mover;

 private:
  pipeline::PluginAnswer call(const pipeline::PluginCall& call);
  base::Result<std::string> list(const std::string& side);
  base::Result<net::DnsAnswer> ask(const net::Endpoint& server, const net::DnsQuestion& question);
  net::DnsAnswer ask_parent(std::size_t which, const net::DnsQuestion& question) const;
  net::DnsAnswer ask_side(const std::string& side, const net::DnsQuestion& question);
  fakes::Records sets_of(const std::string& side);
  fakes::Records with_signature(const std::string& side, const fakes::Records& set);
};

}  // namespace paynamed::moves
