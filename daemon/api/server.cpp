#include "api/server.hpp"

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <charconv>

#include "api/in_flight.hpp"
#include "api/problem.hpp"
#include "api/restinio.hpp"

namespace paynamed::api {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kHardLimitFactor = 4;
// For the last answers to reach their sockets after everything was decided.
constexpr base::Duration kFlushTime{1'000};

// Counts connections and refuses what is too much: without a bound a caller could use up all file
// descriptors, and RESTinio's acceptor ends for good at the first accept() that fails.
class ConnectionCount {
 public:
  explicit ConnectionCount(std::uint32_t most) : most_(most) {}

  // RESTinio's connection_state_listener_t.
  void state_changed(const restinio::connection_state::notice_t& notice) noexcept {
    const auto cause = notice.cause();
    if (restinio::holds_alternative<restinio::connection_state::accepted_t>(cause)) ++open_;
    if (restinio::holds_alternative<restinio::connection_state::closed_t>(cause)) --open_;
  }
  // RESTinio's ip_blocker_t.
  restinio::ip_blocker::inspection_result_t inspect(const restinio::ip_blocker::incoming_info_t&) noexcept {
    return open_ < static_cast<std::int64_t>(most_) ? restinio::ip_blocker::allow()
                                                    : restinio::ip_blocker::deny();
  }

 private:
  const std::uint32_t most_;
  std::atomic<std::int64_t> open_{0};
};

struct Traits : restinio::traits_t<restinio::asio_timer_manager_t, restinio::null_logger_t> {
  using connection_state_listener_t = ConnectionCount;
  using ip_blocker_t = ConnectionCount;
};

// What connections share. They keep it alive, also after the Server is gone.
class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(asio::io_context& context, const Settings& settings, Dependencies dependencies)
      : executor_(context.get_executor()),
        in_flight_(dependencies.clock),
        service_(std::move(dependencies), settings.limits, settings.rate) {}

  void take(const restinio::request_handle_t& handle) {
    auto pending = std::make_shared<Pending>();
    read(*handle, pending->request);
    pending->send = [core = shared_from_this(), handle, key = pending.get()](Response response) {
      core->write(handle, std::move(response), key);
    };
    if (in_flight_.stopping()) {
      // An idle connection came to life. The daemon's other parts may be on their way out: ask none of them.
      const auto send = std::exchange(pending->send, nullptr);
      send(stopping_response(pending->request));
      return;
    }
    pending->progress = service_.begin(pending->request);
    const bool taken = in_flight_.add(pending);
    if (pending->progress.response) {
      Response response = std::move(*pending->progress.response);
      answer(pending, std::move(response));
    } else if (!taken) {
      answer(pending, stopping_response(pending->request));
    } else {
      asio::co_spawn(executor_, wait(shared_from_this(), std::move(pending)), asio::detached);
    }
  }

  void answer(const std::shared_ptr<Pending>& pending, Response response) {
    if (!pending->claim()) return;
    service_.finish(pending->request, pending->progress, response);
    const auto send = std::exchange(pending->send, nullptr);
    send(std::move(response));
  }

  asio::awaitable<bool> stop(base::Duration deadline) {
    in_flight_.begin_stop();
    for (const auto& pending : in_flight_.all()) {
      if (auto early = pending->request.take_early_answer()) answer(pending, std::move(*early));
    }
    const bool clean = co_await in_flight_.drained(deadline);
    if (!clean) {
      for (const auto& pending : in_flight_.all()) answer(pending, stopping_response(pending->request));
      co_await in_flight_.drained(kFlushTime);
    }
    co_return clean;
  }

 private:
  static asio::awaitable<void> wait(std::shared_ptr<Core> core, std::shared_ptr<Pending> pending) {
    Response response = co_await core->service_.wait(pending->request, pending->progress);
    core->answer(pending, std::move(response));
  }

  static Response stopping_response(const Request& request) {
    return problem(request, base::unavailable("the daemon stops; try again when it is back"));
  }

  static void read(const restinio::request_t& from, Request& to) {
    const auto& header = from.header();
    to.method = header.method().c_str();
    const std::string& target = header.request_target();
    const std::size_t mark = std::min(target.find('?'), target.size());
    to.path = target.substr(0, mark);
    to.query = target.substr(std::min(mark + 1, target.size()));
    header.for_each_field([&to](const auto& field) { to.headers.add(field.name(), field.value()); });
    to.body = from.body();
    to.peer = from.remote_endpoint().address();
  }

  void write(const restinio::request_handle_t& handle, Response response, const Pending* key) {
    restinio::http_status_line_t line{
        restinio::http_status_code_t{static_cast<std::uint16_t>(response.status)},
        std::string{reason_phrase(response.status)}};
    auto builder = handle->create_response(std::move(line));
    for (const auto& [name, value] : response.headers.fields()) builder.append_header(name, value);
    builder.append_header_date_field();
    // After 413 and 431 more of the same may follow, and a stopping daemon wants no more requests.
    if (in_flight_.stopping() || response.status == 413 || response.status == 431) builder.connection_close();
    builder.set_body(std::move(response.body));
    builder.done([core = shared_from_this(), key](const auto&) { core->in_flight_.remove(key); });
  }

  asio::any_io_executor executor_;
  InFlight in_flight_;
  Service service_;
};

struct ListenAddress {
  asio::ip::address address;
  std::uint16_t port = 0;
};

base::Result<ListenAddress> parse_listen(const std::string& text) {
  const auto bad = [&text] {
    return base::fail(base::invalid_argument(
        "'" + text + "' is no address to listen on; write an IP address and a port, as in 127.0.0.1:8080"));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return bad();
  std::string host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  ListenAddress out;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, out.port);
  if (error != std::errc{} || stop != end) return bad();
  boost::system::error_code failure;
  out.address = asio::ip::make_address(host, failure);
  if (failure || out.address.is_v6() != bracketed) return bad();
  return out;
}

}  // namespace

