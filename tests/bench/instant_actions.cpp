#include "tests/bench/instant_actions.hpp"

#include <fmt/format.h>

#include <functional>

#include "pipeline/event_data.hpp"

namespace paynamed::bench {
namespace json = boost::json;
namespace asio = boost::asio;
using namespace pipeline;

namespace {

// As long as a BOLT 12 offer with a description and one blinded path.
const std::string& offer_text() {
  static const std::string text = "lno1" + std::string(280, 'q');
  return text;
}

std::string offer_id(const StepContext& context) {
  const std::string run = context.run.to_string();
  return run + run.substr(8);  // 64 characters, as of a hash in hex
}

class InstantAction final : public Action {
 public:
  using Prepare = std::function<void(const StepContext&, json::object& intent)>;
  using Perform = std::function<void(const StepContext&, Done& done)>;
  InstantAction(Prepare prepare, Perform perform)
      : prepare_(std::move(prepare)), perform_(std::move(perform)) {}

  bool has_effect() const override { return true; }
  asio::awaitable<base::Result<json::object>> prepare(const StepContext& context) override {
    json::object intent;
    prepare_(context, intent);
    co_return intent;
  }
  asio::awaitable<StepResult> perform(const StepContext& context) override {
    Done done;
    perform_(context, done);
    co_return done;
  }
  asio::awaitable<UndoResult> undo(const StepContext&) override { co_return UndoDone{{}, "taken back"}; }

 private:
  Prepare prepare_;
  Perform perform_;
};

CompiledStep step_of(std::string id, std::string kind, std::string instance) {
  CompiledStep step;
  step.id = std::move(id);
  step.kind = std::move(kind);
  step.instance = std::move(instance);
  step.timeout = base::Duration{10'000};
  step.deadline = base::Duration{3'600'000};
  return step;
}

}  // namespace

ActionTable instant_actions() {
  ActionTable table;
  table["domain.check"] = std::make_unique<InstantAction>(
      [](const StepContext& context, json::object& intent) {
        intent["domain"] = context.input.name.domain();
      },
      [](const StepContext&, Done& done) { done.outputs["verdict"] = "secure"; });
  table["node.provision"] = std::make_unique<InstantAction>(
      [](const StepContext& context, json::object& intent) {
        intent["instance"] = context.step().instance;
        intent["key"] = context.key;
      },
      [](const StepContext&, Done& done) {
        done.outputs["node"] = "default";
        done.outputs["custody"] = "receive_only";
      });
  table["offer.create"] = std::make_unique<InstantAction>(
      [](const StepContext& context, json::object& intent) {
        intent["instance"] = context.step().instance;
        intent["node"] = "default";
        intent["offer_key"] = context.key;
        intent["description"] = "Pay " + context.input.name.text();
        intent["amount_msat"] = 0;
      },
      [](const StepContext& context, Done& done) {
        const std::string id = offer_id(context);
        json::object data;
        data["offer_id"] = id;
        data["offer"] = offer_text();
        data["source"] = "node";
        data["node_instance"] = context.step().instance;
        data["node"] = "default";
        data["offer_key"] = context.key;
        done.outputs["offer"] = offer_text();
        done.outputs["offer_id"] = id;
        done.events.push_back(event_of("offer.created", context.run, context.input, std::move(data)));
      });
  table["dns.publish"] = std::make_unique<InstantAction>(
      [](const StepContext& context, json::object& intent) {
        intent["instance"] = context.step().instance;
        intent["zone"] = context.input.name.domain();
        intent["owner_name"] = context.input.name.owner_name();
        intent["value"] = "bitcoin:?lno=" + offer_text();
        intent["ttl"] = 300;
        intent["previous"] = nullptr;
      },
      [](const StepContext& context, Done& done) {
        json::object data;
        data["value"] = "bitcoin:?lno=" + offer_text();
        data["ttl"] = 300;
        data["dns_instance"] = context.step().instance;
        data["offer_id"] = offer_id(context);
        data["source"] = "node";
        data["node_instance"] = "node";
        data["node"] = "default";
        done.outputs["value"] = "bitcoin:?lno=" + offer_text();
        done.events.push_back(event_of("name.published", context.run, context.input, std::move(data)));
      });
  table["name.prove"] = std::make_unique<InstantAction>(
      [](const StepContext& context, json::object& intent) {
        intent["owner_name"] = context.input.name.owner_name();
      },
      [](const StepContext& context, Done& done) {
        json::object data;
        data["value"] = "bitcoin:?lno=" + offer_text();
        done.outputs["verdict"] = "secure";
        done.events.push_back(event_of("name.live", context.run, context.input, std::move(data)));
      });
  return table;
}

std::shared_ptr<const Runtime> instant_runtime() {
  auto runtime = std::make_shared<Runtime>();
  config::Domain domain;
  domain.name = kDomain;
  domain.dns.value = "zone";
  domain.tenants.push_back({"default", {}});
  domain.test = true;
  runtime->config.domains.push_back(domain);
  runtime->pipelines["register"] = {
      "register",
      {step_of("check", "domain.check", ""), step_of("node", "node.provision", "node"),
       step_of("offer", "offer.create", "node"), step_of("publish", "dns.publish", "zone"),
       step_of("prove", "name.prove", "")}};
  return runtime;
}

}  // namespace paynamed::bench
