#include "plugin.hpp"

#include <algorithm>

#include "config_schema.hpp"

namespace paynamed::sandbox {
namespace {

// The exception in flight, as the SDK would take it from straight code. Only inside a catch block.
Error error_in_flight() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& other) {
    return Error(Code::kInternal, "The sandbox failed in a way that it did not expect; look at its log.",
                 other.what());
  }
}

}  // namespace

Settings SandboxPlugin::read_settings(const Config& config) {
  Settings settings{config.string("key_file"), config.string("state_file"), config.strings("nodes")};
  if (settings.nodes.empty()) settings.nodes = {"sandbox"};
  auto sorted = settings.nodes;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    config.wrong("nodes", "names a node twice");
  }
  if (settings.key_file == settings.state_file)
    config.wrong("state_file", "must be another file than key_file");
  return settings;
}

std::optional<SandboxPlugin::Payer> SandboxPlugin::read_payer(const Config& config) {
  constexpr std::chrono::milliseconds kLeast{10};
  if (!config.has("payer")) return std::nullopt;
  const auto table = config.table("payer");
  Payer payer{table.duration("every"),
              static_cast<std::uint64_t>(
                  table.integer_or("amount_msat", 1000, 1, static_cast<std::int64_t>(kMostMsat))),
              table.string("note", "a simulated payment of the sandbox")};
  if (payer.every < kLeast) table.wrong("every", "must be at least 10ms");
  return payer;
}

SandboxPlugin::SandboxPlugin(Host host, const Config& config)
    : host_(host),
      payer_(read_payer(config)),
      faults_(config.has("faults") ? Faults(config.table("faults")) : Faults()),
      sandbox_(read_settings(config),
               {.now =
                    [host] {
                      const auto since = host.wall().time_since_epoch();
                      return static_cast<std::uint64_t>(
                          std::chrono::duration_cast<std::chrono::seconds>(since).count());
                    },
                .random = system_random,
                .warn = [host](std::string_view line) { host.log(Level::kWarning, line); }}),
      worker_(host) {}

template <class T, class Work>
void SandboxPlugin::perform(Reply<T> given, Work work) {
  const auto reply = std::make_shared<Reply<T>>(std::move(given));
  const auto fault = faults_.take(reply->call().method());
  auto job = [this, reply, fault, work = std::move(work)] {
    try {
      if (fault && fault->fails() && !fault->after_effect) return fail_as_planned(*fault, reply);
      work(reply, [this, &fault, &reply] {
        if (!fault || !fault->fails()) return true;
        fail_as_planned(*fault, reply);
        return false;
      });
    } catch (...) {
      reply->fail(error_in_flight());
    }
    answer_polls();
  };
  auto post = [this, reply, job = std::move(job)] {
    if (!worker_.post(job)) {
      reply->fail(Code::kUnavailable,
                  "The sandbox has too many calls under way or is stopping; nothing was begun.");
    }
  };
  if (fault && fault->delay.count() > 0) {
    host_.after(fault->delay, std::move(post));
  } else {
    post();
  }
}

template <class T, class Work>
void SandboxPlugin::answer(Reply<T> reply, Work work) {
  perform(std::move(reply), [work = std::move(work)](const auto& shared, const auto& may_answer) {
    const T message = work(*shared);
    if (may_answer()) shared->ok(message);
  });
}

template <class T>
void SandboxPlugin::fail_as_planned(const Fault& fault, const std::shared_ptr<Reply<T>>& reply) {
  if (fault.code) {
    reply->fail(*fault.code,
                "The configuration of the sandbox plans this fault of " + reply->call().method() + ".");
  } else {
    unanswered_.push_back(reply);
  }
}

void SandboxPlugin::describe(DescribeNodesRequest /*request*/, Reply<DescribeNodesReply> reply) {
  answer(std::move(reply), [](auto&) {
    DescribeNodesReply description;
    description.set_offers(true);
    description.set_invoices(true);
    description.set_payments_out(true);
    description.set_watch_payments(true);
    description.set_custody(proto::CUSTODY_FULL);
    description.set_moves_money(false);
    description.set_network("regtest");
    description.set_summary(
        "A sandbox: real BOLT 12 offers and BOLT 11 invoices of its own keys on regtest; it moves no money.");
    return description;
  });
}

void SandboxPlugin::info(NodeInfoRequest request, Reply<NodeInfoReply> reply) {
  answer(std::move(reply), [this, request](auto&) { return opened().info(request); });
}

void SandboxPlugin::provision(ProvisionRequest request, Reply<ProvisionReply> reply) {
  answer(std::move(reply), [this, request](auto&) { return opened().provision(request); });
}

void SandboxPlugin::release(ReleaseRequest request, Reply<ReleaseReply> reply) {
  answer(std::move(reply), [this, request](auto&) { return opened().release(request); });
}

void SandboxPlugin::create_offer(CreateOfferRequest request, Reply<CreateOfferReply> reply) {
  answer(std::move(reply), [this, request](auto&) { return opened().create_offer(request); });
}

