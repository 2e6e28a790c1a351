// Webhook: the Notifier that posts events to URLs of tenants, signed after Standard Webhooks 1.0.0.
//
// Threads: everything runs on the strand, so nothing is locked.
#pragma once

#include <paynamed/notifier.hpp>

#include "open_work.hpp"
#include "settings.hpp"

namespace paynamed::webhook {

class Webhook final : public Notifier {
 public:
  // Throws Error for a table that does not fit together. No I/O.
  Webhook(Host host, const Config& config);

  void describe(DescribeNotifierRequest request, Reply<DescribeNotifierReply> reply) override;
  void check_target(CheckTargetRequest request, Reply<CheckTargetReply> reply) override;
  void deliver(DeliverRequest request, Reply<DeliverReply> reply) override;
  void stop(std::function<void()> done) override;

 private:
  const Host host_;
  const Settings settings_;
  OpenWork work_;
};

}  // namespace paynamed::webhook
