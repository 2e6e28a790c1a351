#include "api/server.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <charconv>

#include "api/in_flight.hpp"
#include "api/listener.hpp"
#include "api/problem.hpp"
#include "api/restinio.hpp"
#include "api/streamed_body.hpp"

namespace paynamed::api {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kHardLimitFactor = 4;
// For the last answers to reach their sockets after everything was decided.
constexpr base::Duration kFlushTime{1'000};

// Counts connections and knows when they are too many: without a bound a caller could use up all file
// descriptors.
class ConnectionCount {
 public:
  explicit ConnectionCount(std::uint32_t most) : most_(std::min(most, share_of_descriptors())) {}

  // RESTinio's connection_state_listener_t.
  void state_changed(const restinio::connection_state::notice_t& notice) noexcept {
    const auto cause = notice.cause();
    if (restinio::holds_alternative<restinio::connection_state::accepted_t>(cause)) ++open_;
    if (restinio::holds_alternative<restinio::connection_state::closed_t>(cause)) --open_;
  }
  bool full() const noexcept { return open_ >= static_cast<std::int64_t>(most_); }

 private:
  // Half of what the process may have: event servers, state, plugins and name servers need theirs.
  static std::uint32_t share_of_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return UINT32_MAX;
    return static_cast<std::uint32_t>(std::min<rlim_t>(limit.rlim_cur / 2, UINT32_MAX));
  }

  const std::uint32_t most_;
  std::atomic<std::int64_t> open_{0};
};

struct Traits : restinio::traits_t<restinio::asio_timer_manager_t, restinio::null_logger_t> {
  using connection_state_listener_t = ConnectionCount;
};

}  // namespace
}  // namespace paynamed::api

// RESTinio's own count of connections works together with its acceptor, which is not used.
template <>
struct restinio::connection_count_limit_types<paynamed::api::Traits> {
  using limiter_t = connection_count_limits::noop_connection_count_limiter_t;
  struct lifetime_monitor_t {};
};

namespace paynamed::api {
namespace {

// Makes RESTinio's connections. Its http_server_t does the same behind an acceptor that cannot go on after a
// failure.
class Connections {
 public:
  Connections(asio::io_context& context, restinio::server_settings_t<Traits> settings,
              std::shared_ptr<ConnectionCount> count)
      : count_(std::move(count)) {
    auto options_setter = settings.socket_options_setter();
    auto timers = settings.timer_factory()->create(context);
    auto shared = std::make_shared<restinio::impl::connection_settings_t<Traits>>(
        std::move(settings), restinio::impl::create_parser_settings<Traits::http_methods_mapper_t>(),
        std::move(timers));
    factory_ = std::make_unique<restinio::impl::connection_factory_t<Traits>>(std::move(shared),
                                                                              std::move(options_setter));
  }

  // By one thread at a time. A connection that is too much, or broken already, is closed.
  void take(asio::ip::tcp::socket socket) noexcept try {
    if (count_->full()) return;
    const auto peer = socket.remote_endpoint();
    factory_->create_new_connection(std::move(socket), peer, {})->init();
  } catch (const std::exception&) {
    // The caller is gone; there is nobody to tell.
    return;
  }

 private:
  std::shared_ptr<ConnectionCount> count_;
  std::unique_ptr<restinio::impl::connection_factory_t<Traits>> factory_;
};

// What connections share. They keep it alive, also after the Server is gone.
class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(asio::io_context& context, const Settings& settings, Dependencies dependencies)
      : executor_(context.get_executor()),
        clock_(dependencies.clock),
        log_(dependencies.log.area("api")),
        answer_within_(settings.answer_within),
        in_flight_(dependencies.clock),
        service_(std::move(dependencies), settings.limits, settings.rate, settings.streams) {}

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
    if (pending->progress.stream) {
      open_stream(handle, *pending);
      return;
    }
    const bool taken = in_flight_.add(pending);
    if (pending->progress.response) {
      Response response = std::move(*pending->progress.response);
      answer(pending, std::move(response));
    } else if (!taken) {
      answer(pending, stopping_response(pending->request));
    } else {
      pending->late = clock_.at(clock_.monotonic() + answer_within_, executor_,
                                [core = weak_from_this(), late = std::weak_ptr{pending}] {
                                  const auto self = core.lock();
                                  const auto asked = late.lock();
                                  if (self && asked) self->answer(asked, self->late_response(asked->request));
                                });
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
    service_.streams().stop();
    for (const auto& pending : in_flight_.all()) {
      if (auto early = pending->request.take_early_answer()) answer(pending, std::move(*early));
    }
    const bool clean = co_await in_flight_.drained(deadline);
    if (!clean) {
      for (const auto& pending : in_flight_.all()) answer(pending, stopping_response(pending->request));
      co_await in_flight_.drained(kFlushTime);
    }
    co_await service_.streams().drained(kFlushTime);
    co_return clean;
  }

 private:
  static asio::awaitable<void> wait(std::shared_ptr<Core> core, std::shared_ptr<Pending> pending) {
    Response response = co_await core->service_.wait(pending->request, pending->progress);
    core->answer(pending, std::move(response));
  }

