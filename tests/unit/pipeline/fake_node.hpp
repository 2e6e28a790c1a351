// FakeNode: a NodeBackend in memory that makes real BOLT 12 offers, and lies when a test says so.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/pipeline/fake_zone.hpp"

namespace paynamed::plugin::v1 {
class CreateOfferRequest;
}

namespace paynamed::pipeline {

// What makes an offer another one.
struct OfferParts {
  std::string metadata;
  std::uint64_t amount_msat = 0;
  std::string description;
  std::uint64_t absolute_expiry = 0;
  std::string issuer;
};
// An offer for the regtest chain.
std::string offer_of(const OfferParts& parts);
std::string offer_id_of(const std::string& offer);

enum class Lie {
  kNone,
  kAmount,
  kDescription,
  kIssuer,
  kNoIssuer,
  kExpiry,
  kExpiryBeyondYear10000,
  kId,
  kOfferOfAnotherKey,  // the first that it made
  kGarbage,            // no offer
  kNoMessage,          // bytes that are no reply
  kHugeNodeName,
};

class FakeNode {
 public:
  base::Result<std::string> call(const PluginCall& call);

  struct Made {
    std::string offer;
    std::string offer_id;
    bool active = true;
  };
  std::map<std::string, Made> offers;  // by offer key
  std::vector<std::string> keys;       // in the order in which they were made
  Lie lie = Lie::kNone;
  std::map<std::string, std::deque<Fault>> faults;  // by method
  std::vector<std::string> calls;                   // methods
  std::vector<std::string> disabled;                // offer ids
  KeptAnswers kept;

  std::size_t active() const;
  bool is_active(const std::string& offer_id) const;

 private:
  base::Result<std::string> perform(const PluginCall& call);
  std::string create(const plugin::v1::CreateOfferRequest& request);
};

}  // namespace paynamed::pipeline
