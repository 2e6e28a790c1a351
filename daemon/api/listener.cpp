#include "api/listener.hpp"

#include <sys/socket.h>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace paynamed::api {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Until an accept() that failed is tried again.
constexpr base::Duration kPause{100};

}  // namespace

Listener::Listener(asio::io_context& context, base::Clock& clock, observe::Log log, Take take)
    : context_(context),
      clock_(clock),
      log_(std::move(log)),
      take_(std::move(take)),
      strand_(asio::make_strand(context)),
      acceptor_(strand_) {}

std::shared_ptr<Listener> Listener::open(asio::io_context& context, base::Clock& clock, observe::Log log,
                                         const tcp::endpoint& at, Take take) {
  std::shared_ptr<Listener> listener{new Listener{context, clock, std::move(log), std::move(take)}};
  tcp::acceptor& acceptor = listener->acceptor_;
  acceptor.open(at.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(at);
  acceptor.listen();
  listener->endpoint_ = acceptor.local_endpoint();
  asio::post(listener->strand_, [listener] { listener->accept(); });
  return listener;
}

void Listener::stop() {
  if (stopped_.exchange(true)) return;
  // Asio's close() has to wait for its turn on the strand; the kernel refuses callers at once. The descriptor
  // is ours until the strand has seen that we stopped.
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
  asio::post(strand_, [self = shared_from_this()] {
    self->again_.reset();
    boost::system::error_code ignored;
    self->acceptor_.close(ignored);
  });
}

void Listener::accept() {
  if (stopped_) return;
  acceptor_.async_accept(context_, asio::bind_executor(strand_, [self = shared_from_this()](
                                                                    const auto& error, tcp::socket socket) {
                           self->accepted(error, std::move(socket));
                         }));
}

void Listener::accepted(const boost::system::error_code& error, tcp::socket socket) {
  if (stopped_) return;
  if (!error) {
    if (std::exchange(failing_, false)) log_.info("connections are accepted again");
    take_(std::move(socket));
    return accept();
  }
  if (!std::exchange(failing_, true)) {
    log_.error("a connection cannot be accepted; it is tried again and again", {{"why", error.message()}});
  }
  again_ = clock_.at(clock_.monotonic() + kPause, strand_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->accept();
  });
}

}  // namespace paynamed::api
