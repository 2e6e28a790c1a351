// DnsZone: what steps ask of the provider that holds the zone of a name.
//
// Threads: keeps nothing of a run; any thread, each call is a coroutine on the daemon's io_context.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "names/payment.hpp"
#include "paynamed/plugin/v1/dns_provider.pb.h"
#include "pipeline/actions/plugin_call.hpp"

namespace paynamed::pipeline {

// Where the record of a name stands.
struct RecordPlace {
  std::string instance;
  std::string zone;        // with its dot
  std::string owner_name;  // the same

  // As an intent has it.
  static RecordPlace from_intent(const boost::json::object& intent);
  void put_into(boost::json::object& intent) const;
  // What DnsZone::pending() has to know of a change of the record; nothing where the provider gave it no id.
  void put_change_into(boost::json::object& outputs, const std::string& change_id) const;
};

// The parts of an intent, one for each place: the intent itself, and what it has as "second".
std::vector<const boost::json::object*> parts_of(const boost::json::object& intent);
// The part of an intent that is about this place; null when there is none.
const boost::json::object* part_at(const boost::json::object& intent, const RecordPlace& place);

// A failure at one place as a failure of the step: the parts before this one were done, and stand.
Failure failure_at(const boost::json::object& part, const boost::json::object& intent, Failure failure);

// Which part a wait of an undo is about.
std::size_t place_at_work(const boost::json::object& waited);

// Takes the parts of an intent back, one place after the other. `undo` is given the part and what it waited
// with; the wait of the one at work is the step's.
template <class Undo>
boost::asio::awaitable<UndoResult> undo_parts(const StepContext& context, Undo undo) {
  const boost::json::object& intent = context.step_progress().intent;
  const boost::json::object& waited = context.step_progress().wait_state;
  const auto parts = parts_of(intent);
  const std::size_t begun = place_at_work(waited);
  std::vector<state::NewEvent> events;
  std::string message;
  for (std::size_t at = begun; at < parts.size(); ++at) {
    const boost::json::object state = at == begun ? waited : boost::json::object{};
    UndoResult result = co_await undo(*parts[at], state);
    if (auto* wait = std::get_if<Wait>(&result)) {
      wait->state["place"] = at;
      co_return result;
    }
    auto* done = std::get_if<UndoDone>(&result);
    if (done == nullptr) co_return result;
    if (events.empty()) events = std::move(done->events);
    message += (message.empty() ? "" : "; and on the other instance: ") + done->message;
  }
  co_return UndoDone{std::move(events), std::move(message)};
}

class DnsZone {
 public:
  explicit DnsZone(const Services& services) : services_(services) {}

  // Where the record has to stand: a name keeps the instance that holds it, a new one gets its domain's, and
  // while the domain is being moved there is a second place. UNAVAILABLE when the domain is no longer
  // configured.
  base::Result<std::vector<RecordPlace>> places_of(const StepContext& context) const;
  // `source` as the name's domain lets it be published now, with the step's `ttl` or else `ttl`.
  // FAILED_PRECONDITION when it must not be, UNAVAILABLE when the domain is no longer configured.
  base::Result<names::Publication> publication(const StepContext& context, const std::string& source,
                                               std::optional<std::chrono::seconds> ttl = {}) const;

  // All TXT records at the name, with their TTL and comment.
  boost::asio::awaitable<base::Result<std::vector<plugin::v1::TxtRecord>>> read_records(
      const StepContext& context, const RecordPlace& place, std::string settle_key = {}) const;
  // All TXT values at the name, as bytes of whoever wrote them. `settle_key`: as PluginCall.
  boost::asio::awaitable<base::Result<std::vector<std::string>>> read(const StepContext& context,
                                                                      const RecordPlace& place,
                                                                      std::string settle_key = {}) const;
  boost::asio::awaitable<Called<plugin::v1::PublishReply>> publish(const StepContext& context,
                                                                   const RecordPlace& place,
                                                                   const plugin::v1::PublishRequest& request,
                                                                   const std::string& key) const;
  // Nothing when the value is gone.
  boost::asio::awaitable<std::optional<Failure>> withdraw(const StepContext& context,
                                                          const RecordPlace& place, const std::string& value,
                                                          const std::string& key) const;
  boost::asio::awaitable<base::Result<plugin::v1::DescribeDnsReply>> describe(const StepContext& context,
                                                                              const RecordPlace& place) const;
  // What the provider says of the change that a step's outputs name, when it has not reached all its servers;
  // nothing when it has, or when nobody knows.
  boost::asio::awaitable<std::optional<std::string>> pending(const StepContext& context,
                                                             const boost::json::object& outputs) const;
  // How long a request may still act after it was sent.
  boost::asio::awaitable<base::Duration> longest_request(const StepContext& context,
                                                         const RecordPlace& place) const;

  // One record at the place; what is expected there before is the caller's to add.
  static plugin::v1::PublishRequest publish_request(const RecordPlace& place, const std::string& value,
                                                    std::uint32_t ttl);

 private:
  // With the time that many who share a provider's limits may have to wait for each other.
  PluginCall patient_call(const StepContext& context, std::string instance, std::string method,
                          std::string key) const;

  Services services_;
};

}  // namespace paynamed::pipeline
