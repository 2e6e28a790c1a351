// offer.create: a BOLT 12 offer of its own for a name, made by the node and checked by us.
#include <fmt/format.h>

#include "names/bolt12.hpp"
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

class OfferCreate final : public Action {
 public:
  explicit OfferCreate(const Services& services) : services_(services) {}
  bool has_effect() const override { return true; }

  // All parameters are fixed by the intent, so that a repetition under the same key asks for the same offer.
  asio::awaitable<Result<json::object>> prepare(const StepContext& context) override {
    auto description = context.text_argument("description");
    if (!description) co_return base::fail(description.error());
    json::object intent;
    intent["instance"] = context.step().instance;
    const json::object* provisioned = context.outputs_of_kind("node.provision");
    intent["node"] = provisioned ? text_of(*provisioned, "node") : context.input.source.node;
    intent["offer_key"] = context.key;
    intent["description"] = description->value_or("Pay " + context.input.name.text());
    intent["amount_msat"] = context.integer_argument("amount_msat").value_or(0);
    if (const auto expires_in = context.duration_argument("expires_in")) {
      intent["expires"] =
          std::chrono::duration_cast<std::chrono::seconds>((context.now + *expires_in).time_since_epoch())
              .count();
    }
    co_return intent;
  }

  asio::awaitable<StepResult> perform(const StepContext& context) override {
    if (context.input.source.kind == state::SourceKind::kExternal) {
      co_return Skipped{"the offer comes from the caller"};
    }
    const json::object& intent = context.step_progress().intent;
    const std::string instance = text_of(intent, "instance");
    v1::CreateOfferRequest request;
    request.mutable_node()->set_node(text_of(intent, "node"));
    request.set_offer_key(text_of(intent, "offer_key"));
    request.set_description(text_of(intent, "description"));
    request.set_issuer(context.input.name.text());
    request.set_amount_msat(static_cast<std::uint64_t>(integer_of(intent, "amount_msat").value_or(0)));
    request.set_absolute_expiry(static_cast<std::uint64_t>(integer_of(intent, "expires").value_or(0)));
    PluginCall wanted = plugin_call(context, instance, "CreateOffer", context.key);
    auto called = co_await call<v1::CreateOfferReply>(services_, std::move(wanted), request);
    if (!called.reply) co_return called.failure;
    co_return accepted(context, instance, *called.reply);
  }

  asio::awaitable<UndoResult> undo(const StepContext& context) override {
    const json::object& intent = context.step_progress().intent;
    const std::string offer_id = text_of(context.step_progress().outputs, "offer_id");
    v1::DisableOfferRequest request;
    request.mutable_node()->set_node(text_of(intent, "node"));
    request.set_offer_id(offer_id);
    request.set_offer_key(text_of(intent, "offer_key"));
    PluginCall wanted =
        plugin_call(context, text_of(intent, "instance"), "DisableOffer", context.key + "/undo");
    auto called = co_await call<v1::DisableOfferReply>(services_, std::move(wanted), request);
    if (!called.reply && called.reply.error().code() != base::Code::kNotFound) co_return called.failure;
    UndoDone done{{}, "the offer is disabled"};
    if (!offer_id.empty()) {
      json::object data;
      data["offer_id"] = offer_id;
      done.events.push_back(event_of("offer.disabled", context.run, context.input, std::move(data)));
    }
    co_return done;
  }

 private:
  // A node's answer is untrusted: the offer must parse, and be the offer that the answer says it is.
  static StepResult accepted(const StepContext& context, const std::string& instance,
                             const v1::CreateOfferReply& reply) {
    auto offer = names::parse_offer(reply.offer());
    if (!offer) {
      return Failure{
          base::failed_precondition(fmt::format("instance '{}' made an offer that wallets would refuse: {}",
                                                instance, offer.error().message())),
          true, false};
    }
    const std::string offer_id = names::to_hex(offer->offer_id);
    const json::object& intent = context.step_progress().intent;
    json::object data;
    data["offer_id"] = offer_id;
    data["offer"] = offer->text;
    data["source"] = "node";
    data["node_instance"] = instance;
    data["node"] = text_of(intent, "node");
    data["offer_key"] = text_of(intent, "offer_key");
    if (offer->absolute_expiry && *offer->absolute_expiry < (1ULL << 40)) {
      data["expires"] = base::to_rfc3339(base::WallTime{std::chrono::seconds{*offer->absolute_expiry}});
    }
    Done done;
    done.outputs["offer"] = offer->text;
    done.outputs["offer_id"] = offer_id;
    done.message =
        fmt::format("offer {}… made by node '{}'", offer_id.substr(0, 16), text_of(intent, "node"));
    done.events.push_back(event_of("offer.created", context.run, context.input, std::move(data)));
    return done;
  }

  Services services_;
};

}  // namespace

std::unique_ptr<Action> make_offer_create(const Services& services) {
  return std::make_unique<OfferCreate>(services);
}

}  // namespace paynamed::pipeline
