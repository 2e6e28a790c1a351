// dns.withdraw: the TXT record is gone from the zone, and the name rests in quarantine.
#include <fmt/format.h>

#include <algorithm>

#include "pipeline/actions/actions.hpp"
#include "pipeline/actions/dns_zone.hpp"
#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace json = boost::json;
using base::Result;

namespace {

class DnsWithdraw final : public Action {
 public:
  explicit DnsWithdraw(const Services& services) : services_(services), zone_(services) {}
  bool has_effect() const override { return true; }
  // Where the record stands is known for sure once the run is accepted: no move changes it then.
  bool reads_before() const override { return true; }
  bool is_final() const override { return true; }

  asio::awaitable<Result<json::object>> prepare(const StepContext& context) override {
    const auto places = zone_.places_of(context);
    if (!places) co_return base::fail(places.error());
    json::object intent;
    places->front().put_into(intent);
    if (places->size() > 1) {
      json::object second;
      places->back().put_into(second);
      intent["second"] = std::move(second);
    }
    co_return intent;
  }

  asio::awaitable<StepResult> perform(const StepContext& context) override {
    const auto& before = context.input.before;
    if (!before) co_return Failure{base::failed_precondition("the name has no record"), false, false};
    if (!before->value.empty()) {
      const json::object& intent = context.step_progress().intent;
      for (const json::object* part : parts_of(intent)) {
        RecordPlace place = RecordPlace::from_intent(*part);
        // An intent of an earlier version names no place.
        if (place.instance.empty())
          place = {before->dns_instance, context.input.name.domain() + ".", context.input.name.owner_name()};
        auto failure = co_await zone_.withdraw(context, place, before->value, context.key);
        if (!failure) continue;
        if (part != &intent && failure->status.code() == base::Code::kAborted &&
            !co_await stands(context, place, before->value)) {
          continue;
        }
        co_return failure_at(*part, intent, *std::move(failure));
      }
    }
    const auto runtime = services_.runtime();
    const config::Domain* domain = runtime->config.find_domain(context.input.name.domain());
    const base::Duration quarantine = domain ? domain->quarantine : config::Domain{}.quarantine;
    const base::WallTime until = context.now + quarantine;

    json::object data;
    data["owner"] = before->owner;
    data["quarantined_until"] = base::to_rfc3339(until);
    Done done;
    done.message = fmt::format("the record is withdrawn; the name is reserved for its last owner until {}",
                               base::to_rfc3339(until).substr(0, 10));
    done.events.push_back(event_of("name.removed", context.run, context.input, std::move(data)));
    co_return done;
  }

 private:
  // Where the domain is moved to a stranger's record may stand in place of ours: then nothing of ours is
  // there.
  asio::awaitable<bool> stands(const StepContext& context, const RecordPlace& place,
                               const std::string& value) const {
    const auto found = co_await zone_.read(context, place);
    co_return !found || std::find(found->begin(), found->end(), value) != found->end();
  }

  Services services_;
  DnsZone zone_;
};

}  // namespace

std::unique_ptr<Action> make_dns_withdraw(const Services& services) {
  return std::make_unique<DnsWithdraw>(services);
}

}  // namespace paynamed::pipeline
