#include "pipeline/actions/dns_republish.hpp"

#include <fmt/format.h>

#include "pipeline/actions/strangers.hpp"
#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = paynamed::plugin::v1;
using base::Result;

namespace {

json::object record(const StepContext& context, const json::object& intent) {
  json::object data = record_data(*context.input.before);
  json::object published;
  for (const char* kept : {"value", "dns_instance", "offer_id", "source", "node_instance", "node"})
    published[kept] = data.at(kept);
  published["ttl"] = integer_of(intent, "ttl").value_or(0);
  return published;
}

}  // namespace

asio::awaitable<Result<json::object>> Republish::prepare(const StepContext& context) const {
  const auto& name = context.input.before;
  if (!name || name->value.empty()) co_return base::fail(base::failed_precondition("the name has no record"));
  // What must not be published today (the offer ended meanwhile) is not put back either.
  const auto allowed = zone_.publication(context, name->value, std::chrono::seconds{name->ttl_seconds});
  if (!allowed) co_return base::fail(allowed.error());
  const auto places = zone_.places_of(context);
  if (!places) co_return base::fail(places.error());
  auto intent = co_await prepare_at(context, places->front(), *allowed);
  if (!intent || places->size() == 1) co_return intent;
  auto second = co_await prepare_at(context, places->back(), *allowed);
  if (!second) co_return base::fail(second.error());
  // Nobody asks the instance that the domain is moved to yet: what a stranger put there is the move's to
  // tell, and does not keep the record that wallets find from being mended.
  const auto found = values_from_hex(*second, "found");
  const bool free = found && (found->empty() || *found == std::vector<std::string>{name->value});
  if (free) (*intent)["second"] = *std::move(second);
  co_return intent;
}

asio::awaitable<Result<json::object>> Republish::prepare_at(const StepContext& context,
                                                            const RecordPlace& place,
                                                            const names::Publication& allowed) const {
  const auto found = co_await zone_.read(context, place);
  if (!found) co_return base::fail(found.error());

  if (auto replaceable = co_await check_replaceable(zone_, context, place, *found); !replaceable)
    co_return base::fail(replaceable.error());
  json::object intent;
  place.put_into(intent);
  intent["value"] = context.input.before->value;
  intent["ttl"] = allowed.ttl.count();
  intent["found"] = to_hex(*found);
  co_return intent;
}

asio::awaitable<StepResult> Republish::perform(const StepContext& context) const {
  const json::object& intent = context.step_progress().intent;
  const std::string value = text_of(intent, "value");
  const auto ttl = static_cast<std::uint32_t>(integer_of(intent, "ttl").value_or(0));
  Done done;
  done.outputs["value"] = value;
  for (const json::object* part : parts_of(intent)) {
    const RecordPlace place = RecordPlace::from_intent(*part);
    const auto found = values_from_hex(*part, "found");
    if (!found) co_return Failure{unreadable_intent(), false, false};
    v1::PublishRequest request = DnsZone::publish_request(place, value, ttl);
    expect(request, *found);
    auto called = co_await zone_.publish(context, place, request, context.key);
    if (!called.reply) co_return failure_at(*part, intent, std::move(called.failure));
    if (part == &intent) place.put_change_into(done.outputs, called.reply->change_id());
    const bool stood = *found == std::vector<std::string>{value};
    if (!done.message.empty()) done.message += "; ";
    done.message += stood ? fmt::format("TXT at {} stands in '{}' already", place.owner_name, place.instance)
                          : fmt::format("TXT at {} published again through '{}', {}, TTL {} s",
                                        place.owner_name, place.instance, counted(found->size()), ttl);
  }
  done.events.push_back(event_of("name.published", context.run, context.input, record(context, intent)));
  co_return done;
}

// The other verbs put back what stood there before, because that was the name's record and theirs is not any
// more. Of a repair both are the same record: what it found was never the name's. A stranger's value in place
// of ours would send payments to the stranger, on our own word, and nothing in place of ours would end them;
// in neither case would the name be less degraded. So what was published stays, and only the name's state
// goes back: the record is there, but it was not proven.
//
// An update that is still on its way must be over when the run ends, or it could bring the record back after
// a removal. The read waits for that, and what it says is told to people only: a provider that cannot be
// asked must not keep the run open, and with it the monitor from the name.
asio::awaitable<UndoResult> Republish::undo(const StepContext& context) const {
  const auto undo_part = [this, &context](const json::object& part, json::object waited) {
    return undo_at(context, part, std::move(waited));
  };
  co_return co_await undo_parts(context, undo_part);
}

asio::awaitable<UndoResult> Republish::undo_at(const StepContext& context, const json::object& intent,
                                               json::object waited) const {
  const RecordPlace place = RecordPlace::from_intent(intent);
  const auto found = co_await zone_.read(context, place, context.key);
  // An earlier call may be open still.
  if (!found && found.error().code() == base::Code::kDeadlineExceeded) {
    co_return Failure{found.error(), false, false};
  }
  const auto looks = integer_of(waited, "looks").value_or(0);
  if (context.step_progress().late_effect_possible() && looks == 0) {
    const base::Duration longest = co_await zone_.longest_request(context, place);
    json::object state;
    state["looks"] = 1;
    co_return Wait{context.now + longest,
                   "an earlier update may still arrive at the provider; looking again then",
                   std::move(state)};
  }
  const bool stands = found && *found == std::vector<std::string>{text_of(intent, "value")};
  UndoDone done{{},
                stands  ? "the name's own record stands and is left as it is"
                : found ? "what stands there now is left as it is"
                        : "what stands there now is not known, and is left as it is"};
  if (context.step_progress().effect_known && context.input.before) {
    done.events.push_back(
        event_of("name.reverted", context.run, context.input, record_data(*context.input.before)));
  }
  co_return done;
}

}  // namespace paynamed::pipeline
