// Retirement: disables offers whose time as a retired offer is over.
//
// Threads: run() is one coroutine; stop it by cancelling it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>

#include "base/random.hpp"
#include "pipeline/actions/services.hpp"

namespace paynamed::pipeline {

class Retirement {
 public:
  // `page`: how many offers are read at once.
  Retirement(Services services, base::Random& random,
             std::function<void(const state::OfferRow&, const base::Status&)> on_trouble,
             std::uint32_t page = 1'000)
      : services_(std::move(services)), random_(random), on_trouble_(std::move(on_trouble)), page_(page) {}

  // Looks once a minute, until it is cancelled.
  boost::asio::awaitable<void> run();
  // Disables what is due now; how many offers were disabled. An offer whose node cannot be asked stays due.
  boost::asio::awaitable<base::Result<std::size_t>> disable_due();

 private:
  bool stands_in_dns(const state::Store::DueOffer& due) const;
  boost::asio::awaitable<base::Status> disable(const state::Store::DueOffer& due);

  Services services_;
  base::Random& random_;
  std::function<void(const state::OfferRow&, const base::Status&)> on_trouble_;
  std::uint32_t page_;
};

}  // namespace paynamed::pipeline
