// node.provision: the node is ready to receive for a name.
#include "paynamed/plugin/v1/node_backend.pb.h"
#include "pipeline/actions/actions.hpp"
#include "pipeline/actions/plugin_call.hpp"
#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = paynamed::plugin::v1;
using base::Result;

namespace {

// What a plugin may call its node; a node id is 33 bytes in hex.
constexpr std::size_t kMaxNodeBytes = 512;
constexpr std::size_t kMaxNodeIdBytes = 66;

class NodeProvision final : public Action {
 public:
  explicit NodeProvision(const Services& services) : services_(services) {}
  bool has_effect() const override { return true; }

  asio::awaitable<Result<json::object>> prepare(const StepContext& context) override {
    json::object intent;
    intent["instance"] = context.step().instance;
    intent["node"] = context.input.source.node;
    co_return intent;
  }

  asio::awaitable<StepResult> perform(const StepContext& context) override {
    if (context.input.source.kind == state::SourceKind::kExternal) {
      co_return Skipped{"the offer comes from the caller"};
    }
    v1::ProvisionRequest request;
    request.mutable_node()->set_node(context.input.source.node);
    request.set_owner(context.input.owner);
    PluginCall wanted = plugin_call(context, context.step().instance, "Provision", context.key);
    auto called = co_await call<v1::ProvisionReply>(services_, std::move(wanted), request);
    if (!called.reply) co_return called.failure;
    if (called.reply->node().node().size() > kMaxNodeBytes ||
        called.reply->node_id().size() > kMaxNodeIdBytes) {
      co_return Failure{base::failed_precondition("instance '" + context.step().instance +
                                                  "' named a node at unreasonable length; tell its author"),
                        true, false};
    }
    Done done;
    done.outputs["node"] = called.reply->node().node();
    done.outputs["node_id"] = called.reply->node_id();
    done.message =
        "node '" + called.reply->node().node() + "' of instance '" + context.step().instance + "' is ready";
    co_return done;
  }

  // Credentials are shared by all names of a node: they are forgotten only when nothing else uses the
  // instance.
  asio::awaitable<UndoResult> undo(const StepContext& context) override {
    if (context.input.source.kind == state::SourceKind::kExternal)
      co_return UndoDone{{}, "nothing had been done"};
    const json::object& intent = context.step_progress().intent;
    const std::string instance = text_of(intent, "instance");
    auto uses = services_.store.instances_in_use();
    if (!uses) co_return Failure{uses.error(), false, false};
    for (const state::InstanceUse& use : *uses) {
      if (use.instance == instance && (use.names > 0 || use.offers > 0 || use.open_runs > 1)) {
        co_return UndoDone{{}, "the node stays: other names use instance '" + instance + "'"};
      }
    }
    v1::ReleaseRequest request;
    const std::string node = text_of(context.step_progress().outputs, "node");
    request.mutable_node()->set_node(node.empty() ? text_of(intent, "node") : node);
    request.set_key(context.key);
    PluginCall wanted = plugin_call(context, instance, "Release", context.key + "/undo");
    auto called = co_await call<v1::ReleaseReply>(services_, std::move(wanted), request);
    if (!called.reply && called.reply.error().code() != base::Code::kNotFound) co_return called.failure;
    co_return UndoDone{{}, "the node's credentials are forgotten"};
  }

 private:
  Services services_;
};

}  // namespace

std::unique_ptr<Action> make_node_provision(const Services& services) {
  return std::make_unique<NodeProvision>(services);
}

}  // namespace paynamed::pipeline
