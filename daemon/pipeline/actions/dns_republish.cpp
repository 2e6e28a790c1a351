#include "pipeline/actions/dns_republish.hpp"

#include <fmt/format.h>

#include <boost/algorithm/hex.hpp>
#include <boost/json/array.hpp>

#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = paynamed::plugin::v1;
using base::Result;

namespace {

// What strangers put there is kept in the intent and sent to the provider in one request.
constexpr std::size_t kMostRecords = 100;
constexpr std::size_t kMostBytes = 32'000;

// Values of strangers are bytes, and an intent is JSON.
json::array to_hex(const std::vector<std::string>& values) {
  json::array all;
  for (const std::string& value : values) all.emplace_back(boost::algorithm::hex_lower(value));
  return all;
}

Result<std::vector<std::string>> found_of(const json::object& intent) {
  const json::value* found = intent.if_contains("found");
  std::vector<std::string> values;
  try {
    for (const json::value& each : found->as_array())
      values.push_back(boost::algorithm::unhex(std::string{each.as_string()}));
  } catch (const std::exception&) {
    return base::fail(base::data_loss("the run's intent is unreadable; cancel the run"));
  }
  return values;
}

void expect(v1::PublishRequest& request, const std::vector<std::string>& found) {
  if (found.empty()) {
    request.set_absent(true);
  } else if (found.size() == 1) {
    request.set_previous_value(found.front());
  } else {
    for (const std::string& value : found) request.mutable_previous_values()->add_values(value);
  }
}

std::string counted(std::size_t records) {
  return records == 0   ? "where nothing stood"
         : records == 1 ? "in place of another record"
                        : fmt::format("in place of {} records", records);
}

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
  const auto place = zone_.place_of(context);
  if (!place) co_return base::fail(place.error());
  const auto found = co_await zone_.read(context, *place);
  if (!found) co_return base::fail(found.error());

  std::size_t bytes = 0;
  for (const std::string& value : *found) bytes += value.size();
  if (found->size() > kMostRecords || bytes > kMostBytes) {
    co_return base::fail(base::failed_precondition(
        fmt::format("{} has {} TXT records of {} bytes, more than are replaced at once; remove them by hand",
                    place->owner_name, found->size(), bytes)));
  }
  if (found->size() > 1) {
    const auto provider = co_await zone_.describe(context, *place);
    if (!provider) co_return base::fail(provider.error());
    if (!provider->replaces_several()) {
      co_return base::fail(base::failed_precondition(
          fmt::format("{} has {} TXT records, and '{}' cannot replace several at once; remove all but one by "
                      "hand",
                      place->owner_name, found->size(), place->instance)));
    }
  }
  json::object intent;
  place->put_into(intent);
  intent["value"] = name->value;
  intent["ttl"] = allowed->ttl.count();
  intent["found"] = to_hex(*found);
  co_return intent;
}

asio::awaitable<StepResult> Republish::perform(const StepContext& context) const {
  const json::object& intent = context.step_progress().intent;
  const RecordPlace place = RecordPlace::from_intent(intent);
  const std::string value = text_of(intent, "value");
  const auto ttl = static_cast<std::uint32_t>(integer_of(intent, "ttl").value_or(0));
  const auto found = found_of(intent);
  if (!found) co_return Failure{found.error(), false, false};
  v1::PublishRequest request = DnsZone::publish_request(place, value, ttl);
  expect(request, *found);
  auto called = co_await zone_.publish(context, place, request, context.key);
  if (!called.reply) co_return called.failure;

  Done done;
  done.outputs["value"] = value;
  place.put_change_into(done.outputs, called.reply->change_id());
  const bool stood = *found == std::vector<std::string>{value};
  done.message = stood ? fmt::format("TXT at {} stands in '{}' already", place.owner_name, place.instance)
                       : fmt::format("TXT at {} published again through '{}', {}, TTL {} s", place.owner_name,
                                     place.instance, counted(found->size()), ttl);
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
  const json::object& intent = context.step_progress().intent;
  const RecordPlace place = RecordPlace::from_intent(intent);
  const auto found = co_await zone_.read(context, place, context.key);
  // An earlier call may be open still.
  if (!found && found.error().code() == base::Code::kDeadlineExceeded) {
    co_return Failure{found.error(), false, false};
  }
  const auto looks = integer_of(context.step_progress().wait_state, "looks").value_or(0);
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
