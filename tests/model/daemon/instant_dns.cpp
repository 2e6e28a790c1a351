#include "tests/model/daemon/instant_dns.hpp"

#include <functional>

#include "pipeline/event_data.hpp"

namespace paynamed::model {
namespace json = boost::json;
namespace asio = boost::asio;
using namespace pipeline;

namespace {

// A name stays its last owner's for longer than a play takes.
constexpr std::chrono::hours kQuarantine{24 * 365};

class InstantAction final : public Action {
 public:
  using Prepare = std::function<json::object(const StepContext&)>;
  using Perform = std::function<Done(const StepContext&)>;
  InstantAction(bool is_final, Prepare prepare, Perform perform)
      : is_final_(is_final), prepare_(std::move(prepare)), perform_(std::move(perform)) {}

  bool has_effect() const override { return prepare_ != nullptr; }
  // As the true ones: their intents share no commit.
  bool reads_before() const override { return has_effect(); }
  bool is_final() const override { return is_final_; }
  asio::awaitable<base::Result<json::object>> prepare(const StepContext& context) override {
    json::object intent = prepare_(context);
    co_return intent;
  }
  asio::awaitable<StepResult> perform(const StepContext& context) override {
    Done done = perform_(context);
    co_return done;
  }
  asio::awaitable<UndoResult> undo(const StepContext&) override {
    UndoDone done{{}, "taken back"};
    co_return done;
  }

 private:
  const bool is_final_;
  const Prepare prepare_;
  const Perform perform_;
};

json::object publish_intent(const StepContext& context) {
  const json::object* offer = context.outputs_of_kind("offer.create");
  json::object intent;
  intent["instance"] = kZone;
  intent["zone"] = context.input.name.domain() + ".";
  intent["owner_name"] = context.input.name.owner_name();
  intent["value"] = "bitcoin:?lno=" + text_of(*offer, "offer");
  intent["offer_id"] = text_of(*offer, "offer_id");
  intent["ttl"] = 300;
  intent["previous"] = nullptr;
  return intent;
}

Done published(const StepContext& context) {
  const json::object& intent = context.step_progress().intent;
  json::object data;
  data["value"] = text_of(intent, "value");
  data["ttl"] = 300;
  data["dns_instance"] = kZone;
  data["offer_id"] = text_of(intent, "offer_id");
  data["source"] = "node";
  for (std::size_t i = 0; i < context.index; ++i) {
    if (context.pipeline.steps[i].kind != "offer.create") continue;
    data["node_instance"] = text_of(context.progress.step(i).intent, "instance");
    data["node"] = text_of(context.progress.step(i).intent, "node");
  }
  Done done;
  done.outputs["value"] = text_of(intent, "value");
  done.events.push_back(event_of("name.published", context.run, context.input, std::move(data)));
  return done;
}

Done proven(const StepContext& context) {
  json::object data;
  data["value"] = text_of(*context.outputs_of_kind("dns.publish"), "value");
  Done done;
  done.events.push_back(event_of("name.live", context.run, context.input, std::move(data)));
  return done;
}

json::object withdraw_intent(const StepContext& context) {
  json::object intent;
  intent["instance"] = kZone;
  intent["zone"] = context.input.name.domain() + ".";
  intent["owner_name"] = context.input.name.owner_name();
  return intent;
}

Done withdrawn(const StepContext& context) {
  json::object data;
  data["owner"] = context.input.before ? context.input.before->owner : std::string{};
  data["quarantined_until"] = base::to_rfc3339(context.now + kQuarantine);
  Done done;
  done.events.push_back(event_of("name.removed", context.run, context.input, std::move(data)));
  return done;
}

Done nothing(const StepContext& /*context*/) {
  return {};
}

}  // namespace

void put_instant_dns(ActionTable& actions) {
  actions["domain.check"] = std::make_unique<InstantAction>(false, nullptr, nothing);
  actions["dns.publish"] = std::make_unique<InstantAction>(false, publish_intent, published);
  actions["dns.await"] = std::make_unique<InstantAction>(false, nullptr, nothing);
  actions["name.prove"] = std::make_unique<InstantAction>(true, nullptr, proven);
  actions["dns.withdraw"] = std::make_unique<InstantAction>(true, withdraw_intent, withdrawn);
}

}  // namespace paynamed::model
