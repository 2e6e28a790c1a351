// A key is rolled as it should be: in no moment of it is a name less than live.
#include "tests/e2e/faults/stage.hpp"

namespace paynamed::e2e {
namespace {

using testing::Contains;
using testing::Not;

class GoodRollover : public testing::Test {
 protected:
  // The tag of the only key that was made after `before`.
  std::string tag_of_new_key(const std::map<std::string, std::string>& before) {
    for (const auto& [tag, signer] : stage_.lab().delegation_signers(kZone)) {
      if (!before.contains(tag)) return tag;
    }
    ADD_FAILURE() << "there is no new key";
    return {};
  }
  void set_key(const std::string& tag, const std::string& times) {
    stage_.lab().keymgr(kZone, "set " + tag + " " + times);
  }

  Stage stage_{{.policy = "manual"}};
};

TEST_F(GoodRollover, KeepsEveryNameLiveInEachOfItsSteps) {
  fakes::KnotLab& lab = stage_.lab();
  stage_.scene().daemon().start();
  stage_.make_live(kAlice);
  const auto first = lab.delegation_signers(kZone);
  ASSERT_EQ(first.size(), 1U);
  const std::string old_tag = first.begin()->first;
  std::string new_tag;
  const auto signer_of = [&](const std::string& tag) { return lab.delegation_signers(kZone).at(tag); };

  // RFC 6781 section 4.1.2: double DS. The first step leaves signatures by a key that is in no DNSKEY set
  // yet.
  const std::vector<std::pair<std::string, std::function<void()>>> steps{
      {"signs",
       [&] {
         lab.keymgr(kZone,
                    "generate algorithm=13 ksk=yes zsk=yes created=-60d pre_active=-59d publish=+90d "
                    "ready=+90d active=+90d");
         new_tag = tag_of_new_key(first);
         lab.load_keys(kZone);
       }},
      {"published",
       [&] {
         set_key(new_tag, "publish=-58d");
         lab.load_keys(kZone);
       }},
      {"both",
       [&] {
         stage_.delegate_signed_by({signer_of(old_tag), signer_of(new_tag)});
       }},
      {"swapped",
       [&] {
         set_key(new_tag, "ready=-57d active=-57d");
         set_key(old_tag, "retire_active=-1d retire=-1d");
         lab.load_keys(kZone);
       }},
      {"delegated", [&] { stage_.delegate_signed_by({signer_of(new_tag)}); }},
      {"removed",
       [&] {
         set_key(old_tag, "remove=-1h");
         lab.load_keys(kZone);
       }},
  };
  for (const auto& [name, step] : steps) {
    SCOPED_TRACE(name);
    step();
    EXPECT_TRUE(stage_.sees_looks("fine", 2));
    stage_.make_live(name + "@fault.test");
    EXPECT_EQ(stage_.state_of(kAlice), "live");
  }
  for (const auto& event : stage_.scene().events()) EXPECT_NE(text(event, "type"), "name.degraded");
  EXPECT_EQ(stage_.scene().daemon().terminate(), 0);
}

}  // namespace
}  // namespace paynamed::e2e