void SandboxPlugin::enable_offer(EnableOfferRequest request, Reply<EnableOfferReply> reply) {
  answer(std::move(reply), [this, request](auto&) { return opened().enable_offer(request); });
}

void SandboxPlugin::disable_offer(DisableOfferRequest request, Reply<DisableOfferReply> reply) {
  answer(std::move(reply), [this, request](auto&) { return opened().disable_offer(request); });
}

void SandboxPlugin::lookup_offer(LookupOfferRequest request, Reply<LookupOfferReply> reply) {
  answer(std::move(reply), [this, request](auto&) { return opened().lookup_offer(request); });
}

void SandboxPlugin::create_invoice(CreateInvoiceRequest request, Reply<CreateInvoiceReply> reply) {
  answer(std::move(reply), [this, request](auto&) { return opened().create_invoice(request); });
}

void SandboxPlugin::lookup_invoice(LookupInvoiceRequest request, Reply<LookupInvoiceReply> reply) {
  answer(std::move(reply), [this, request](auto&) { return opened().lookup_invoice(request); });
}

void SandboxPlugin::fetch_invoice(FetchInvoiceRequest request, Reply<FetchInvoiceReply> reply) {
  answer(std::move(reply), [this, request](auto& asked) {
    return opened().fetch_invoice(request, asked.call().idempotency_key());
  });
}

void SandboxPlugin::pay(PayRequest request, Reply<PayReply> reply) {
  answer(std::move(reply), [this, request](auto&) { return opened().pay(request); });
}

void SandboxPlugin::lookup_payment(LookupPaymentRequest request, Reply<LookupPaymentReply> reply) {
  answer(std::move(reply), [this, request](auto&) { return opened().lookup_payment(request); });
}

void SandboxPlugin::new_address(NewAddressRequest request, Reply<NewAddressReply> reply) {
  answer(std::move(reply), [this, request](auto& asked) {
    return opened().new_address(request, asked.call().idempotency_key());
  });
}

void SandboxPlugin::watch_payments(WatchPaymentsRequest request, Reply<WatchPaymentsReply> reply) {
  perform(std::move(reply), [this, request](const auto& shared, const auto& may_answer) {
    const auto payments = opened().payments_after(request);
    if (!may_answer()) return;
    if (payments.payments_size() > 0 || request.wait_ms() == 0) return shared->ok(payments);
    park(request, shared);
  });
}

void SandboxPlugin::park(WatchPaymentsRequest request, std::shared_ptr<Reply<WatchPaymentsReply>> reply) {
  constexpr std::chrono::milliseconds kMostWait{60'000};
  const auto& call = reply->call();
  const auto id = call.id();
  // A little before the deadline, so that the empty answer still arrives in time.
  const auto wait =
      std::min(std::chrono::milliseconds(request.wait_ms()), host_.remaining(call, kMostWait) * 9 / 10);
  polls_.insert_or_assign(id, Poll{std::move(request), reply});
  const auto end = [this, id] { worker_.post([this, id] { end_poll(id); }); };
  host_.after(wait, end);
  call.when_cancelled(end);
  // It may have been cancelled before that, by a stop after which the worker takes no more jobs.
  if (call.cancelled()) end_poll(id);
}

void SandboxPlugin::end_poll(std::uint64_t call_id) {
  const auto found = polls_.find(call_id);
  if (found == polls_.end()) return;
  const auto poll = std::move(found->second);
  polls_.erase(found);
  try {
    poll.reply->call().throw_if_cancelled();
    poll.reply->ok(sandbox_.payments_after(poll.request));
  } catch (...) {
    poll.reply->fail(error_in_flight());
  }
}

void SandboxPlugin::answer_polls() {
  for (auto at = polls_.begin(); at != polls_.end();) {
    auto& [request, reply] = at->second;
    try {
      const auto payments = sandbox_.payments_after(request);
      if (payments.payments_size() == 0) {
        ++at;
        continue;
      }
      reply->ok(payments);
    } catch (...) {
      reply->fail(error_in_flight());
    }
    at = polls_.erase(at);
  }
}

Sandbox& SandboxPlugin::opened() {
  sandbox_.open();
  if (!introduced_) {
    introduced_ = true;
    host_.log(
        Level::kInfo,
        "This is the sandbox: its nodes make real offers and invoices on regtest, and it moves no money.");
    if (payer_) schedule_payer();
  }
  return sandbox_;
}

void SandboxPlugin::schedule_payer() {
  host_.after(payer_->every, [this] {
    worker_.post([this] {
      try {
        if (sandbox_.simulate_payment(payer_->amount_msat, payer_->note)) answer_polls();
      } catch (...) {
        const auto error = error_in_flight();
        host_.log(Level::kWarning, "The simulated payer could not pay: " + error.message());
      }
    });
    schedule_payer();
  });
}

void SandboxPlugin::stop(std::function<void()> done) {
  worker_.stop([this, done = std::move(done)] {
    polls_.clear();
    unanswered_.clear();
    done();
  });
}

}  // namespace paynamed::sandbox

PAYNAMED_MODULE(paynamed::sandbox::SandboxPlugin, "sandbox", "0.1.0", paynamed::sandbox::kConfigSchema)
