// The real actions on a real state file, between a zone, two nodes and a resolver in memory.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/actions/services.hpp"
#include "tests/unit/pipeline/engine_fixture.hpp"
#include "tests/unit/pipeline/fake_node.hpp"
#include "tests/unit/pipeline/fake_zone.hpp"

namespace paynamed::pipeline {

class ActionsFixture : public EngineFixture {
 protected:
  ActionsFixture();
  void SetUp() override { start(); }
  // Before the fakes go, and without what a test's own variables are captured in.
  void TearDown() override {
    zone.before = {};
    authoritatives = {};
    resolvers = {};
    record_proof = {};
    crash();
  }
  ActionTable actions() override;
  Services services();
  // The configuration with these lines more; `default_node` makes the offers of the built-in pipelines.
  void configure(const std::string& default_node, const std::string& more = {},
                 const std::string& of_domain = {});

  ProvenRecord proof_of(const std::string& value) const;
  static std::string owner_name(const std::string& name = kAlice);
  std::vector<std::string>& records(const std::string& name = kAlice) {
    return zone.records[owner_name(name)];
  }
  // The record of a name as its row and the zone have it; an empty text and a failure when they differ.
  std::string record(const std::string& name = kAlice);
  state::NameRow name_row(const std::string& name = kAlice);
  state::OfferRow offer_row(const std::string& offer_id, const std::string& name = kAlice);
  std::size_t journal_entries(base::Uuid run);

  // The run's id; a failure of the test when it is refused.
  base::Uuid accept(Command command);
  Command registration(const std::string& name = kAlice) const { return command(name); }
  Command external(const std::string& offer, state::Verb verb = state::Verb::kRegister,
                   const std::string& name = kAlice) const;
  // Registers and sees it live.
  void make_live(const std::string& name = kAlice);
  // Alice's name, as the monitor says it.
  void degrade();
  // Neither side was used against its contract, and no name ever had two records of ours.
  void expect_good_manners() const;

  static constexpr const char* kAlice = "alice@example.test";

  FakeZone zone;
  FakeZone zone2;                         // where the domain is moved to
  std::map<std::string, FakeNode> nodes;  // by instance
  FakeNode& node() { return nodes["node"]; }
  // Answers in place of the zone's own; empty: as the zone has it.
  std::function<AuthoritativeReport()> authoritatives;
  std::function<std::optional<ResolverSummary>()> resolvers;
  int resolver_looks = 0;
  std::function<base::Result<ProvenRecord>()> record_proof;
  base::Duration validation_takes{0};
  int validations_open = 0;
  ValidationReport domain_validation{ValidationReport::Verdict::kSecure, {}};
  int background_calls = 0;
  int interactive_calls = 0;
  std::map<std::string, base::Duration> timeouts;  // of the latest call, by instance and method
  std::size_t authoritative_looks = 0;
};

}  // namespace paynamed::pipeline
