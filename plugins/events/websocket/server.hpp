// Server: listens, hands connections to workers in turn, drains them.
//
// Threads: every function on the strand of the instance.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tls.hpp"
#include "worker.hpp"

namespace paynamed::websocket {

class Server : public std::enable_shared_from_this<Server> {
 public:
  // Makes a thread, or throws std::system_error.
  using MakeThread = std::function<std::jthread(std::function<void()> run)>;
  Server(
      Host host, Settings settings,
      MakeThread make_thread = [](std::function<void()> run) { return std::jthread(std::move(run)); });
  // stop() was done, or start() never was.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens from here on. Throws Error (FAILED_PRECONDITION) with the reason; may then be tried again.
  void start();
  bool started() const { return started_; }
  // "ws://127.0.0.1:8081/v1/events"; empty while it does not listen.
  std::vector<std::string> addresses() const;

  // No new connections; those that are there are asked to leave within `within`. `then` gets the number of
  // those that were cut, once.
  void drain(std::chrono::milliseconds within, std::function<void(std::uint64_t cut)> then);
  // Cuts everybody and ends the threads; `then` may come from one of them, when it is the last.
  void stop(std::function<void()> then);

  std::size_t connections() const;
  std::size_t subscriptions() const;
  bool draining() const { return draining_; }

 private:
  void listen();
  void begin_threads();
  void accept();
  void accepted(boost::asio::ip::tcp::socket socket, std::size_t worker);
  void run_worker(Worker& worker);
  void close_acceptor();
  void tick();
  void drained();

  const Host host_;
  const MakeThread make_thread_;
  std::shared_ptr<Worker::Shared> shared_;
  std::optional<Tls> tls_;  // of the first worker's thread, but for start()
  std::vector<std::shared_ptr<Worker>> workers_;
  std::unique_ptr<boost::asio::ip::tcp::acceptor> acceptor_;  // of the first worker's thread once started
  std::string address_;
  bool started_ = false;
  std::atomic<bool> draining_{false};
  bool stopping_ = false;
  std::chrono::nanoseconds drain_end_{};
  std::vector<std::function<void(std::uint64_t)>> when_drained_;
  std::atomic<std::size_t> running_{0};
  std::atomic<std::size_t> turn_{0};
  std::function<void()> stopped_;
  std::vector<std::jthread> threads_;
};

}  // namespace paynamed::websocket
