// dns.withdraw: the TXT record is gone from the zone, and the name rests in quarantine.
#include <fmt/format.h>

#include "paynamed/plugin/v1/dns_provider.pb.h"
#include "pipeline/actions/actions.hpp"
#include "pipeline/actions/plugin_call.hpp"
#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = paynamed::plugin::v1;

namespace {

class DnsWithdraw final : public Action {
 public:
  explicit DnsWithdraw(const Services& services) : services_(services) {}
  bool has_effect() const override { return true; }
  bool is_final() const override { return true; }

  asio::awaitable<StepResult> perform(const StepContext& context) override {
    const auto& before = context.input.before;
    if (!before) co_return Failure{base::failed_precondition("the name has no record"), false, false};
    if (!before->value.empty()) {
      v1::WithdrawRequest request;
      request.set_zone(context.input.name.domain() + ".");
      request.set_name(context.input.name.owner_name());
      request.set_value(before->value);
      PluginCall wanted = plugin_call(context, before->dns_instance, "Withdraw", context.key);
      auto called = co_await call<v1::WithdrawReply>(services_, std::move(wanted), request);
      if (!called.reply) co_return called.failure;
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
  Services services_;
};

}  // namespace

std::unique_ptr<Action> make_dns_withdraw(const Services& services) {
  return std::make_unique<DnsWithdraw>(services);
}

}  // namespace paynamed::pipeline
