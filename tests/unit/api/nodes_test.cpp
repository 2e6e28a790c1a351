// Nodes in the API: whose are shown, what is asked for one to be added, and that secrets go one way.
#include <gmock/gmock.h>

#include "fakes.hpp"

namespace paynamed::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr const char* kRune = "a-rune-that-nobody-guesses";
const std::string kBody =
    std::string(
        R"({"instance":"node","owner":"o1","label":"shop","address":"https://a:1","secrets":{"rune":")") +
    kRune + R"(","ca":"-----BEGIN CERTIFICATE-----\nAA==\n"}})";

class NodesTest : public ApiTest {
 protected:
  NodesTest() {
    Dependencies needed = world.dependencies();
    needed.nodes.receivable = [this](const state::NameRow& name, const std::string& tenant) {
      asked.push_back(tenant + " " + name.name);
      return receivable;
    };
    needed.nodes.list = [this](const std::string& tenant) -> base::Result<std::vector<NodeView>> {
      return views[tenant];
    };
    needed.nodes.add = [this](nodes::NodeToAdd wanted) -> asio::awaitable<base::Result<state::AddedNode>> {
      added.push_back(wanted);
      if (!refusal.ok()) co_return base::fail(refusal);
      co_return state::AddedNode{*own().added, replayed};
    };
    needed.nodes.replace_credentials =
        [this](nodes::NewSecrets wanted) -> asio::awaitable<base::Result<state::NodeRow>> {
      changed.push_back(wanted);
      if (!refusal.ok()) co_return base::fail(refusal);
      co_return *own().added;
    };
    needed.nodes.remove = [this](std::string tenant, base::Uuid id) -> asio::awaitable<base::Result<void>> {
      removed.push_back(tenant + " " + id.to_string());
      if (!refusal.ok()) co_return base::fail(refusal);
      co_return base::Result<void>{};
    };
    service_ = std::make_unique<Service>(std::move(needed), limits, rate);
    NodeView configured;
    configured.place = {"node", ""};
    views["default"] = {configured, own()};
  }
  static NodeView own() {
    NodeView view;
    view.place = {"node", "https://a:1"};
    state::NodeRow row;
    row.id = *base::Uuid::parse("01890000-0000-7000-8000-000000000001");
    row.tenant = "default";
    row.owner = "o1";
    row.place = view.place;
    row.secrets = {"rune"};
    row.added = noon();
    view.added = row;
    state::NodeLook look;
    look.place = view.place;
    look.looked = noon();
    look.reachable = state::Ternary::kYes;
    look.inbound_msat = 7'000;
    look.custody = state::NodeCustody::kReceiveOnly;
    view.look = look;
    return view;
  }
  Response send(std::string method, std::string target, std::string body = {},
                std::vector<std::pair<std::string, std::string>> headers = {}) {
    return call(Call{std::move(method), std::move(target), std::move(body), std::move(headers)});
  }

