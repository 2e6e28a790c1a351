// NSEC3 with opt-out (RFC 5155 section 6) leaves names out, so no wildcard is proven with it: the fault table
// has that. A record of its own needs no NSEC3 record: it is proven as in any other zone, and no wallet
// minds.
#include <boost/json/serialize.hpp>

#include "tests/e2e/faults/stage.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST(OptOut, ANameWithARecordOfItsOwnIsLiveAndLintMindsNothing) {
  Stage stage{{.policy = "opt-out"}};
  stage.scene().daemon().start();
  stage.make_live(kAlice);
  const json::object lint = stage.scene().get("/v1/names/" + kAlice + "/lint");
  EXPECT_THAT(json::serialize(lint), Not(HasSubstr("opt_out")));
  EXPECT_TRUE(stage.sees_looks("fine", 2));
}

TEST(OptOut, WithoutItAWildcardInPlaceOfTheRecordKeepsTheNameLive) {
  Stage stage{{}};
  stage.scene().daemon().start();
  stage.make_live(kAlice);
  stage.replace_by_wildcard(kAlice);
  EXPECT_TRUE(stage.sees_looks("fine", 4));
  EXPECT_EQ(stage.state_of(kAlice), "live");
  EXPECT_THAT(stage.scene().event_types(kAlice), Not(Contains("name.degraded")));
}

}  // namespace
}  // namespace paynamed::e2e
