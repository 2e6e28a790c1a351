#include "process/domain_moves.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/run_on.hpp"

namespace paynamed::process {
namespace asio = boost::asio;

DomainMoves::DomainMoves(asio::io_context& io, base::Clock& clock, moves::Services services)
    : strand_(asio::make_strand(io)), clock_(clock), mover_({}, std::move(services)), ended_(clock) {}

void DomainMoves::start() {
  running_ = true;
  auto ended = [this](std::exception_ptr) {
    running_ = false;
    ended_.notify();
  };
  asio::co_spawn(strand_, mover_.run(), asio::bind_cancellation_slot(stop_.slot(), std::move(ended)));
}

asio::awaitable<bool> DomainMoves::stop(base::Duration most) {
  // Signals of Asio belong to the strand of what they cancel.
  asio::post(strand_, [this] {
    stop_.emit(asio::cancellation_type::terminal);
    mover_.wake();
  });
  const base::MonotonicTime end = clock_.monotonic() + most;
  for (;;) {
    const auto seen = ended_.count();
    if (!running_) co_return true;
    const auto left = std::chrono::ceil<base::Duration>(end - clock_.monotonic());
    if (left.count() <= 0) co_return false;
    co_await ended_.wait(seen, left);
  }
}

api::Moves DomainMoves::for_api() {
  api::Moves moves;
  // On the strand: questions that are asked side by side must not end beside those that begin.
  moves.plan = [this](moves::MoveRequest request) {
    return base::run_on(strand_, mover_.plan(std::move(request)));
  };
  moves.begin = [this](moves::MoveRequest request) {
    return base::run_on(strand_, mover_.begin(std::move(request)));
  };
  moves.resume = [this](std::string domain) { return mover_.resume(std::move(domain)); };
  moves.undo = [this](std::string domain) { return mover_.undo(std::move(domain)); };
  moves.show = [this](const std::string& domain) { return mover_.show(domain); };
  return moves;
}

}  // namespace paynamed::process
