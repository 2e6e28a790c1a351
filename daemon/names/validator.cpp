#include "names/validator.hpp"

#include <fmt/format.h>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "names/validator_worker.hpp"

namespace paynamed::names {
namespace asio = boost::asio;

std::string_view to_string(Security security) {
  switch (security) {
    case Security::kSecure:
      return "secure";
    case Security::kInsecure:
      return "insecure";
    case Security::kBogus:
      return "bogus";
    case Security::kIndeterminate:
      return "indeterminate";
  }
  return "unknown";
}

base::Result<std::unique_ptr<Validator>> Validator::create(ValidatorSettings settings, base::Clock& clock) {
  auto configuration = unbound_configuration(settings);
  if (!configuration) return base::fail(configuration.error());
  auto shared = make_context(*configuration);
  if (!shared) return base::fail(shared.error());
  if (auto status = finish_context(shared->get()); !status.ok()) return base::fail(std::move(status));
  auto worker =
      std::make_shared<Worker>(std::move(settings), std::move(*configuration), std::move(*shared), clock);
  return std::unique_ptr<Validator>(new Validator(std::move(worker), clock));
}

Validator::Validator(std::shared_ptr<Worker> worker, base::Clock& clock)
    : worker_(std::move(worker)), clock_(clock) {}

Validator::~Validator() {
  worker_->stop();
}

asio::awaitable<base::Result<Validation>> Validator::validate(std::string name, net::DnsType type,
                                                              base::Duration timeout,
                                                              Freshness freshness) const {
  const base::MonotonicTime end = clock_.monotonic() + timeout;
  auto found = co_await ask(name, type, timeout, freshness, false);
  if (freshness == Freshness::kCached || !found || found->security == Security::kSecure) co_return found;
  const auto left = std::chrono::ceil<base::Duration>(end - clock_.monotonic());
  if (left.count() <= 0) co_return found;
  co_return co_await ask(std::move(name), type, left, freshness, true);
}

asio::awaitable<base::Result<Validation>> Validator::ask(std::string name, net::DnsType type,
                                                         base::Duration timeout, Freshness freshness,
                                                         bool in_new_context) const {
  const auto normal = net::normal_name(name);
  if (!normal) co_return base::fail(base::invalid_argument(fmt::format("'{}' is not a DNS name", name)));
  const auto executor = co_await asio::this_coro::executor;
  auto job = std::make_shared<ValidationJob>();
  job->executor = executor;
  job->name = *normal;
  job->type = type;
  job->freshness = freshness;
  job->in_new_context = in_new_context;
  const auto when = clock_.monotonic() + timeout;

  // Named: g++ 12.2 frees the captures of a lambda twice that is a temporary inside a co_await expression.
  auto initiate = [this, job, executor, when, timeout](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    // The deadline's timer ends on the executor too: it is of the executor's making and must not outlive it.
    job->done = [shared, executor](base::Result<Validation> result,
                                   std::unique_ptr<base::Clock::Timer> deadline) {
      asio::post(executor, [shared, result = std::move(result), deadline = std::move(deadline)]() mutable {
        deadline.reset();
        std::move (*shared)(std::move(result));
      });
    };
    auto worker = worker_;
    // finish() is posted: called here it could destroy this very handler.
    const auto end_with = [executor, worker, weak = std::weak_ptr(job)](base::Status status) {
      asio::post(executor, [worker, weak, status = std::move(status)] {
        const auto locked = weak.lock();
        if (locked && locked->finish(base::fail(status))) worker->abandon();
      });
    };
    auto slot = asio::get_associated_cancellation_slot(*shared);
    if (slot.is_connected()) {
      slot.assign(
          [end_with](asio::cancellation_type) { end_with(base::cancelled("the validation was cancelled")); });
    }
    auto timer = clock_.at(when, executor, [end_with, name = job->name, timeout] {
      end_with(base::deadline_exceeded(
          fmt::format("{} was not validated within {}; its servers may be slow or unreachable", name,
                      base::to_string(timeout))));
    });
    {
      const std::lock_guard lock(job->mutex);
      job->deadline = std::move(timer);
    }
    if (auto status = worker->submit(job); !status.ok()) job->finish(base::fail(std::move(status)));
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(base::Result<Validation>)>(
      std::move(initiate), asio::use_awaitable);
}

asio::awaitable<base::Result<DomainSecurity>> Validator::domain_security(std::string domain,
                                                                         base::Duration timeout,
                                                                         Freshness freshness) const {
  auto found = co_await validate(domain, net::DnsType::kSoa, timeout, freshness);
  if (!found) co_return base::fail(found.error());
  DomainSecurity result;
  result.security = found->security;
  result.exists = found->rcode == net::DnsRcode::kNoError;
  result.is_apex = found->exists && found->canonical_name == net::normal_name(domain);
  switch (found->security) {
    case Security::kBogus:
      result.sentence = fmt::format(
          "DNSSEC of {} is broken ({}); compare the DS record at the registrar with the zone's DNSKEY, and "
          "look whether "
          "the signatures have expired",
          domain, found->why);
      break;
    case Security::kIndeterminate:
      result.sentence =
          fmt::format("whether {} is signed could not be found out: {}; check that its servers answer",
                      domain, found->why);
      break;
    case Security::kInsecure:
      result.sentence = result.exists
                            ? fmt::format(
                                  "{} is not signed, or its parent has no DS record for it; switch DNSSEC on "
                                  "at the DNS provider "
                                  "and enter the DS record at the registrar",
                                  domain)
                            : fmt::format("{} does not exist; check its spelling and its delegation", domain);
      break;
    case Security::kSecure:
      if (!result.exists) {
        result.sentence = fmt::format("{} does not exist; check its spelling and its delegation", domain);
      } else if (result.is_apex) {
        result.sentence = fmt::format("{} is signed and validates from the root", domain);
      } else {
        result.sentence =
            fmt::format("{} is a part of a zone that is signed and validates from the root", domain);
      }
      break;
  }
  co_return result;
}

}  // namespace paynamed::names
