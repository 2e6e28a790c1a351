// What else stands at the name.
#include "tests/e2e/faults/fault.hpp"

namespace paynamed::e2e {
namespace {

using End = RegistrationFault::End;

const std::string kOwner = "alice.user._bitcoin-payment.fault.test.";
const std::string kOther = "other.user._bitcoin-payment.fault.test.";

void put_alias(Stage& stage) {
  stage.edit({txt(kOther, "bitcoin:?lno=lno1other"), "set " + kOwner + " 60 CNAME " + kOther});
}

void remove_alias(Stage& stage) {
  stage.edit({"unset " + kOwner + " CNAME"});
}

// The alias leads to the very same value.
void put_alias_in_place(Stage& stage) {
  stage.edit({txt(kOther, stage.value_of(kAlice)), "unset " + kOwner + " TXT",
              "set " + kOwner + " 60 CNAME " + kOther});
}

void put_record_in_place(Stage& stage) {
  stage.edit({"unset " + kOwner + " CNAME", txt(kOwner, stage.value_of(kAlice))});
}

void add_second_txt(Stage& stage) {
  stage.edit({txt(kOwner, "bitcoin:?lno=lno1second")});
}

void remove_all_txt(Stage& stage) {
  stage.edit({"unset " + kOwner + " TXT"});
}

void leave_own_txt(Stage& stage) {
  stage.edit({"unset " + kOwner + " TXT", txt(kOwner, stage.value_of(kAlice))});
}

// Whoever only looks sees no difference.
void replace_by_wildcard(Stage& stage) {
  stage.replace_by_wildcard(kAlice);
}

void replace_by_own_record(Stage& stage) {
  stage.edit({txt(kOwner, stage.value_of(kAlice)), "unset " + kWildcard + " TXT"});
}

}  // namespace

void add_record_faults(std::vector<RegistrationFault>& faults) {
  faults.push_back(
      {"cname", {}, put_alias, End::kRefused, "publish", {kOwner, "CNAME", "remove"}, remove_alias});
  faults.push_back({"foreign_txt",
                    {},
                    add_second_txt,
                    End::kRefused,
                    "publish",
                    {kOwner + " has 1 TXT record that is not ours", "remove it from the zone"},
                    remove_all_txt});
  faults.push_back({"second_txt",
                    {},
                    add_second_txt,
                    End::kWaits,
                    "await",
                    {"ns1.fault.test. at 127.0.0.1:", "has 2 TXT records at " + kOwner, "leave only one"},
                    leave_own_txt,
                    true});
  // Opt-out leaves open whether the name has a record of its own. Without it the wildcard is as good as one.
  faults.push_back({"opt_out",
                    {.policy = "opt-out"},
                    replace_by_wildcard,
                    End::kWaits,
                    "prove",
                    {kOwner + " comes from a wildcard", "NSEC3 with opt-out", "a record of its own"},
                    replace_by_own_record,
                    true});
}

void add_record_faults(std::vector<WatchFault>& faults) {
  faults.push_back(
      {"opt_out",
       {.policy = "opt-out"},
       {},
       replace_by_wildcard,
       "not_proven",
       {kOwner + " comes from a wildcard", "NSEC3 with opt-out", "give the name a record of its own"},
       replace_by_own_record});
  faults.push_back({"cname",
                    {},
                    {},
                    put_alias_in_place,
                    "alias",
                    {"ns1.fault.test. at 127.0.0.1:", "has a CNAME at " + kOwner, "remove it"},
                    put_record_in_place});
  faults.push_back({"second_txt",
                    {},
                    {},
                    add_second_txt,
                    "extra_record",
                    {"ns1.fault.test. at 127.0.0.1:", "has 2 TXT records at " + kOwner, "leave only one"},
                    leave_own_txt});
}

}  // namespace paynamed::e2e
