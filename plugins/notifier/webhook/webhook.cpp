#include "webhook.hpp"

#include <memory>

#include "attempt.hpp"
#include "config_schema.hpp"
#include "target_check.hpp"

namespace paynamed::webhook {

Webhook::Webhook(Host host, const Config& config)
    : host_(std::move(host)), settings_(read_settings(config)) {}

void Webhook::describe(DescribeNotifierRequest /*request*/, Reply<DescribeNotifierReply> reply) {
  DescribeNotifierReply description;
  description.set_signs(true);
  description.set_signs_ed25519(true);
  description.set_timeout_ms(static_cast<std::uint32_t>(settings_.timeout.count()));
  reply.ok(description);
}

void Webhook::check_target(CheckTargetRequest request, Reply<CheckTargetReply> reply) {
  std::make_shared<TargetCheck>(settings_, host_, work_.part(), std::move(reply))->begin(request.address());
}

void Webhook::deliver(DeliverRequest request, Reply<DeliverReply> reply) {
  std::make_shared<Attempt>(settings_, host_, work_.part(), std::move(request), std::move(reply))->begin();
}

// Requests that are open end with the instance, so this takes no time.
void Webhook::stop(std::function<void()> done) {
  work_.end(std::move(done));
}

}  // namespace paynamed::webhook

PAYNAMED_MODULE(paynamed::webhook::Webhook, "webhook", "1.0.0", paynamed::webhook::kConfigSchema)
