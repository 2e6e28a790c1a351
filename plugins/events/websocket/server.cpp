#include "server.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "connection.hpp"
#include "http_answer.hpp"

namespace paynamed::websocket {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::chrono::milliseconds kTick{1'000};
constexpr std::chrono::milliseconds kDrainTick{25};
// Of the time to drain: the rest is for the close frames to go back and forth.
constexpr double kSpread = 0.7;
// Few are not kept waiting for what protects from many.
constexpr std::size_t kLeavePerSecond = 1'000;
constexpr std::chrono::milliseconds kLeastSpread{250};
constexpr std::chrono::milliseconds kLeastReturn{1'000};
constexpr int kBacklog = 4'096;

// Strangers must not use up what the state, the plugins and REST need.
Settings within_descriptors(const Host& host, Settings settings) {
  const std::size_t share = share_of_descriptors();
  if (settings.most_connections <= share) return settings;
  host.log(Level::kWarning,
           "max_connections is " + std::to_string(settings.most_connections) + ", but there are " +
               std::to_string(share) +
               " at most, a quarter of the files that the process may open; raise LimitNOFILE= "
               "of the service");
  settings.most_connections = share;
  return settings;
}

std::string told(const boost::system::error_code& error, const Settings& settings) {
  const std::string where = settings.address + ":" + std::to_string(settings.port);
  if (error == asio::error::address_in_use)
    return "The address " + where + " is taken; end what listens there, or change `listen`.";
  return "It cannot listen at " + where + ": " + error.message() + ".";
}

}  // namespace

Server::Server(Host host, Settings settings, MakeThread make_thread)
    : host_(std::move(host)),
      make_thread_(std::move(make_thread)),
      shared_(std::make_shared<Worker::Shared>(host_, within_descriptors(host_, settings))) {
  if (settings.tls()) tls_.emplace(host_, settings.certificate, settings.key);
}

Server::~Server() = default;

void Server::start() {
  if (started_) return;
  if (tls_) tls_->context();
  workers_.clear();
  for (std::size_t i = 0; i < shared_->settings.threads; ++i)
    workers_.push_back(std::make_shared<Worker>(shared_, nullptr));
  listen();
  begin_threads();
  started_ = true;
  workers_.front()->post([this] { accept(); });
  tick();
}

void Server::begin_threads() {
  running_ = workers_.size();
  try {
    for (const auto& worker : workers_)
      threads_.push_back(make_thread_([this, worker] { run_worker(*worker); }));
  } catch (const std::system_error& error) {
    for (const auto& worker : workers_) worker->stop();
    threads_.clear();
    acceptor_.reset();
    throw Error(Code::kFailedPrecondition,
                std::string("The system gives it no thread: ") + error.what() +
                    "; choose fewer `threads`, or raise LimitNPROC= of the service.");
  }
}

void Server::listen() {
  const Settings& settings = shared_->settings;
  const tcp::endpoint endpoint(asio::ip::make_address(settings.address), settings.port);
  auto acceptor = std::make_unique<tcp::acceptor>(workers_.front()->io());
  boost::system::error_code error;
  acceptor->open(endpoint.protocol(), error);
  if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor->bind(endpoint, error);
  if (!error) acceptor->listen(kBacklog, error);
  if (error) throw Error(Code::kFailedPrecondition, told(error, settings));
  const tcp::endpoint local = acceptor->local_endpoint(error);
  const std::string host =
      local.address().is_v6() ? "[" + local.address().to_string() + "]" : local.address().to_string();
  address_ = (settings.tls() ? "wss://" : "ws://") + host + ":" + std::to_string(local.port()) + "/v1/events";
  acceptor_ = std::move(acceptor);
}

std::vector<std::string> Server::addresses() const {
  if (!started_ || draining_) return {};
  return {address_};
}

void Server::run_worker(Worker& worker) {
  worker.run();
  if (--running_ > 0) return;
  const auto then = std::exchange(stopped_, nullptr);
  if (then) then();
}

// In turn: connections live long, so that makes them even.
void Server::accept() {
  if (!acceptor_) return;
  const std::size_t turn = turn_++ % workers_.size();
  acceptor_->async_accept(workers_[turn]->io(),
                          [this, turn](boost::system::error_code error, tcp::socket socket) {
                            if (error == asio::error::operation_aborted || !acceptor_) return;
                            if (!error) accepted(std::move(socket), turn);
                            // Out of files: those who leave make room.
                            if (error)
                              return host_.after(std::chrono::milliseconds(100), [weak = weak_from_this()] {
                                const auto self = weak.lock();
                                if (self && !self->stopping_)
                                  self->workers_.front()->post([server = self.get()] { server->accept(); });
                              });
                            accept();
                          });
}

void Server::accepted(tcp::socket socket, std::size_t turn) {
  boost::system::error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return;
  std::string address = peer.address().to_string();
  std::string place = network_of(address);
  const auto answer = shared_->places.enter(place);
  if (answer != Places::Answer::kFits) {
    host_.count("connections_refused_total", 1, {{"why", answer == Places::Answer::kFull ? "full" : "peer"}});
    if (!tls_) {
      // What fits into an empty socket buffer; who does not get it finds the connection closed.
      socket.non_blocking(true, error);
      socket.write_some(
          asio::buffer(answer == Places::Answer::kFull
                           ? http_answer(503, "there are as many connections as there may be", 5'000)
                           : http_answer(429, "your address has as many connections as it may have", 5'000)),
          error);
    }
    return;
  }
  std::shared_ptr<asio::ssl::context> context;
  if (tls_) context = tls_->context();
  const auto& worker = workers_[turn];
  worker->post([worker = worker.get(), socket = std::move(socket), address = std::move(address),
                place = std::move(place), context]() mutable {
    serve(*worker, std::move(socket), std::move(address), std::move(place), context);
  });
}

void Server::close_acceptor() {
  workers_.front()->post([this] {
    if (!acceptor_) return;
    boost::system::error_code ignored;
    acceptor_->close(ignored);
    acceptor_.reset();
  });
}

void Server::tick() {
  if (stopping_) return;
  const auto now = host_.monotonic();
  const auto wall = host_.wall().time_since_epoch();
  for (const auto& worker : workers_)
    worker->post([worker = worker.get(), now, wall] { worker->tick(now, wall); });
  host_.gauge("connections", static_cast<double>(connections()));
  host_.gauge("subscriptions", static_cast<double>(subscriptions()));
  if (draining_ && (connections() == 0 || now >= drain_end_)) drained();
  host_.after(draining_ && !when_drained_.empty() ? kDrainTick : kTick, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->tick();
  });
}

void Server::drain(std::chrono::milliseconds within, std::function<void(std::uint64_t)> then) {
  if (!started_ || stopping_) return then(0);
  when_drained_.push_back(std::move(then));
  if (draining_) return;
  draining_ = true;
  close_acceptor();
  const auto now = host_.monotonic();
  drain_end_ = now + within;
  const auto enough = std::chrono::milliseconds(connections() * 1'000 / kLeavePerSecond);
  const auto most =
      std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(within.count()) * kSpread));
  const auto spread = std::min(std::max(enough, kLeastSpread), most);
  const auto return_spread = std::min(std::max(enough, kLeastReturn), shared_->settings.reconnect_spread);
  for (const auto& worker : workers_)
    worker->post(
        [worker = worker.get(), now, spread, return_spread] { worker->drain(now, spread, return_spread); });
  // Sooner than the tick that waits already.
  host_.after(kDrainTick, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->tick();
  });
}

void Server::drained() {
  const std::uint64_t cut = connections();
  for (const auto& worker : workers_) worker->post([worker = worker.get()] { worker->cut_all(); });
  for (const auto& then : std::exchange(when_drained_, {})) then(cut);
}

void Server::stop(std::function<void()> then) {
  stopping_ = true;
  shared_->followers->stop();
  for (const auto& waiting : std::exchange(when_drained_, {})) waiting(connections());
  if (!started_) return then();
  stopped_ = std::move(then);
  close_acceptor();
  for (const auto& worker : workers_) worker->stop();
}

std::size_t Server::connections() const {
  return started_ ? shared_->places.total() : 0;
}

std::size_t Server::subscriptions() const {
  std::size_t sum = 0;
  for (const auto& worker : workers_) sum += worker->subscriptions();
  return sum;
}

}  // namespace paynamed::websocket
