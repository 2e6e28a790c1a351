// offer.create: a BOLT 12 offer of its own for a name, made by the node and checked by us.
#include <fmt/format.h>

#include <algorithm>

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

constexpr std::uint32_t kMostOffers = 1'000;
// In Unix seconds: times in events have four digits for the year.
constexpr std::uint64_t kYear10000 = 253'402'300'800;
constexpr std::uint64_t kMostSecondsEarlier = 60;

// Until the last authoritative server has the record of before again.
constexpr base::Duration kSlowServers{600'000};

// What a backend may do to the expiry to tell two keys apart, see CreateOfferRequest.
bool ends_as_asked(std::uint64_t ends, std::uint64_t asked) {
  if (asked == 0) return ends == 0 || ends >= kYear10000;
  return ends <= asked && asked - ends <= kMostSecondsEarlier;
}

class OfferCreate final : public Action {
 public:
  explicit OfferCreate(const Services& services) : services_(services) {}
  bool has_effect() const override { return true; }

  // All parameters are fixed by the intent, so that a repetition under the same key asks for the same offer.
  asio::awaitable<Result<json::object>> prepare(const StepContext& context) override {
    auto description = context.text_argument("description");
    if (!description) co_return base::fail(description.error());
    json::object intent;
    // A rotation stays at the name's node, whatever instance the pipeline names today.
    const auto& before = context.input.before;
    const bool stays = context.input.verb == state::Verb::kRotate && before && !before->node_instance.empty();
    intent["instance"] = stays ? before->node_instance : context.step().instance;
    const json::object* provisioned = context.outputs_of_kind("node.provision");
    intent["node"] = provisioned ? text_of(*provisioned, "node") : context.input.source.node;
    // The same key also when the step is prepared again: there is one offer for one step of one run.
    const std::string earlier = text_of(context.step_progress().intent, "offer_key");
    intent["offer_key"] = earlier.empty() ? context.key : earlier;
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
    if (context.input.source.kind == state::SourceKind::kExternal)
      co_return UndoDone{{}, "nothing had been done"};
    const json::object& intent = context.step_progress().intent;
    const std::string offer_id = text_of(context.step_progress().outputs, "offer_id");
    if (const auto until = in_caches_until(context); until && !offer_id.empty()) {
      co_return retired(context, offer_id, *until);
    }
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
  // The record that held this offer stood in place of another one, and caches keep it for its TTL: whoever
  // has it from there has to be able to pay. A name that was never live has promised nothing.
  static std::optional<base::WallTime> in_caches_until(const StepContext& context) {
    if (context.input.verb == state::Verb::kRegister || !context.input.before) return std::nullopt;
    for (std::size_t i = context.index + 1; i < context.pipeline.steps.size(); ++i) {
      const StepProgress& later = context.progress.step(i);
      if (context.pipeline.steps[i].kind != "dns.publish" || !later.effect_possible()) continue;
      const auto ttl = std::max<std::int64_t>(integer_of(later.intent, "ttl").value_or(0), 0);
      return context.now + std::chrono::seconds{ttl} + kSlowServers;
    }
    return std::nullopt;
  }

  // pipeline/retirement.hpp disables it then.
  static UndoDone retired(const StepContext& context, const std::string& offer_id, base::WallTime until) {
    json::object data;
    data["offer_id"] = offer_id;
    data["until"] = base::to_rfc3339(until);
    UndoDone done{{},
                  fmt::format("the offer is retired: caches may have it until {}", base::to_rfc3339(until))};
    done.events.push_back(event_of("offer.retired", context.run, context.input, std::move(data)));
    return done;
  }

  // A node's answer is untrusted: the offer must be the one that was asked for, and no other name's.
  Result<names::Offer> checked(const StepContext& context, const std::string& instance,
                               const v1::CreateOfferReply& reply) const {
    const json::object& intent = context.step_progress().intent;
    const auto wrong = [&](std::string_view what) {
      return base::fail(base::failed_precondition(fmt::format(
          "instance '{}' answered CreateOffer with an offer that {}; tell its author", instance, what)));
    };
    auto offer = names::parse_offer(reply.offer());
    if (!offer) return wrong("wallets would refuse: " + offer.error().message());
    if (names::to_hex(offer->offer_id) != reply.offer_id()) return wrong("has another id than it says");
    const auto amount = static_cast<std::uint64_t>(integer_of(intent, "amount_msat").value_or(0));
    if (offer->currency || offer->amount.value_or(0) != amount)
      return wrong("has another amount than asked for");
    if (offer->description.value_or("") != text_of(intent, "description")) {
      return wrong("has another description than asked for");
    }
    // Where the description says nothing of the name, the issuer alone tells one name's offer from another's.
    if (offer->issuer.value_or("") != context.input.name.text()) return wrong("is not for this name");
    const auto expires = static_cast<std::uint64_t>(integer_of(intent, "expires").value_or(0));
    if (!ends_as_asked(offer->absolute_expiry.value_or(0), expires)) {
      return wrong("ends at another time than asked for");
    }
    auto known = services_.store.offers_of(context.input.tenant, context.input.name.text(), kMostOffers);
    if (!known) return base::fail(known.error());
    for (const state::OfferRow& other : *known) {
      if (other.offer_id == reply.offer_id()) return wrong("it had made before under another key");
    }
    return *std::move(offer);
  }

  // The offer of a wrong answer may be somebody's: the run pauses, and nothing is disabled by itself.
  StepResult accepted(const StepContext& context, const std::string& instance,
                      const v1::CreateOfferReply& reply) const {
    const auto offer = checked(context, instance, reply);
    if (!offer) return Failure{offer.error(), true, true};
    const std::string& offer_id = reply.offer_id();
    const json::object& intent = context.step_progress().intent;
    json::object data;
    data["offer_id"] = offer_id;
    data["offer"] = offer->text;
    data["source"] = "node";
    data["node_instance"] = instance;
    data["node"] = text_of(intent, "node");
    data["offer_key"] = text_of(intent, "offer_key");
    if (offer->absolute_expiry && *offer->absolute_expiry < kYear10000) {
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
