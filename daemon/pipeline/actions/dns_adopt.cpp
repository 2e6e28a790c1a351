#include "pipeline/actions/dns_adopt.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "names/bip321.hpp"
#include "pipeline/actions/strangers.hpp"
#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = paynamed::plugin::v1;
using base::Result;

namespace {

std::vector<std::string> sorted(std::vector<std::string> values) {
  std::ranges::sort(values);
  return values;
}

base::Status changed_since(const RecordPlace& place) {
  return base::failed_precondition(fmt::format(
      "what stands at {} is not what was to be adopted; look at it again with `paynamectl names import`",
      place.owner_name));
}

bool is_as_it_is(const json::object& intent) {
  return !text_of(intent, "as_it_is").empty();
}

json::object record(const json::object& intent) {
  json::object data;
  data["value"] = text_of(intent, "value");
  data["ttl"] = integer_of(intent, "ttl").value_or(0);
  data["dns_instance"] = text_of(intent, "instance");
  data["offer_id"] = text_of(intent, "offer_id");
  data["source"] = state::to_string(state::SourceKind::kExternal);
  return data;
}

void put_record(json::object& intent, const names::Publication& publication, std::int64_t ttl) {
  intent["value"] = publication.value;
  intent["ttl"] = ttl;
  intent["offer_id"] = publication.payment.offers.empty()
                           ? std::string{}
                           : names::to_hex(publication.payment.offers.front().offer_id);
}

base::Duration pause_after(std::int64_t lost) {
  return base::Duration{std::int64_t{1'000} << std::min<std::int64_t>(lost, 6)};
}

}  // namespace

asio::awaitable<Result<json::object>> Adopt::prepare(const StepContext& context) const {
  const auto places = zone_.places_of(context);
  if (!places) co_return base::fail(places.error());
  if (places->size() > 1) {
    // What stands at one of them need not stand at the other.
    co_return base::fail(base::failed_precondition(fmt::format(
        "{} is being moved to another instance; adopt what stands in its zone when that has ended",
        context.input.name.domain())));
  }
  if (context.input.adoption->take_over) co_return co_await prepare_take_over(context, places->front());
  co_return co_await prepare_as_it_is(context, places->front());
}

asio::awaitable<Result<json::object>> Adopt::prepare_as_it_is(const StepContext& context,
                                                              RecordPlace place) const {
  const std::chrono::seconds ttl{context.input.adoption->ttl_seconds};
  const auto allowed = zone_.publication(context, context.input.value, ttl);
  if (!allowed) co_return base::fail(allowed.error());
  const auto records = co_await zone_.read_records(context, place);
  if (!records) co_return base::fail(records.error());
  if (records->size() != 1 || records->front().value() != context.input.value)
    co_return base::fail(changed_since(place));
  const auto provider = co_await zone_.describe(context, place);
  if (!provider) co_return base::fail(provider.error());

  json::object intent;
  place.put_into(intent);
  put_record(intent, *allowed, records->front().ttl_seconds());
  intent["as_it_is"] = provider->comments() ? "marked" : "untouched";
  const json::object& earlier = context.step_progress().intent;
  intent["comment"] =
      earlier.contains("comment") ? earlier.at("comment") : json::value(records->front().comment());
  co_return intent;
}

asio::awaitable<Result<json::object>> Adopt::prepare_take_over(const StepContext& context,
                                                               RecordPlace place) const {
  const auto allowed = zone_.publication(context, context.input.value);
  if (!allowed) co_return base::fail(allowed.error());
  const auto found = co_await zone_.read(context, place);
  if (!found) co_return base::fail(found.error());
  const std::vector<std::string>& wanted = context.input.adoption->found;
  // An earlier attempt of this step may have done it.
  const bool is_done =
      !context.step_progress().intent.empty() && *found == std::vector<std::string>{allowed->value};
  if (!is_done && sorted(*found) != sorted(wanted)) co_return base::fail(changed_since(place));
  if (auto replaceable = co_await check_replaceable(zone_, context, place, wanted); !replaceable)
    co_return base::fail(replaceable.error());

  json::object intent;
  place.put_into(intent);
  put_record(intent, *allowed, allowed->ttl.count());
  intent["found"] = to_hex(wanted);
  co_return intent;
}

asio::awaitable<StepResult> Adopt::perform(const StepContext& context) const {
  const json::object& intent = context.step_progress().intent;
  const RecordPlace place = RecordPlace::from_intent(intent);
  const std::string value = text_of(intent, "value");
  const auto ttl = static_cast<std::uint32_t>(integer_of(intent, "ttl").value_or(0));
  std::vector<std::string> found{value};
  if (!is_as_it_is(intent)) {
    const auto kept = values_from_hex(intent, "found");
    if (!kept) co_return Failure{unreadable_intent(), false, false};
    found = *kept;
  }
  Done done;
  done.outputs["value"] = value;
  done.message = fmt::format("TXT at {} is taken over as it stands in '{}', TTL {} s", place.owner_name,
                             place.instance, ttl);
  if (text_of(intent, "as_it_is") != "untouched") {
    v1::PublishRequest request = DnsZone::publish_request(place, value, ttl);
    expect(request, found);
    auto called = co_await zone_.publish(context, place, request, context.key);
    if (!called.reply) co_return called.failure;
  }
  if (!is_as_it_is(intent)) {
    done.message = fmt::format("TXT at {} published through '{}' {}, TTL {} s", place.owner_name,
                               place.instance, counted(found.size()), ttl);
  }
  done.events.push_back(event_of("name.published", context.run, context.input, record(intent)));
  co_return done;
}

asio::awaitable<UndoResult> Adopt::undo(const StepContext& context) const {
  const json::object& intent = context.step_progress().intent;
  const RecordPlace place = RecordPlace::from_intent(intent);
  const std::string value = text_of(intent, "value");
  if (text_of(intent, "as_it_is") == "untouched") {
    co_return UndoDone{{}, "the record was not touched and stands as it did"};
  }
  std::string previous = value;
  if (!is_as_it_is(intent)) {
    const auto found = values_from_hex(intent, "found");
    if (!found) co_return Failure{unreadable_intent(), false, false};
    if (found->size() != 1) {
      co_return UndoDone{
          {},
          fmt::format("the one record that is left at {} stays: it stands for {} that cannot come back "
                      "together",
                      place.owner_name, found->size())};
    }
    previous = found->front();
  }
  co_return co_await put_back(context, place, value, previous);
}

asio::awaitable<UndoResult> Adopt::put_back(const StepContext& context, RecordPlace place, std::string stands,
                                            std::string wanted) const {
  // Whatever was begun under this step's key has to end before the zone is looked at.
  const auto found = co_await zone_.read(context, place, context.key);
  if (!found) co_return Failure{found.error(), false, false};
  const json::object& intent = context.step_progress().intent;
  const json::object& waited = context.step_progress().wait_state;
  const auto looks = integer_of(waited, "looks").value_or(0);
  // Counts the requests that may differ: under the same key the provider gives the first one's answer.
  const auto asked = integer_of(waited, "asked").value_or(0);
  std::string message = "another record stands there now; it is left as it is";
  json::object next;
  next["looks"] = looks;
  next["asked"] = asked + 1;
  if (*found == std::vector<std::string>{stands}) {
    const auto ttl = is_as_it_is(intent) ? static_cast<std::uint32_t>(integer_of(intent, "ttl").value_or(0))
                                         : context.input.adoption->ttl_seconds;
    v1::PublishRequest request = DnsZone::publish_request(place, wanted, ttl);
    request.mutable_record()->set_comment(text_of(intent, "comment"));
    request.set_previous_value(stands);
    auto called =
        co_await zone_.publish(context, place, request, fmt::format("{}/undo/{}", context.key, asked));
    if (!called.reply && called.failure.status.code() == base::Code::kAborted) {
      co_return Wait{context.now + pause_after(asked),
                     "somebody else changed the record meanwhile; reading it again", std::move(next)};
    }
    if (!called.reply) co_return called.failure;
    message = "what stood there before stands again";
  } else if (*found == std::vector<std::string>{wanted}) {
    message = "what stood there before stands there";
  }
  if (context.step_progress().late_effect_possible() && looks == 0) {
    const base::Duration longest = co_await zone_.longest_request(context, place);
    next["looks"] = 1;
    co_return Wait{context.now + longest,
                   "an earlier update may still arrive at the provider; looking again then", std::move(next)};
  }
  co_return UndoDone{{}, std::move(message)};
}

}  // namespace paynamed::pipeline
