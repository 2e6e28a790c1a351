// What is wrong with the signatures, the keys and the DS records.
#include <algorithm>
#include <iterator>

#include "tests/e2e/faults/fault.hpp"

namespace paynamed::e2e {
namespace {

using End = RegistrationFault::End;

std::vector<std::string> true_signers(Stage& stage) {
  std::vector<std::string> signers;
  for (const auto& [tag, signer] : stage.lab().delegation_signers(kZone)) signers.push_back(signer);
  return signers;
}

const std::string kCompare = "compare the DS record at the registrar with the zone's DNSKEY";

// The right key's tag with another digest.
void make_ds_wrong(Stage& stage) {
  auto signers = true_signers(stage);
  for (std::string& signer : signers) {
    char& last = signer.back();
    last = last == '0' ? '1' : '0';
  }
  stage.delegate_signed_by(signers);
}

void make_ds_right(Stage& stage) {
  stage.delegate_signed_by(true_signers(stage));
}

void remove_ds(Stage& stage) {
  stage.delegate_signed_by({});
}

// The server signs with a clock that is three days behind: its signatures ended long ago.
void sign_in_the_past(Stage& stage) {
  stage.lab().restart_at("-3d");
  stage.lab().sign_anew(kZone);
}

void set_the_clock(Stage& stage) {
  stage.lab().restart();
}

// The parent is told of a key that the zone does not have yet.
void roll_the_ds_too_early(Stage& stage) {
  const auto before = stage.lab().delegation_signers(kZone);
  stage.lab().keymgr(
      kZone, "generate algorithm=13 ksk=yes zsk=yes created=-60d publish=+90d ready=+90d active=+90d");
  std::vector<std::string> signers;
  for (const auto& [tag, signer] : stage.lab().delegation_signers(kZone)) {
    if (!before.contains(tag)) signers.push_back(signer);
  }
  stage.delegate_signed_by(signers);
}

// Then the zone gets the key, and signs with it.
void publish_the_new_key(Stage& stage) {
  for (const auto& [tag, signer] : stage.lab().delegation_signers(kZone))
    stage.lab().keymgr(kZone, "set " + tag + " publish=-60d ready=-60d active=-60d");
  stage.lab().load_keys(kZone);
}

}  // namespace

void add_signature_faults(std::vector<RegistrationFault>& faults) {
  faults.push_back({"unsigned_zone",
                    {.policy = "unsigned"},
                    [](Stage&) {},
                    End::kRefused,
                    "check",
                    {"fault.test is not signed", "switch DNSSEC on at the DNS provider", "DS record"},
                    [](Stage& stage) { stage.lab().sign_zone(kZone); }});
  faults.push_back({"no_ds",
                    {},
                    remove_ds,
                    End::kRefused,
                    "check",
                    {"fault.test is not signed, or its parent has no DS record", "at the registrar"},
                    make_ds_right});
  faults.push_back({"wrong_ds",
                    {},
                    make_ds_wrong,
                    End::kRefused,
                    "check",
                    {"DNSSEC of fault.test is broken", "DS", "compare the DS record at the registrar"},
                    make_ds_right});
  faults.push_back({"expired_signatures",
                    {.policy = "short"},
                    sign_in_the_past,
                    End::kRefused,
                    "check",
                    {"DNSSEC of fault.test is broken", "expired", "look whether the signatures have expired"},
                    set_the_clock});
  faults.push_back({"broken_rollover",
                    {.policy = "manual"},
                    roll_the_ds_too_early,
                    End::kRefused,
                    "check",
                    {"DNSSEC of fault.test is broken", kCompare},
                    publish_the_new_key});
  // The check of the domain was passed: the proof finds it.
  faults.push_back({"no_ds_midway",
                    {},
                    remove_ds,
                    End::kWaits,
                    "prove",
                    {"is not DNSSEC-signed", "enter the DS record at the registrar"},
                    make_ds_right,
                    true});
  faults.push_back({"wrong_ds_midway",
                    {},
                    make_ds_wrong,
                    End::kWaits,
                    "prove",
                    {"DS hash mismatches key", kCompare},
                    make_ds_right,
                    true});
  faults.push_back({"expired_signatures_midway",
                    {.policy = "short"},
                    sign_in_the_past,
                    End::kWaits,
                    "prove",
                    {"expired", kCompare},
                    set_the_clock,
                    true});
}

void add_signature_faults(std::vector<WatchFault>& faults) {
  faults.push_back(
      {"no_ds",
       {},
       {},
       remove_ds,
       "not_proven",
       {"signed", "switch DNSSEC on at the DNS provider and enter the DS record at the registrar"},
       make_ds_right});
  faults.push_back(
      {"wrong_ds", {}, {}, make_ds_wrong, "not_proven", {"DS hash mismatches key", kCompare}, make_ds_right});
  faults.push_back({"expired_signatures",
                    {.policy = "short"},
                    {},
                    sign_in_the_past,
                    "not_proven",
                    {"expired", kCompare},
                    set_the_clock});
  faults.push_back({"broken_rollover",
                    {.policy = "manual"},
                    {},
                    roll_the_ds_too_early,
                    "not_proven",
                    {"DS", kCompare},
                    publish_the_new_key});
}

}  // namespace paynamed::e2e
