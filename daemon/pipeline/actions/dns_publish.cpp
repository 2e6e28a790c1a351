// dns.publish: the TXT record stands in the provider's zone, in place of exactly what stood there before.
#include <fmt/format.h>

#include <algorithm>

#include "names/bip321.hpp"
#include "pipeline/actions/actions.hpp"
#include "pipeline/actions/dns_adopt.hpp"
#include "pipeline/actions/dns_republish.hpp"
#include "pipeline/actions/dns_zone.hpp"
#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = paynamed::plugin::v1;
using base::Result;

namespace {

// Before the record is read again after `lost` lost compare-and-sets.
base::Duration pause_after(std::int64_t lost) {
  return base::Duration{std::int64_t{1'000} << std::min<std::int64_t>(lost, 6)};
}

struct Wanted {
  std::string value;
  std::uint32_t ttl_seconds = 0;
  std::string offer_id;
};

class DnsPublish final : public Action {
 public:
  explicit DnsPublish(const Services& services) : zone_(services), republish_(services), adopt_(services) {}
  bool has_effect() const override { return true; }
  bool reads_before() const override { return true; }

  asio::awaitable<Result<json::object>> prepare(const StepContext& context) override {
    if (repairs(context)) co_return co_await republish_.prepare(context);
    if (context.input.adoption) co_return co_await adopt_.prepare(context);
    auto wanted = wanted_record(context);
    if (!wanted) co_return base::fail(wanted.error());
    const auto places = zone_.places_of(context);
    if (!places) co_return base::fail(places.error());
    json::object intent;
    for (const RecordPlace& place : *places) {
      auto previous = co_await previous_at(context, place, wanted->value, &place != &places->front());
      if (!previous) co_return base::fail(previous.error());
      json::object part;
      place.put_into(part);
      part["previous"] = *std::move(previous);
      part["value"] = wanted->value;
      part["ttl"] = wanted->ttl_seconds;
      part["offer_id"] = wanted->offer_id;
      if (intent.empty()) {
        intent = std::move(part);
      } else {
        intent["second"] = std::move(part);
      }
    }
    co_return intent;
  }

  asio::awaitable<StepResult> perform(const StepContext& context) override {
    if (repairs(context)) co_return co_await republish_.perform(context);
    if (context.input.adoption) co_return co_await adopt_.perform(context);
    const json::object& intent = context.step_progress().intent;
    const std::string value = text_of(intent, "value");
    const auto ttl = static_cast<std::uint32_t>(integer_of(intent, "ttl").value_or(0));
    Done done;
    done.outputs["value"] = value;
    std::string through;
    for (const json::object* part : parts_of(intent)) {
      const RecordPlace place = RecordPlace::from_intent(*part);
      v1::PublishRequest request = DnsZone::publish_request(place, value, ttl);
      set_expected(request, part->contains("previous") && part->at("previous").is_string()
                                ? std::optional{text_of(*part, "previous")}
                                : std::nullopt);
      auto called = co_await zone_.publish(context, place, request, context.key);
      if (!called.reply) co_return failure_at(*part, intent, std::move(called.failure));
      if (part == &intent) place.put_change_into(done.outputs, called.reply->change_id());
      through += fmt::format("{}'{}'", through.empty() ? "" : " and ", place.instance);
    }
    done.message =
        fmt::format("TXT at {} published through {}, TTL {} s", text_of(intent, "owner_name"), through, ttl);
    done.events.push_back(event_of("name.published", context.run, context.input, record(context, intent)));
    co_return done;
  }

  asio::awaitable<UndoResult> undo(const StepContext& context) override {
    if (repairs(context)) co_return co_await republish_.undo(context);
    if (context.input.adoption) co_return co_await adopt_.undo(context);
    const auto undo_part = [this, &context](const json::object& part, json::object waited) {
      return undo_at(context, part, std::move(waited));
    };
    co_return co_await undo_parts(context, undo_part);
  }

 private:
  static bool repairs(const StepContext& context) { return context.input.verb == state::Verb::kRepair; }

  // What stands at the place and may be replaced: a value, or null for nothing.
  asio::awaitable<Result<json::value>> previous_at(const StepContext& context, const RecordPlace& place,
                                                   const std::string& wanted, bool is_second) const {
    auto values = co_await zone_.read(context, place);
    if (!values) co_return base::fail(values.error());
    if (values->size() == 1 && values->front() == wanted) {
      // An earlier attempt of this step put it there: what stood before it is in the earlier intent.
      const json::object* earlier = part_at(context.step_progress().intent, place);
      if (earlier != nullptr)
        co_return earlier->contains("previous") ? earlier->at("previous") : json::value(nullptr);
      // The zone of the instance that the domain is moved to may have been filled by other means.
      if (is_second) co_return json::value(wanted);
    }
    if (values->empty()) co_return json::value(nullptr);
    const std::string ours = context.input.before ? context.input.before->value : std::string{};
    if (values->size() > 1 || ours.empty() || values->front() != ours) {
      co_return base::fail(base::failed_precondition(fmt::format(
          "{}{} has {} TXT record{} that {} not ours; remove {} from the zone, or choose another name",
          place.owner_name, is_second ? fmt::format(" in '{}'", place.instance) : std::string{},
          values->size(), values->size() > 1 ? "s" : "", values->size() > 1 ? "are" : "is",
          values->size() > 1 ? "them" : "it")));
    }
    co_return json::value(ours);
  }

  asio::awaitable<UndoResult> undo_at(const StepContext& context, const json::object& intent,
                                      json::object waited) const {
    const RecordPlace place = RecordPlace::from_intent(intent);
    const std::string ours = text_of(intent, "value");
    const bool restore = intent.contains("previous") && intent.at("previous").is_string();
    const std::string previous = text_of(intent, "previous");

    // Whatever was begun under this step's key has to end before the zone is looked at.
    auto values = co_await zone_.read(context, place, context.key);
    if (!values) co_return Failure{values.error(), false, false};
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
        failure = co_await zone_.withdraw(context, place, ours, undo_key);
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
      const base::Duration longest = co_await zone_.longest_request(context, place);
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

  Result<Wanted> wanted_record(const StepContext& context) const {
    std::string source = context.input.value;
    if (context.input.source.kind == state::SourceKind::kNode) {
      const json::object* offer = context.outputs_of_kind("offer.create");
      source = offer ? text_of(*offer, "offer") : std::string{};
    }
    const auto publication = zone_.publication(context, source);
    if (!publication) return base::fail(publication.error());
    Wanted wanted{publication->value, static_cast<std::uint32_t>(publication->ttl.count()), {}};
    if (!publication->payment.offers.empty()) {
      wanted.offer_id = names::to_hex(publication->payment.offers.front().offer_id);
    }
    return wanted;
  }

  asio::awaitable<std::optional<Failure>> put_back(const StepContext& context, const RecordPlace& place,
                                                   const json::object& intent, const std::string& previous,
                                                   bool ours_stands, const std::string& key) const {
    const auto ttl = context.input.before ? context.input.before->ttl_seconds
                                          : static_cast<std::uint32_t>(integer_of(intent, "ttl").value_or(0));
    v1::PublishRequest request = DnsZone::publish_request(place, previous, ttl);
    set_expected(request, ours_stands ? std::optional{text_of(intent, "value")} : std::nullopt);
    auto called = co_await zone_.publish(context, place, request, key);
    if (!called.reply) co_return called.failure;
    co_return std::nullopt;
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

  DnsZone zone_;
  Republish republish_;
  Adopt adopt_;
};

}  // namespace

std::unique_ptr<Action> make_dns_publish(const Services& services) {
  return std::make_unique<DnsPublish>(services);
}

}  // namespace paynamed::pipeline
