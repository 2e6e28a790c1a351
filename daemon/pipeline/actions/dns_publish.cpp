// dns.publish: the TXT record stands in the provider's zone, in place of exactly what stood there before.
#include <fmt/format.h>

#include <algorithm>

#include "names/bip321.hpp"
#include "names/payment.hpp"
#include "paynamed/plugin/v1/dns_provider.pb.h"
#include "pipeline/actions/actions.hpp"
#include "pipeline/actions/plugin_call.hpp"
#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = paynamed::plugin::v1;
using base::Result;

namespace {

// How long a request may still act after it was sent, where the provider does not say.
constexpr base::Duration kLongestRequest{30'000};
// A provider that claims more is not waited for.
constexpr base::Duration kMostPatience{3'600'000};

// Before the record is read again after `lost` lost compare-and-sets.
base::Duration pause_after(std::int64_t lost) {
  return base::Duration{std::int64_t{1'000} << std::min<std::int64_t>(lost, 6)};
}

struct Wanted {
  std::string value;
  std::uint32_t ttl_seconds = 0;
  std::string offer_id;
};

struct Place {
  std::string instance;
  std::string zone;
  std::string owner_name;
};

class DnsPublish final : public Action {
 public:
  explicit DnsPublish(const Services& services) : services_(services) {}
  bool has_effect() const override { return true; }
  bool reads_before() const override { return true; }

  asio::awaitable<Result<json::object>> prepare(const StepContext& context) override {
    auto wanted = wanted_record(context);
    if (!wanted) co_return base::fail(wanted.error());
    auto place = place_of(context);
    if (!place) co_return base::fail(place.error());
    auto values = co_await read(context, *place);
    if (!values) co_return base::fail(values.error());

    json::object intent;
    intent["instance"] = place->instance;
    intent["zone"] = place->zone;
    intent["owner_name"] = place->owner_name;
    intent["value"] = wanted->value;
    intent["ttl"] = wanted->ttl_seconds;
    intent["offer_id"] = wanted->offer_id;
    const json::object& earlier = context.step_progress().intent;
    if (values->size() == 1 && values->front() == wanted->value && !earlier.empty()) {
      // An earlier attempt of this step put it there: what stood before it is in the earlier intent.
      intent["previous"] = earlier.contains("previous") ? earlier.at("previous") : json::value{nullptr};
      co_return intent;
    }
    if (values->empty()) {
      intent["previous"] = nullptr;
      co_return intent;
    }
    const std::string ours = context.input.before ? context.input.before->value : std::string{};
    if (values->size() > 1 || ours.empty() || values->front() != ours) {
      co_return base::fail(base::failed_precondition(fmt::format(
          "{} has {} TXT record{} that {} not ours; remove {} from the zone, or choose another name",
          place->owner_name, values->size(), values->size() > 1 ? "s" : "", values->size() > 1 ? "are" : "is",
          values->size() > 1 ? "them" : "it")));
    }
    intent["previous"] = ours;
    co_return intent;
  }

  asio::awaitable<StepResult> perform(const StepContext& context) override {
    const json::object& intent = context.step_progress().intent;
    const std::string value = text_of(intent, "value");
    const auto ttl = static_cast<std::uint32_t>(integer_of(intent, "ttl").value_or(0));
    v1::PublishRequest request = publish_request(intent, value, ttl);
    set_expected(request, intent.contains("previous") && intent.at("previous").is_string()
                              ? std::optional{text_of(intent, "previous")}
                              : std::nullopt);
    PluginCall wanted = plugin_call(context, text_of(intent, "instance"), "Publish", context.key);
    auto called = co_await call<v1::PublishReply>(services_, std::move(wanted), request);
    if (!called.reply) co_return called.failure;

    Done done;
    done.outputs["value"] = value;
    done.message = fmt::format("TXT at {} published through '{}', TTL {} s", text_of(intent, "owner_name"),
                               text_of(intent, "instance"), ttl);
    done.events.push_back(event_of("name.published", context.run, context.input, record(context, intent)));
    co_return done;
  }

  asio::awaitable<UndoResult> undo(const StepContext& context) override {
    const json::object& intent = context.step_progress().intent;
    const Place place{text_of(intent, "instance"), text_of(intent, "zone"), text_of(intent, "owner_name")};
    const std::string ours = text_of(intent, "value");
    const bool restore = intent.contains("previous") && intent.at("previous").is_string();
    const std::string previous = text_of(intent, "previous");

    // Whatever was begun under this step's key has to end before the zone is looked at.
    auto values = co_await read(context, place, context.key);
    if (!values) co_return Failure{values.error(), false, false};
    const json::object& waited = context.step_progress().wait_state;
    const auto looks = integer_of(waited, "looks").value_or(0);
    // Counts the requests that may differ: under the same key the provider gives the first one's answer.
    const auto asked = integer_of(waited, "asked").value_or(0);
    const std::string undo_key = fmt::format("{}/undo/{}", context.key, asked);
    std::string message = restore ? "the previous record stands again" : "no record is left";
    const bool ours_stands = std::find(values->begin(), values->end(), ours) != values->end();
    if (ours_stands && values->size() > 1) {
      co_return Failure{
          base::failed_precondition(fmt::format(
              "{} has records beside ours that somebody else put there; remove them and resume the run",
              place.owner_name)),
          false, true};
    }
    std::optional<Failure> failure;
    if (ours_stands && !(restore && previous == ours)) {
      if (restore) {
        failure = co_await put_back(context, place, intent, previous, true, undo_key);
      } else {
        failure = co_await withdraw(context, place, ours, undo_key);
      }
    } else if (restore && values->empty()) {
      failure = co_await put_back(context, place, intent, previous, false, undo_key);
    } else if (restore && (values->size() > 1 || values->front() != previous)) {
      co_return Failure{
          base::failed_precondition(fmt::format(
              "{} has records that are not ours in place of the previous one; remove them and resume "
              "the run",
              place.owner_name)),
          false, true};
    } else if (!restore && !values->empty()) {
      message = "another record stands there now; it is left as it is";
    }
    if (failure && failure->status.code() == base::Code::kAborted) {
      json::object state;
      state["looks"] = looks;
      state["asked"] = asked + 1;
      co_return Wait{context.now + pause_after(asked),
                     "somebody else changed the record meanwhile; reading it again", std::move(state)};
    }
    if (failure) co_return *std::move(failure);
    if (context.step_progress().late_effect_possible() && looks == 0) {
      const base::Duration longest = co_await longest_request(context, place.instance);
      json::object state;
      state["looks"] = 1;
      state["asked"] = asked + 1;
      co_return Wait{context.now + longest,
                     "an earlier update may still arrive at the provider; looking again then",
                     std::move(state)};
    }
    UndoDone done{{}, std::move(message)};
    const bool had_record = context.input.verb != state::Verb::kRegister && context.input.before.has_value();
    if (had_record && context.step_progress().effect_known) {
      done.events.push_back(
          event_of("name.reverted", context.run, context.input, record_data(*context.input.before)));
    }
    co_return done;
  }

 private:
  Result<Wanted> wanted_record(const StepContext& context) const {
    const auto runtime = services_.runtime();
    const config::Domain* domain = runtime->config.find_domain(context.input.name.domain());
    if (!domain) {
      return base::fail(base::unavailable(
          fmt::format("the domain {} is no longer in the configuration; add it and resume the run",
                      context.input.name.domain())));
    }
    std::string source = context.input.value;
    if (context.input.source.kind == state::SourceKind::kNode) {
      const json::object* offer = context.outputs_of_kind("offer.create");
      source = offer ? text_of(*offer, "offer") : std::string{};
    }
    const auto ttl = context.duration_argument("ttl").value_or(base::Duration{domain->ttl_seconds * 1'000LL});
    names::PublicationRules rules;
    rules.test_domain = domain->test;
    rules.min_ttl = config::kLeastTtl;
    rules.max_ttl = config::kMostTtl;
    auto publication =
        names::check_publication(context.input.name, source,
                                 std::chrono::duration_cast<std::chrono::seconds>(ttl), context.now, rules);
    if (!publication) return base::fail(base::failed_precondition(publication.error().message()));
    Wanted wanted{publication->value, static_cast<std::uint32_t>(publication->ttl.count()), {}};
    if (!publication->payment.offers.empty()) {
      wanted.offer_id = names::to_hex(publication->payment.offers.front().offer_id);
    }
    return wanted;
  }

  // A name keeps the instance that holds its record; a new one gets its domain's.
  Result<Place> place_of(const StepContext& context) const {
    const std::string& domain = context.input.name.domain();
    Place place{{}, domain + ".", context.input.name.owner_name()};
    if (context.input.before && !context.input.before->dns_instance.empty()) {
      place.instance = context.input.before->dns_instance;
      return place;
    }
    const auto runtime = services_.runtime();
    const config::Domain* configured = runtime->config.find_domain(domain);
    if (!configured) {
      return base::fail(base::unavailable(
          fmt::format("the domain {} is no longer in the configuration; add it and resume the run", domain)));
    }
    place.instance = configured->dns.value;
    return place;
  }

  asio::awaitable<Result<std::vector<std::string>>> read(const StepContext& context, const Place& place,
                                                         std::string settle_key = {}) const {
    v1::ReadRequest request;
    request.set_zone(place.zone);
    request.set_name(place.owner_name);
    PluginCall wanted = plugin_call(context, place.instance, "Read", {});
    wanted.settle_key = std::move(settle_key);
    auto called = co_await call<v1::ReadReply>(services_, std::move(wanted), request);
    if (!called.reply) co_return base::fail(called.reply.error());
    std::vector<std::string> values;
    for (const v1::TxtRecord& each : called.reply->records()) values.push_back(each.value());
    co_return values;
  }

  asio::awaitable<std::optional<Failure>> withdraw(const StepContext& context, const Place& place,
                                                   const std::string& value, const std::string& key) const {
    v1::WithdrawRequest request;
    request.set_zone(place.zone);
    request.set_name(place.owner_name);
    request.set_value(value);
    PluginCall wanted = plugin_call(context, place.instance, "Withdraw", key);
    auto called = co_await call<v1::WithdrawReply>(services_, std::move(wanted), request);
    // NOT_FOUND too: "there is no such zone" says nothing about the record.
    if (!called.reply) co_return called.failure;
    co_return std::nullopt;
  }

  asio::awaitable<std::optional<Failure>> put_back(const StepContext& context, const Place& place,
                                                   const json::object& intent, const std::string& previous,
                                                   bool ours_stands, const std::string& key) const {
    const auto ttl = context.input.before ? context.input.before->ttl_seconds
                                          : static_cast<std::uint32_t>(integer_of(intent, "ttl").value_or(0));
    v1::PublishRequest request = publish_request(intent, previous, ttl);
    set_expected(request, ours_stands ? std::optional{text_of(intent, "value")} : std::nullopt);
    PluginCall wanted = plugin_call(context, place.instance, "Publish", key);
    auto called = co_await call<v1::PublishReply>(services_, std::move(wanted), request);
    if (!called.reply) co_return called.failure;
    co_return std::nullopt;
  }

  asio::awaitable<base::Duration> longest_request(const StepContext& context,
                                                  const std::string& instance) const {
    PluginCall wanted = plugin_call(context, instance, "Describe", {});
    const v1::DescribeDnsRequest request;
    auto called = co_await call<v1::DescribeDnsReply>(services_, std::move(wanted), request);
    const std::uint32_t said = called.reply ? called.reply->max_request_ms() : 0;
    co_return said == 0 ? kLongestRequest : std::min(base::Duration{said}, kMostPatience);
  }

  static v1::PublishRequest publish_request(const json::object& intent, const std::string& value,
                                            std::uint32_t ttl) {
    v1::PublishRequest request;
    request.set_zone(text_of(intent, "zone"));
    request.mutable_record()->set_name(text_of(intent, "owner_name"));
    request.mutable_record()->set_value(value);
    request.mutable_record()->set_ttl_seconds(ttl);
    request.mutable_record()->set_comment("managed by paynamed");
    return request;
  }

  static void set_expected(v1::PublishRequest& request, const std::optional<std::string>& previous) {
    if (previous) {
      request.set_previous_value(*previous);
    } else {
      request.set_absent(true);
    }
  }

  static json::object record(const StepContext& context, const json::object& intent) {
    json::object data;
    data["value"] = text_of(intent, "value");
    data["ttl"] = integer_of(intent, "ttl").value_or(0);
    data["dns_instance"] = text_of(intent, "instance");
    data["offer_id"] = text_of(intent, "offer_id");
    data["source"] = state::to_string(context.input.source.kind);
    for (std::size_t i = 0; i < context.pipeline.steps.size(); ++i) {
      if (context.pipeline.steps[i].kind != "offer.create") continue;
      const StepProgress& offer = context.progress.step(i);
      if (offer.state != StepView::State::kDone) continue;
      data["node_instance"] = text_of(offer.intent, "instance");
      data["node"] = text_of(offer.intent, "node");
    }
    return data;
  }

  Services services_;
};

}  // namespace

std::unique_ptr<Action> make_dns_publish(const Services& services) {
  return std::make_unique<DnsPublish>(services);
}

}  // namespace paynamed::pipeline
