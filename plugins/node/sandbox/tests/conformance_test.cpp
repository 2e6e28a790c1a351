// The conformance suite of NodeBackend over the sandbox: its node "beta" pays "alpha", which is asked about.
#include <gtest/gtest.h>
#include <paynamed/testing/node_conformance_gtest.hpp>
#include <paynamed/testing/test_host_caller.hpp>

#include "plugin.hpp"
#include "support.hpp"

namespace paynamed::sandbox {
namespace {

using paynamed::testing::NodeCallee;
using paynamed::testing::TestHost;
using paynamed::testing::TestHostCaller;

class SandboxWorld final : public paynamed::testing::NodeWorld {
 public:
  SandboxWorld(TestHost& host, TestHostCaller& plugin) : host_(host), plugin_(plugin) {}

  bool pay_invoice(const std::string& bolt11) override {
    proto::PayRequest request;
    request.mutable_node()->set_node("beta");
    request.set_payment_key("payment " + std::to_string(++serial_));
    request.set_invoice(bolt11);
    return ask("Pay", request).ok();
  }
  bool pay_offer(const std::string& offer, std::uint64_t amount_msat,
                 const std::string& payer_note) override {
    proto::FetchInvoiceRequest request;
    request.mutable_node()->set_node("beta");
    request.set_offer(offer);
    request.set_amount_msat(amount_msat);
    request.set_payer_note(payer_note);
    const auto fetched = ask("FetchInvoice", request);
    proto::FetchInvoiceReply reply;
    return fetched.ok() && reply.ParseFromString(fetched.value()) && pay_invoice(reply.invoice());
  }
  std::uint64_t now() override {
    const auto since = host_.wall().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(since).count());
  }
  void pass(std::chrono::seconds time) override { host_.advance(time); }

 private:
  Result<std::string> ask(const std::string& method, const google::protobuf::MessageLite& request) {
    return plugin_.call_all({{method, request.SerializeAsString(), "", std::chrono::seconds(60)}}).at(0);
  }

  TestHost& host_;
  TestHostCaller& plugin_;
  int serial_ = 0;
};

class SandboxSubject final : public paynamed::testing::NodeSubject {
 public:
  NodeCallee callee() override { return at("alpha"); }
  std::optional<NodeCallee> unpaid_node() override { return at("gamma"); }
  paynamed::testing::NodeWorld& world() override { return world_; }
  paynamed::testing::NodeCapabilities capabilities() const override { return {}; }
  std::string logged() override { return logged_text(host_); }
  std::vector<std::string> secrets() const override { return {}; }

 private:
  NodeCallee at(const char* node) {
    NodeCallee callee{&plugin_};
    callee.node.set_node(node);
    return callee;
  }

  testing::TemporaryFolder folder_;
  TestHost host_;
  TestHostCaller plugin_{host_, [this] {
                           return host_
                               .create<SandboxPlugin>(R"({"key_file": ")" + (folder_ / "seed").string() +
                                                      R"(", "state_file": ")" + (folder_ / "state").string() +
                                                      R"(", "nodes": ["alpha", "beta", "gamma"]})")
                               .value();
                         }};
  SandboxWorld world_{host_, plugin_};
};

PAYNAMED_NODE_CONFORMANCE(SandboxConformance, SandboxSubject)

}  // namespace
}  // namespace paynamed::sandbox
