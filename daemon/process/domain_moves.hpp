// DomainMoves: the moves of domains at work in the daemon.
//
// Threads: start() and stop() once each, one after the other; the mover's functions as Mover says.
#pragma once

#include <atomic>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include "api/dependencies.hpp"
#include "moves/mover.hpp"

namespace paynamed::process {

class DomainMoves {
 public:
  DomainMoves(boost::asio::io_context& io, base::Clock& clock, moves::Services services);

  void start();
  // False when it did not come to its end within `most`; what it left is taken up at the next start.
  boost::asio::awaitable<bool> stop(base::Duration most);

  api::Moves for_api();

 private:
  boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  base::Clock& clock_;
  moves::Mover mover_;
  boost::asio::cancellation_signal stop_;
  std::atomic<bool> running_{false};
  base::Broadcast ended_;
};

}  // namespace paynamed::process
