// The cln plugin against the strict fake: the conformance suite, over each transport, with blinded paths and
// without.
#include <gtest/gtest.h>

#include <filesystem>

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
    return {node_.rune(), node_.foreign_rune(), node_.rune().substr(0, 40),
            node_.foreign_rune().substr(0, 40)};
  }

 private:
  fakes::Journal journal_;
  fakes::FakeCln node_{"alice"};
  fakes::FakeCln other_{"bob"};
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

PAYNAMED_NODE_CONFORMANCE(ClnOverSocket, OverSocket)
PAYNAMED_NODE_CONFORMANCE(ClnOverSocketWithBlindedPaths, OverSocketBlinded)
PAYNAMED_NODE_CONFORMANCE(ClnOverRest, OverRest)

}  // namespace
}  // namespace paynamed::nodes
