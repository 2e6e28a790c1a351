// The conformance suite of a node that was added: another one than the instance's own, named by its address,
// with its secrets as handles.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <mutex>

#include "cln_lab.hpp"
#include "paynamed/testing/node_conformance_gtest.hpp"

namespace paynamed::nodes {
namespace {

std::string read_text(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

enum class Way { kRest, kGrpc };

// What a caller of the API gives with such a node, by name.
using GivenSecrets = std::map<std::string, std::string>;
GivenSecrets rest_secrets(const fakes::FakeCln& node, const std::string& rune) {
  return {{"rune", rune}, {"ca", read_text(node.ca())}};
}
GivenSecrets grpc_secrets(const fakes::FakeCln& node, const fakes::FakeCln& client) {
  return {{"ca", read_text(node.ca())},
          {"client_certificate", read_text(client.pem("client"))},
          {"client_key", read_text(client.pem("client-key"))}};
}

template <Way kWay>
class AddedSubject : public testing::NodeSubject {
 public:
  testing::NodeCallee callee() override { return added("bob", address(node_), secrets_of(node_)); }
  std::optional<testing::NodeCallee> unpaid_node() override {
    return added("carol", address(other_), secrets_of(other_));
  }
  std::optional<testing::NodeCallee> unreachable_node() override {
    return added("gone", kWay == Way::kRest ? "https://localhost:1" : "grpc://127.0.0.1:1",
                 secrets_of(node_));
  }
  std::optional<testing::NodeCallee> node_with_wrong_credentials() override {
    return added(
        "stranger", address(node_),
        kWay == Way::kRest ? rest_secrets(node_, node_.foreign_rune()) : grpc_secrets(node_, other_));
  }
  testing::NodeWorld& world() override { return world_; }
  testing::NodeCapabilities capabilities() const override {
    testing::NodeCapabilities can;
    can.loses_replies = true;
    can.pays_beside = true;
    return can;
  }
  std::string logged() override { return journal_.text(); }
  std::vector<std::string> secrets() const override {
    std::vector<std::string> all{node_.rune(), node_.foreign_rune(), node_.rune().substr(0, 40),
                                 node_.foreign_rune().substr(0, 40), own_.rune()};
    for (const auto* node : {&node_, &other_}) {
      std::ifstream key(node->pem("client-key"));
      for (std::string line; std::getline(key, line);) {
        if (!line.starts_with("-----")) all.push_back(line);
      }
    }
    return all;
  }

 private:
  static std::string address(const fakes::FakeCln& node) {
    return kWay == Way::kRest ? node.url() : "grpc://" + node.grpc_address();
  }
  static GivenSecrets secrets_of(const fakes::FakeCln& node) {
    return kWay == Way::kRest ? rest_secrets(node, node.rune()) : grpc_secrets(node, node);
  }
  testing::NodeCallee added(const std::string& id, const std::string& at, const GivenSecrets& given) {
    testing::NodeCallee callee{plugin_.get()};
    callee.node.set_node(at);
    for (const auto& [name, value] : given) {
      // The host's own id for a plugin of a test.
      const std::string handle = "secret:zone/added/" + id + "/" + name;
      {
        const std::lock_guard lock(mutex_);
        by_handle_[handle] = value;
      }
      callee.node.add_secret_handles(handle);
    }
    return callee;
  }
  base::Result<std::string> secret(std::string_view handle) {
    const std::lock_guard lock(mutex_);
    const auto found = by_handle_.find(std::string(handle));
    if (found == by_handle_.end()) return base::fail(base::not_found("there is no such secret"));
    return found->second;
  }

  fakes::Journal journal_;
  fakes::FakeCln own_{"alice", fakes::FakeCln::Doors::kGrpcToo};
  fakes::FakeCln node_{"bob", fakes::FakeCln::Doors::kGrpcToo};
  fakes::FakeCln other_{"carol", fakes::FakeCln::Doors::kGrpcToo};
  ClnWorld world_{node_};
  std::mutex mutex_;
  std::map<std::string, std::string> by_handle_;  // guarded by mutex_
  std::unique_ptr<fakes::HostedPlugin> plugin_ = std::make_unique<fakes::HostedPlugin>(
      // Of the same kind, for Describe says what the credentials of the instance's own node can do.
      CLN_MODULE, table_for(own_, kWay == Way::kRest ? Transport::kRest : Transport::kGrpc, own_.rune()),
      journal_, [this](std::string_view handle) { return secret(handle); });
};

using AddedOverRest = AddedSubject<Way::kRest>;
using AddedOverGrpc = AddedSubject<Way::kGrpc>;
PAYNAMED_NODE_CONFORMANCE(ClnAddedNode, AddedOverRest)
PAYNAMED_NODE_CONFORMANCE(ClnAddedNodeOverGrpc, AddedOverGrpc)

template <class ReplyMessage>
Result<ReplyMessage> ask(fakes::HostedPlugin& plugin, const std::string& method,
                         const google::protobuf::MessageLite& request) {
  const auto bytes =
      plugin.call_all({{method, request.SerializeAsString(), "key", std::chrono::seconds(30)}}).at(0);
  if (!bytes.ok()) return bytes.error();
  ReplyMessage reply;
  EXPECT_TRUE(reply.ParseFromString(bytes.value()));
  return reply;
}

class ClnAddedNodes : public ::testing::Test {
 protected:
  plugin::v1::NodeRef ref(const std::string& id) {
    plugin::v1::NodeRef node;
    node.set_node(bob_.url());
    for (const char* name : {"ca", "rune"}) node.add_secret_handles("secret:zone/added/" + id + "/" + name);
    return node;
  }
  Result<plugin::v1::NodeInfoReply> info(const plugin::v1::NodeRef& node) {
    plugin::v1::NodeInfoRequest request;
    *request.mutable_node() = node;
    return ask<plugin::v1::NodeInfoReply>(*plugin_, "Info", request);
  }

  fakes::Journal journal_;
  fakes::FakeCln alice_{"alice"};
  fakes::FakeCln bob_{"bob"};
  std::string rune_ = bob_.rune();
  std::unique_ptr<fakes::HostedPlugin> plugin_ = std::make_unique<fakes::HostedPlugin>(
      CLN_MODULE, table_for(alice_, Transport::kRest, alice_.rune()), journal_,
      [this](std::string_view handle) -> base::Result<std::string> {
        return handle.ends_with("/ca") ? read_text(bob_.ca()) : rune_;
      });
};

TEST_F(ClnAddedNodes, AnswerEachForItself) {
  const auto own = info({});
  const auto added = info(ref("1"));
  ASSERT_TRUE(own.ok() && added.ok());
  EXPECT_EQ(own->node_id(), alice_.id());
  EXPECT_EQ(added->node_id(), bob_.id());
  plugin::v1::CreateOfferRequest offer;
  *offer.mutable_node() = ref("1");
  offer.set_offer_key("k");
  ASSERT_TRUE(ask<plugin::v1::CreateOfferReply>(*plugin_, "CreateOffer", offer).ok());
  EXPECT_EQ(ClnWorld(bob_).offers(), 1U);
  EXPECT_EQ(ClnWorld(alice_).offers(), 0U);
}

TEST_F(ClnAddedNodes, AreCheckedEachForItself) {
  bob_.control("set", {{"network", "bitcoin"}});
  EXPECT_EQ(info(ref("1")).code(), Code::kFailedPrecondition);
  EXPECT_TRUE(info({}).ok());
  rune_ = bob_.foreign_rune();
  EXPECT_EQ(info(ref("1")).code(), Code::kUnauthenticated);
}

TEST_F(ClnAddedNodes, ANewRuneIsUsedAtOnce) {
  rune_ = bob_.foreign_rune();
  EXPECT_EQ(info(ref("1")).code(), Code::kUnauthenticated);
  rune_ = bob_.master_rune();
  EXPECT_EQ(info(ref("1"))->custody(), plugin::v1::CUSTODY_FULL);
}

TEST_F(ClnAddedNodes, WithoutARuneThereIsNone) {
  auto node = ref("1");
  node.clear_secret_handles();
  EXPECT_EQ(info(node).code(), Code::kNotFound);
  node = ref("1");
  node.add_secret_handles("secret:zone/added/1/password");
  EXPECT_EQ(info(node).code(), Code::kInvalidArgument);
  node = ref("1");
  node.set_node("http://localhost:3010");
  EXPECT_EQ(info(node).code(), Code::kNotFound);
}

TEST_F(ClnAddedNodes, OverGrpcThereAreAllThreeSecretsAndNoOther) {
  const auto with = [&](const std::vector<std::string>& names) {
    plugin::v1::NodeRef node;
    node.set_node("grpc://127.0.0.1:1");
    for (const auto& name : names) node.add_secret_handles("secret:zone/added/1/" + name);
    return info(node).code();
  };
  EXPECT_EQ(with({}), Code::kNotFound);
  EXPECT_EQ(with({"ca", "client_key"}), Code::kNotFound);
  EXPECT_EQ(with({"ca", "client_certificate"}), Code::kNotFound);
  EXPECT_EQ(with({"client_certificate", "client_key"}), Code::kNotFound);
  EXPECT_EQ(with({"ca", "client_certificate", "client_key", "rune"}), Code::kInvalidArgument);
  // Of clnrest.
  plugin::v1::NodeRef node = ref("1");
  node.add_secret_handles("secret:zone/added/1/client_key");
  EXPECT_EQ(info(node).code(), Code::kInvalidArgument);
  node.set_node("socket:///run/lightning-rpc");
  EXPECT_EQ(info(node).code(), Code::kNotFound);
}

TEST_F(ClnAddedNodes, ACertificateOfAnotherAuthorityIsRefused) {
  plugin_ = std::make_unique<fakes::HostedPlugin>(
      CLN_MODULE, table_for(alice_, Transport::kRest, alice_.rune()), journal_,
      [this](std::string_view handle) -> base::Result<std::string> {
        return handle.ends_with("/ca") ? read_text(alice_.ca()) : rune_;
      });
  const auto said = info(ref("1"));
  EXPECT_EQ(said.code(), Code::kUnauthenticated);
  EXPECT_EQ(bob_.control("counters").as_object().if_contains("getinfo"), nullptr) << "the rune was sent";
}

TEST_F(ClnAddedNodes, ManyAreServedAndForgotten) {
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(info(ref(std::to_string(i))).ok()) << i;
  plugin::v1::ReleaseRequest release;
  *release.mutable_node() = ref("199");
  EXPECT_TRUE(ask<plugin::v1::ReleaseReply>(*plugin_, "Release", release).ok());
  EXPECT_TRUE(info(ref("199")).ok());
}

}  // namespace
}  // namespace paynamed::nodes
