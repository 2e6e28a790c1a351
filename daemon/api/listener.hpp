// Listener: takes TCP connections until it is stopped. An accept() that fails - no file descriptor is left,
// the network is in trouble - is said once and tried again; RESTinio's own acceptor would end for good.
//
// Threads: every function may be called from any thread.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "observe/log.hpp"

namespace paynamed::api {

class Listener : public std::enable_shared_from_this<Listener> {
 public:
  // Owns the connection from then on. Called by one thread at a time; must not throw.
  using Take = std::function<void(boost::asio::ip::tcp::socket)>;

  // Listens from now on; throws boost::system::system_error when the address cannot be taken. The clock
  // outlives the io_context.
  static std::shared_ptr<Listener> open(boost::asio::io_context& context, base::Clock& clock,
                                        observe::Log log, const boost::asio::ip::tcp::endpoint& at,
                                        Take take);

  // With the port that the system chose.
  const boost::asio::ip::tcp::endpoint& endpoint() const { return endpoint_; }
  // From now on connections are refused; one that is being taken may still come.
  void stop();

 private:
  using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;

  Listener(boost::asio::io_context& context, base::Clock& clock, observe::Log log, Take take);
  void accept();
  void accepted(const boost::system::error_code& error, boost::asio::ip::tcp::socket socket);

  boost::asio::io_context& context_;
  base::Clock& clock_;
  const observe::Log log_;
  const Take take_;
  Strand strand_;
  boost::asio::ip::tcp::acceptor acceptor_;  // on strand_, once it listens
  boost::asio::ip::tcp::endpoint endpoint_;
  std::unique_ptr<base::Clock::Timer> again_;  // on strand_
  bool failing_ = false;                       // on strand_
  std::atomic<bool> stopped_{false};
};

}  // namespace paynamed::api
