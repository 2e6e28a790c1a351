// The cln plugin against the strict fake: the conformance suite, over each transport, with blinded paths and
// without.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cln_lab.hpp"
#include "paynamed/testing/node_conformance_gtest.hpp"

namespace paynamed::nodes {
namespace {

template <Transport kTransport, bool kBlinded>
class ClnSubject : public testing::NodeSubject {
 public:
  ClnSubject() {
    node_.control("set", {{"blinded", kBlinded}});
    auto gone = table_for(node_, kTransport, node_.rune());
    if (kTransport == Transport::kSocket) {
      gone["socket"] = node_.socket() + "-gone";
      gone_ = plugin_for(std::move(gone), journal_);
    } else if (kTransport == Transport::kGrpc) {
      gone["address"] = "127.0.0.1:1";
      gone_ = plugin_for(std::move(gone), journal_);
      auto strange = table_for(node_, kTransport, "");
      strange["client_certificate"] = other_.pem("client");
      strange["client_key"] = boost::json::object{{"file", other_.pem("client-key")}};
      stranger_ = plugin_for(std::move(strange), journal_);
    } else {
      gone["url"] = "https://localhost:1";
      gone_ = plugin_for(std::move(gone), journal_);
      stranger_ = plugin_for(table_for(node_, kTransport, node_.foreign_rune()), journal_);
    }
  }
  testing::NodeCallee callee() override { return {plugin_.get()}; }
  std::optional<testing::NodeCallee> unpaid_node() override {
    return testing::NodeCallee{other_plugin_.get()};
  }
  std::optional<testing::NodeCallee> unreachable_node() override { return testing::NodeCallee{gone_.get()}; }
  std::optional<testing::NodeCallee> node_with_wrong_credentials() override {
    if (!stranger_) return std::nullopt;
    return testing::NodeCallee{stranger_.get()};
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
                                 node_.foreign_rune().substr(0, 40)};
    for (const auto* node : {&node_, &other_}) {
      std::ifstream key(node->pem("client-key"));
      for (std::string line; std::getline(key, line);) {
        if (!line.starts_with("-----")) all.push_back(line);
      }
    }
    return all;
  }

 private:
  fakes::Journal journal_;
  fakes::FakeCln node_{"alice", doors_for(kTransport)};
  fakes::FakeCln other_{"bob", doors_for(kTransport)};
  ClnWorld world_{node_};
  std::unique_ptr<fakes::HostedPlugin> plugin_ =
      plugin_for(table_for(node_, kTransport, node_.rune()), journal_);
  std::unique_ptr<fakes::HostedPlugin> other_plugin_ =
      plugin_for(table_for(other_, kTransport, other_.rune()), journal_);
  std::unique_ptr<fakes::HostedPlugin> gone_;
  std::unique_ptr<fakes::HostedPlugin> stranger_;
};

using OverSocket = ClnSubject<Transport::kSocket, false>;
using OverSocketBlinded = ClnSubject<Transport::kSocket, true>;
using OverRest = ClnSubject<Transport::kRest, false>;
using OverGrpc = ClnSubject<Transport::kGrpc, false>;
using OverGrpcBlinded = ClnSubject<Transport::kGrpc, true>;

PAYNAMED_NODE_CONFORMANCE(ClnOverSocket, OverSocket)
PAYNAMED_NODE_CONFORMANCE(ClnOverSocketWithBlindedPaths, OverSocketBlinded)
PAYNAMED_NODE_CONFORMANCE(ClnOverRest, OverRest)
PAYNAMED_NODE_CONFORMANCE(ClnOverGrpc, OverGrpc)
PAYNAMED_NODE_CONFORMANCE(ClnOverGrpcWithBlindedPaths, OverGrpcBlinded)

}  // namespace
}  // namespace paynamed::nodes