  void open_stream(const restinio::request_handle_t& handle, Pending& pending) {
    Service::Progress& progress = pending.progress;
    service_.finish(pending.request, progress, progress.stream->head);
    auto body = std::make_shared<StreamedBody>(chunked_output(handle, progress.stream->head));
    asio::co_spawn(executor_, write_stream(shared_from_this(), std::move(progress), std::move(body)),
                   asio::detached);
  }

  static asio::awaitable<void> write_stream(std::shared_ptr<Core> core, Service::Progress progress,
                                            std::shared_ptr<StreamedBody> body) {
    const std::weak_ptr<OpenStreams::Place> place = progress.place;
    const auto leave = [place] {
      if (const auto left = place.lock()) left->leave();
    };
    progress.place->at_stop([body, leave, words = progress.stream->last_words](std::size_t streams) {
      body->end(words(streams), leave);
    });
    try {
      co_await progress.stream->body(body);
    } catch (const std::exception& error) {
      core->log_.error("a stream of the API failed", {{"why", error.what()}});
    }
    body->end({}, leave);
  }

  // RESTinio tells of each group of writes what came of it, and closes the connection of who does not take
  // one in time.
  static BodyOutput chunked_output(const restinio::request_handle_t& handle, const Response& head) {
    using Builder = restinio::response_builder_t<restinio::chunked_output_t>;
    auto builder =
        std::make_shared<Builder>(handle->create_response<restinio::chunked_output_t>(status_line(head)));
    for (const auto& [name, value] : head.headers.fields()) builder->append_header(name, value);
    builder->append_header_date_field();
    builder->connection_close();
    BodyOutput output;
    output.write = [builder](std::string bytes, BodyOutput::Then then) {
      builder->append_chunk(std::move(bytes));
      builder->flush([then = std::move(then)](const auto& error) { then(!error); });
    };
    output.end = [builder](std::string last, BodyOutput::Then then) {
      builder->append_chunk(std::move(last));
      builder->done([then = std::move(then)](const auto& error) { then(!error); });
    };
    return output;
  }

  static restinio::http_status_line_t status_line(const Response& response) {
    return {restinio::http_status_code_t{static_cast<std::uint16_t>(response.status)},
            std::string{reason_phrase(response.status)}};
  }

  static Response stopping_response(const Request& request) {
    return problem(request, base::unavailable("the daemon stops; try again when it is back"));
  }

  // The work itself goes on: half of it undone helps nobody.
  Response late_response(const Request& request) const {
    return problem(request,
                   base::deadline_exceeded(fmt::format(
                       "this takes longer than {} s; what was begun goes on, so look what came of it "
                       "before you ask again",
                       answer_within_ / std::chrono::seconds{1})));
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
    auto builder = handle->create_response(status_line(response));
    for (const auto& [name, value] : response.headers.fields()) builder.append_header(name, value);
    builder.append_header_date_field();
    // After 413 and 431 more of the same may follow, and a stopping daemon wants no more requests.
    if (in_flight_.stopping() || response.status == 413 || response.status == 431) builder.connection_close();
    builder.set_body(std::move(response.body));
    builder.done([core = shared_from_this(), key](const auto&) { core->in_flight_.remove(key); });
  }

  asio::any_io_executor executor_;
  base::Clock& clock_;
  const observe::Log log_;
  const base::Duration answer_within_;
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
      : clock_(dependencies.clock),
        log_(dependencies.log.area("api")),
        core_(std::make_shared<Core>(context, settings, std::move(dependencies))) {
    auto count = std::make_shared<ConnectionCount>(settings.max_connections);
    auto http = server_settings(settings, count);
    auto connections = std::make_shared<Connections>(context, std::move(http), std::move(count));
    listener_ =
        Listener::open(context, clock_, log_, asio::ip::tcp::endpoint{listen.address, listen.port},
                       [connections](asio::ip::tcp::socket socket) { connections->take(std::move(socket)); });
  }
  ~Implementation() { listener_->stop(); }

  asio::awaitable<bool> stop(base::Duration deadline) {
    listener_->stop();
    co_return co_await core_->stop(deadline);
  }

  const asio::ip::tcp::endpoint& endpoint() const { return listener_->endpoint(); }

 private:
  restinio::server_settings_t<Traits> server_settings(const Settings& settings,
                                                      const std::shared_ptr<ConnectionCount>& count) {
    const Limits& limits = settings.limits;
    restinio::server_settings_t<Traits> out;
    out.connection_state_listener(count)
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
        .socket_options_setter(
            [](restinio::socket_options_t& options) { options.set_option(asio::ip::tcp::no_delay(true)); })
        .request_handler([core = core_](const restinio::request_handle_t& handle) {
          core->take(handle);
          return restinio::request_accepted();
        });
    return out;
  }

  base::Clock& clock_;
  const observe::Log log_;
  std::shared_ptr<Core> core_;
  std::shared_ptr<Listener> listener_;
};

base::Result<std::unique_ptr<Server>> Server::start(asio::io_context& context, Settings settings,
                                                    Dependencies dependencies) {
  auto listen = parse_listen(settings.listen);
  if (!listen) return base::fail(listen.error());
  try {
    auto implementation =
        std::make_shared<Implementation>(context, settings, *listen, std::move(dependencies));
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
