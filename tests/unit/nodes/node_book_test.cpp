// Whether a name is receivable, from its node's last look alone.
#include "nodes/node_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace paynamed::nodes {
namespace {

using state::Ternary;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class NodeBookTest : public ::testing::Test {
 protected:
  NodeBookTest() { book.set_interval(base::Duration{60'000}); }

  state::NameRow name(const std::string& node = "") {
    state::NameRow row;
    row.name = "alice@example.com";
    row.node_instance = "node";
    row.node = node;
    return row;
  }
  state::NodeLook look() {
    state::NodeLook look;
    look.place = {"node", ""};
    look.looked = clock.wall();
    look.reachable = look.receivable = Ternary::kYes;
    look.inbound_msat = 7'000;
    look.explanation = "It has room.";
    look.reached = 1;
    return look;
  }

  base::ManualClock clock{base::WallTime{base::Duration{1'700'000'000'000}}};
  NodeBook book{clock};
};

TEST_F(NodeBookTest, SaysWhatTheNodeSaid) {
  book.put_look(look());
  const auto said = book.receivable(name(), "default");
  EXPECT_EQ(said.state, Ternary::kYes);
  EXPECT_EQ(said.reason, "It has room.");
  EXPECT_EQ(said.as_of, clock.wall());
  EXPECT_EQ(said.max_msat, 7'000U);
  auto full = look();
  full.receivable = Ternary::kNo;
  book.put_look(full);
  EXPECT_EQ(book.receivable(name(), "default").state, Ternary::kNo);
  EXPECT_FALSE(book.receivable(name(), "default").max_msat);
}

// What a plugin says of the operator's node is the operator's.
TEST_F(NodeBookTest, TenantsHearOfAConfiguredNodeOnlyWhatItsStatesSay) {
  struct Case {
    Ternary reachable;
    Ternary receivable;
    const char* code;
    const char* said;
  };
  for (const Case& each : {Case{Ternary::kYes, Ternary::kYes, "", "has room"},
                           Case{Ternary::kYes, Ternary::kNo, "", "cannot take"},
                           Case{Ternary::kYes, Ternary::kUnknown, "", "does not say"},
                           Case{Ternary::kNo, Ternary::kUnknown, "unreachable", "does not answer"},
                           Case{Ternary::kNo, Ternary::kUnknown, "unauthenticated", "credentials"},
                           Case{Ternary::kNo, Ternary::kUnknown, "refused", "configuration"},
                           Case{Ternary::kUnknown, Ternary::kUnknown, "", "not known"}}) {
    auto known = look();
    known.reachable = each.reachable;
    known.receivable = each.receivable;
    known.code = each.code;
    known.explanation = "The file /etc/paynamed/node.rune cannot be read.";
    book.put_look(known);
    EXPECT_THAT(book.receivable(name(), "shop").reason, HasSubstr(each.said));
    EXPECT_THAT(book.receivable(name(), "shop").reason, Not(HasSubstr("/etc")));
    EXPECT_THAT(book.receivable(name(), "default").reason, HasSubstr("/etc"));
    EXPECT_EQ(book.receivable(name(), "shop").state, book.receivable(name(), "default").state);
  }
  // Of a node that a tenant added it hears all.
  state::NodeRow added;
  added.place = {"node", "https://a:1"};
  book.put_node(added);
  auto of_added = look();
  of_added.place = added.place;
  book.put_look(of_added);
  EXPECT_EQ(book.receivable(name("https://a:1"), "shop").reason, "It has room.");
}

TEST_F(NodeBookTest, KnowsNothingOfOtherNodesAndOfExternalNames) {
  book.put_look(look());
  EXPECT_EQ(book.receivable(name("another"), "default").state, Ternary::kUnknown);
  auto external = name();
  external.source = state::SourceKind::kExternal;
  EXPECT_EQ(book.receivable(external, "default").state, Ternary::kUnknown);
  EXPECT_THAT(book.receivable(external, "default").reason, HasSubstr("somebody else's node"));
  auto fresh = name();
  fresh.node_instance.clear();
  EXPECT_EQ(book.receivable(fresh, "default").state, Ternary::kUnknown);
}

TEST_F(NodeBookTest, ALookOlderThanThreeIntervalsSaysNothing) {
  book.put_look(look());
  clock.advance(base::Duration{180'000});
  EXPECT_EQ(book.receivable(name(), "default").state, Ternary::kYes);
  clock.advance(base::Duration{1});
  const auto old = book.receivable(name(), "default");
  EXPECT_EQ(old.state, Ternary::kUnknown);
  EXPECT_FALSE(old.max_msat);
  EXPECT_TRUE(old.as_of);
}

TEST_F(NodeBookTest, ASecondMissAndARefusalMeanNo) {
  auto missed = look();
  missed.reachable = Ternary::kNo;
  missed.code = "unreachable";
  missed.missed = 1;
  book.put_look(missed);
  EXPECT_EQ(book.receivable(name(), "default").state, Ternary::kUnknown);
  missed.missed = 2;
  book.put_look(missed);
  EXPECT_EQ(book.receivable(name(), "default").state, Ternary::kNo);
  EXPECT_FALSE(book.receivable(name(), "default").max_msat);
  missed.missed = 1;
  missed.code = "unauthenticated";
  book.put_look(missed);
  EXPECT_EQ(book.receivable(name(), "default").state, Ternary::kNo);
}

TEST_F(NodeBookTest, ABackendThatDoesNotSayIsUnknown) {
  auto silent = look();
  silent.reachable = Ternary::kUnknown;
  silent.receivable = Ternary::kUnknown;
  book.put_look(silent);
  EXPECT_EQ(book.receivable(name(), "default").state, Ternary::kUnknown);
}

TEST_F(NodeBookTest, HandlesAreOfAddedNodesAlone) {
  state::NodeRow node;
  node.place = {"node", "https://a:1"};
  node.secrets = {"ca", "rune"};
  book.put_node(node);
  const std::string stem = "secret:node/added/" + node.id.to_string() + "/";
  EXPECT_THAT(book.secret_handles(node.place), ElementsAre(stem + "ca", stem + "rune"));
  EXPECT_THAT(book.secret_handles({"node", ""}), IsEmpty());
  EXPECT_THAT(book.secret_handles({"other", "https://a:1"}), IsEmpty());
  EXPECT_EQ(book.nodes_of("node"), 1U);
  book.erase_node(node.place);
  EXPECT_THAT(book.secret_handles(node.place), IsEmpty());
}

}  // namespace
}  // namespace paynamed::nodes
