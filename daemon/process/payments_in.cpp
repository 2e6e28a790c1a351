#include "process/payments_in.hpp"

#include <algorithm>
#include <utility>

namespace paynamed::process {
namespace asio = boost::asio;

PaymentsIn::PaymentsIn(asio::io_context& io, payments::Services services)
    : services_(std::move(services)),
      watcher_(io, services_),
      descriptions_(services_),
      invoices_(services_, descriptions_,
                [this](std::string_view instance, std::string_view reference) {
                  return read_state(instance, reference);
                }),
      orders_(services_, descriptions_),
      order_ends_(services_, [this](std::string_view instance,
                                    std::string_view reference) { return read_state(instance, reference); }),
      parts_(io, services_.clock) {}

void PaymentsIn::start() {
  watcher_.start();
  parts_.start(invoices_.run());
  parts_.start(invoices_.run_expiry());
  parts_.start(orders_.run());
  parts_.start(order_ends_.run_expiry());
  parts_.start(order_ends_.run_disabling());
}

void PaymentsIn::refresh() {
  watcher_.refresh();
  descriptions_.forget();
}

asio::awaitable<bool> PaymentsIn::stop(base::Duration most) {
  const base::MonotonicTime end = services_.clock.monotonic() + most;
  // Both are told to stop before one is waited for.
  const bool ended = co_await parts_.stop(base::Duration{0});
  if (!co_await watcher_.stop(most)) co_return false;
  const auto left = std::chrono::ceil<base::Duration>(end - services_.clock.monotonic());
  co_return ended || co_await parts_.stop(std::max(left, base::Duration{0}));
}

payments::ReadState PaymentsIn::read_state(std::string_view instance, std::string_view reference) const {
  // The default node has a name of its own with some backends.
  const std::string_view at = watcher_.knows(instance, reference) ? reference : std::string_view{};
  // A node that is not there now, as when its instance failed, will be read later.
  if (!watcher_.knows(instance, at)) return {true, std::nullopt};
  return {watcher_.watches(instance, at), watcher_.read_until(instance, at)};
}

api::Payments PaymentsIn::for_api() {
  api::Payments payments;
  payments.payments = &services_.payments;
  payments.invoices = &services_.invoices;
  payments.make_invoice = [this](state::NewInvoice wish, std::string correlation_id) {
    return invoices_.make(std::move(wish), std::move(correlation_id));
  };
  payments.orders = &services_.orders;
  payments.make_order = [this](state::NewOrder wish, std::string correlation_id) {
    return orders_.make(std::move(wish), std::move(correlation_id));
  };
  return payments;
}

}  // namespace paynamed::process