  std::map<std::string, std::vector<NodeView>> views;
  nodes::Receivable receivable{state::Ternary::kYes, "It has room.", noon(), 7'000};
  std::vector<std::string> asked;
  std::vector<nodes::NodeToAdd> added;
  std::vector<nodes::NewSecrets> changed;
  std::vector<std::string> removed;
  base::Status refusal;
  bool replayed = false;
};

TEST_F(NodesTest, AreListedInPages) {
  const auto first = object_of(get("/v1/nodes?limit=1"));
  ASSERT_EQ(first.at("items").as_array().size(), 1U);
  const auto& configured = first.at("items").as_array()[0].as_object();
  EXPECT_EQ(text_of(configured, "kind"), "configured");
  EXPECT_EQ(text_of(configured, "reachable"), "unknown");
  EXPECT_TRUE(configured.at("id").is_null());
  const auto second = object_of(get("/v1/nodes?cursor=" + text_of(first, "next")));
  ASSERT_EQ(second.at("items").as_array().size(), 1U);
  const auto& node = second.at("items").as_array()[0].as_object();
  EXPECT_EQ(text_of(node, "kind"), "added");
  EXPECT_EQ(text_of(node, "custody"), "receive_only");
  EXPECT_EQ(text_of(node, "inbound_msat"), "7000");
  EXPECT_TRUE(second.at("next").is_null());
  EXPECT_EQ(get("/v1/nodes?cursor=x").status, 400);
}

TEST_F(NodesTest, ANodeIsShownToItsTenantAlone) {
  const std::string target = "/v1/nodes/" + own().added->id.to_string();
  const auto shown = get(target);
  EXPECT_EQ(shown.status, 200) << shown.body;
  EXPECT_THAT(shown.body, Not(HasSubstr("rune")));
  views["default"].pop_back();
  EXPECT_EQ(get(target).status, 404);
  EXPECT_EQ(get("/v1/nodes/x").status, 404);
}

TEST_F(NodesTest, AddingOneHandsItsSecretsOnAndNeverBack) {
  const auto answer = send("POST", "/v1/nodes", kBody, {{"Idempotency-Key", "k"}});
  EXPECT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(header_of(answer, "Location"), "/v1/nodes/" + own().added->id.to_string());
  EXPECT_THAT(answer.body, Not(HasSubstr(kRune)));
  ASSERT_EQ(added.size(), 1U);
  EXPECT_EQ(added[0].tenant, "default");
  EXPECT_EQ(added[0].instance, "node");
  EXPECT_EQ(added[0].owner, "o1");
  EXPECT_EQ(added[0].idempotency_key, "k");
  EXPECT_THAT(added[0].secrets,
              UnorderedElementsAre(Pair("rune", kRune), Pair("ca", "-----BEGIN CERTIFICATE-----\nAA==\n")));
  replayed = true;
  EXPECT_EQ(header_of(send("POST", "/v1/nodes", kBody), "Idempotency-Replayed"), "true");
}

TEST_F(NodesTest, ABadRequestIsRefusedWithoutItsSecrets) {
  const std::string rune = std::string("\"") + kRune + "\"";
  for (const std::string& body :
       {std::string("{"), std::string(R"({"instance":"node"})"),
        R"({"address":"https://a:1","secrets":)" + rune + "}",
        R"({"instance":"node","address":"https://a:1","secrets":[)" + rune + "]}",
        R"({"instance":"node","address":"https://a:1","secrets":{"rune":[)" + rune + "]}}",
        R"({"instance":"node","address":"https://a:1","secrets":{)" + rune + ":1}}",
        R"({"instance":"node","address":"https://a:1","rune":)" + rune + "}"}) {
    const auto answer = send("POST", "/v1/nodes", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_THAT(answer.body, Not(HasSubstr(kRune)));
    EXPECT_THAT(answer.cause.to_string(), Not(HasSubstr(kRune)));
  }
  EXPECT_THAT(added, IsEmpty());
}

TEST_F(NodesTest, OtherCredentialsGoOneWayToo) {
  const std::string target = "/v1/nodes/" + own().added->id.to_string() + "/credentials";
  const std::string rune = std::string("\"") + kRune + "\"";
  const auto answer = send("PUT", target, R"({"secrets":{"rune":)" + rune + "}}");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body, Not(HasSubstr(kRune)));
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_EQ(changed[0].tenant, "default");
  EXPECT_EQ(changed[0].node, own().added->id);
  EXPECT_THAT(changed[0].secrets, ElementsAre(Pair("rune", kRune)));
  for (const std::string& body :
       {std::string("{}"), R"({"secrets":)" + rune + "}", R"({"secrets":{"rune":[)" + rune + "]}}",
        R"({"rune":)" + rune + "}", R"({"secrets":{"rune":)" + rune + R"(},"owner":"o2"})"}) {
    const auto refused = send("PUT", target, body);
    EXPECT_EQ(refused.status, 400) << body;
    EXPECT_THAT(refused.body, Not(HasSubstr(kRune)));
  }
  EXPECT_EQ(send("PUT", "/v1/nodes/x/credentials", R"({"secrets":{}})").status, 404);
  EXPECT_EQ(changed.size(), 1U);
  refusal = base::invalid_argument("the credentials were not changed: it does not know the rune");
  EXPECT_EQ(send("PUT", target, R"({"secrets":{"rune":)" + rune + "}}").status, 422);
}

TEST_F(NodesTest, WhatTheNodeSaysIsTheCallersMistake) {
  refusal = base::invalid_argument("the node was not added: it does not know the rune");
  const auto answer = send("POST", "/v1/nodes", kBody);
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body, HasSubstr("does not know the rune"));
  refusal = base::permission_denied("not there");
  EXPECT_EQ(send("POST", "/v1/nodes", kBody).status, 403);
  refusal = base::failed_precondition("names use it");
  EXPECT_EQ(send("DELETE", "/v1/nodes/" + own().added->id.to_string()).status, 409);
}

TEST_F(NodesTest, IsForgotten) {
  const std::string id = own().added->id.to_string();
  EXPECT_EQ(send("DELETE", "/v1/nodes/" + id).status, 200);
  EXPECT_THAT(removed, ElementsAre("default " + id));
  EXPECT_EQ(send("DELETE", "/v1/nodes/x").status, 404);
}

TEST_F(NodesTest, ANameSaysWhetherItIsReceivable) {
  state::NameRow row;
  row.name = "alice@example.com";
  row.domain = "example.com";
  world.store.names["default"] = {row};
  const auto name = object_of(get("/v1/names/alice@example.com"));
  const auto& said = name.at("receivable").as_object();
  EXPECT_EQ(text_of(said, "state"), "yes");
  EXPECT_EQ(text_of(said, "reason"), "It has room.");
  EXPECT_EQ(text_of(said, "as_of"), base::to_rfc3339(noon()));
  EXPECT_EQ(text_of(said, "max_msat"), "7000");
  receivable = {state::Ternary::kUnknown, "not asked", {}, {}};
  const auto list = object_of(get("/v1/names"));
  const auto& listed = list.at("items").as_array().at(0).as_object().at("receivable").as_object();
  EXPECT_EQ(text_of(listed, "state"), "unknown");
  EXPECT_TRUE(listed.at("max_msat").is_null());
  EXPECT_THAT(asked, ElementsAre("default alice@example.com", "default alice@example.com"));
}

}  // namespace
}  // namespace paynamed::api
