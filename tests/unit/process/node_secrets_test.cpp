// Which calls get the handles of a node's secrets.
#include "process/node_secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "paynamed/plugin/v1/node_backend.pb.h"

namespace paynamed::process {
namespace {

namespace v1 = paynamed::plugin::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NodeSecrets : public ::testing::Test {
 protected:
  NodeSecrets() {
    node.place = {"node", "https://a:1"};
    node.secrets = {"rune"};
    book.put_node(node);
  }
  // The request as the plugin of `instance` gets it.
  template <class Request>
  Request sent(const Request& request, const std::string& instance = "node") {
    pipeline::PluginCall call;
    call.instance = instance;
    call.request = request.SerializeAsString();
    add_secret_handles(call, book);
    beside_breaker = call.beside_breaker;
    Request read;
    EXPECT_TRUE(read.ParseFromString(call.request));
    return read;
  }

  base::SystemClock clock;
  nodes::NodeBook book{clock};
  bool beside_breaker = false;
  state::NodeRow node;
};

TEST_F(NodeSecrets, EveryCallOfAnAddedNodeGetsThem) {
  const std::string handle = state::secret_handle(node, "rune");
  v1::CreateOfferRequest offer;
  offer.mutable_node()->set_node("https://a:1");
  offer.set_offer_key("k");
  offer.set_amount_msat(7);
  const auto sent_offer = sent(offer);
  EXPECT_THAT(sent_offer.node().secret_handles(), ElementsAre(handle));
  EXPECT_EQ(sent_offer.node().node(), "https://a:1");
  EXPECT_EQ(sent_offer.offer_key(), "k");
  EXPECT_EQ(sent_offer.amount_msat(), 7U);
  v1::WatchPaymentsRequest watch;
  watch.mutable_node()->set_node("https://a:1");
  watch.set_cursor("c");
  EXPECT_THAT(sent(watch).node().secret_handles(), ElementsAre(handle));
  EXPECT_EQ(sent(watch).cursor(), "c");
  EXPECT_TRUE(beside_breaker);
}

TEST_F(NodeSecrets, AllOthersStayAsTheyAre) {
  v1::NodeInfoRequest info;
  EXPECT_THAT(sent(info).node().secret_handles(), IsEmpty());
  info.mutable_node()->set_node("https://b:1");
  EXPECT_THAT(sent(info).node().secret_handles(), IsEmpty());
  info.mutable_node()->set_node("https://a:1");
  EXPECT_THAT(sent(info, "other").node().secret_handles(), IsEmpty());
  EXPECT_FALSE(beside_breaker);
  // One that is only about to be added has its own.
  info.mutable_node()->add_secret_handles("mine");
  EXPECT_THAT(sent(info).node().secret_handles(), ElementsAre("mine"));
  EXPECT_EQ(sent(v1::DescribeNodesRequest()).SerializeAsString(), "");
}

}  // namespace
}  // namespace paynamed::process