class Server::Implementation {
 public:
  Implementation(asio::io_context& context, const Settings& settings, const ListenAddress& listen,
                 Dependencies dependencies)
      : core_(std::make_shared<Core>(context, settings, std::move(dependencies))),
        server_(restinio::external_io_context(context), server_settings(settings, listen)) {}

  void open() { server_.open_sync(); }

  asio::awaitable<bool> stop(base::Duration deadline) {
    // Ends the pending accept() and every later one. Asio's close() would race with an accept that another
    // thread just starts.
    ::shutdown(listener_, SHUT_RDWR);
    const bool clean = co_await core_->stop(deadline);
    server_.close_sync();
    co_return clean;
  }

  const asio::ip::tcp::endpoint& endpoint() const { return endpoint_; }

 private:
  restinio::server_settings_t<Traits> server_settings(const Settings& settings, const ListenAddress& listen) {
    const auto count = std::make_shared<ConnectionCount>(settings.max_connections);
    const Limits& limits = settings.limits;
    restinio::server_settings_t<Traits> out;
    out.address(restinio::asio_ns::ip::address{listen.address})
        .port(listen.port)
        .protocol(listen.address.is_v6() ? asio::ip::tcp::v6() : asio::ip::tcp::v4())
        .connection_state_listener(count)
        .ip_blocker(count)
        .read_next_http_message_timelimit(settings.read_timeout)
        .handle_request_timeout(settings.handle_timeout)
        .write_http_response_timelimit(settings.write_timeout)
        .max_pipelined_requests(1)
        .incoming_http_msg_limits(restinio::incoming_http_msg_limits_t{}
                                      .max_url_size(kHardLimitFactor * limits.target_bytes)
                                      .max_field_name_size(kHardLimitFactor * limits.header_name_bytes)
                                      .max_field_value_size(kHardLimitFactor * limits.header_value_bytes)
                                      .max_field_count(kHardLimitFactor * limits.header_count)
                                      .max_body_size(kHardLimitFactor * limits.body_bytes))
        .acceptor_options_setter([](restinio::acceptor_options_t& options) {
          options.set_option(asio::socket_base::reuse_address(true));
        })
        .socket_options_setter(
            [](restinio::socket_options_t& options) { options.set_option(asio::ip::tcp::no_delay(true)); })
        .acceptor_post_bind_hook([this](asio::ip::tcp::acceptor& acceptor) {
          endpoint_ = acceptor.local_endpoint();
          listener_ = acceptor.native_handle();
        })
        .request_handler([core = core_](const restinio::request_handle_t& handle) {
          core->take(handle);
          return restinio::request_accepted();
        });
    return out;
  }

  std::shared_ptr<Core> core_;
  asio::ip::tcp::endpoint endpoint_;
  int listener_ = -1;
  restinio::http_server_t<Traits> server_;
};

base::Result<std::unique_ptr<Server>> Server::start(asio::io_context& context, Settings settings,
                                                    Dependencies dependencies) {
  auto listen = parse_listen(settings.listen);
  if (!listen) return base::fail(listen.error());
  try {
    auto implementation =
        std::make_shared<Implementation>(context, settings, *listen, std::move(dependencies));
    implementation->open();
    return std::unique_ptr<Server>{new Server{std::move(implementation)}};
  } catch (const std::exception& error) {
    return base::fail(base::unavailable(
        "the API cannot listen on " + settings.listen + "; choose another address or end what uses it",
        error.what()));
  }
}

Server::Server(std::shared_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
Server::~Server() = default;

std::uint16_t Server::port() const {
  return implementation_->endpoint().port();
}

std::string Server::address() const {
  const auto endpoint = implementation_->endpoint();
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

asio::awaitable<bool> Server::stop(base::Duration deadline) {
  return implementation_->stop(deadline);
}

}  // namespace paynamed::api
