// The only file of the daemon's library that knows Beast: it costs much to compile.
#include "net/https_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "net/host_lookup.hpp"
#include "net/http_url.hpp"
#include "net/idle_connections.hpp"
#include "net/origin_places.hpp"

namespace paynamed::net {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using base::Result;
using boost::system::error_code;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
// What a server may say before its answer (RFC 9110 section 15.2).
constexpr int kMostInterim = 8;

using Message = http::request<http::string_body>;

// A request on its way, and what the exchange needs to know of it.
struct Going {
  Message message;
  std::size_t most_body_bytes = 0;
  std::size_t most_header_bytes = 0;
  bool has_no_body = false;  // the answer, as that to HEAD
};

// How an exchange on one connection ended.
struct Exchanged {
  Result<HttpResponse> result = base::fail(base::unknown(""));
  bool sent = false;        // a byte may have left
  bool unanswered = false;  // the server hung up without a byte
  bool keeps = false;       // the connection can be used again
};

std::string_view text_of(beast::string_view text) {
  return {text.data(), text.size()};
}

Message make_message(const HttpUrl& url, HttpRequest& request) {
  Message message;
  message.version(11);
  message.method_string(beast::string_view{request.method.data(), request.method.size()});
  message.target(url.target());
  message.set(http::field::host, url.authority());
  message.set(http::field::user_agent, "paynamed");
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.body() = std::move(request.body);
  message.prepare_payload();
  return message;
}

HttpResponse to_response(http::response<http::string_body>& message) {
  HttpResponse response;
  response.status = message.result_int();
  for (const auto& field : message) {
    std::string& value = response.headers[lower_case(text_of(field.name_string()))];
    if (!value.empty()) value += ", ";
    value += text_of(field.value());
  }
  response.body = std::move(message.body());
  return response;
}

base::Status explain_answer(const TlsConnection& connection, const Going& going, error_code error) {
  const std::string& who = connection.peer().shown;
  if (error == http::error::body_limit) {
    return base::out_of_range(fmt::format("the answer of {} is larger than {} bytes and was not taken", who,
                                          going.most_body_bytes));
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return base::out_of_range(fmt::format("the headers of the answer of {} are larger than {} bytes", who,
                                          going.most_header_bytes));
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message) {
    error = asio::error::eof;
  }
  if (error.category() == make_error_code(http::error::bad_version).category()) {
    return base::data_loss(fmt::format("the answer of {} is not HTTP/1.1 ({})", who, error.message()));
  }
  return connection.explain(TlsConnection::Phase::kReceive, error);
}

bool hung_up(error_code error) {
  return TlsConnection::is_closed(error) || error == http::error::end_of_stream ||
         error == http::error::partial_message;
}

template <class Stream>
asio::awaitable<Exchanged> exchange_on(Stream& stream, TlsConnection& connection, Going& going) {
  Exchanged out;
  out.sent = true;
  const auto [not_sent, sent] = co_await http::async_write(stream, going.message, kAsTuple);
  if (not_sent) {
    // It may have answered before it closed, but an answer to half a request is worth nothing.
    out.unanswered = hung_up(not_sent);
    out.result = base::fail(connection.explain(TlsConnection::Phase::kSend, not_sent));
    co_return out;
  }
  // Bounds what a chunk's extensions and trailers may take, which the parser does not count.
  beast::flat_buffer buffer{going.most_header_bytes * 2};
  std::optional<http::response_parser<http::string_body>> parser;
  for (int interim = 0; interim < kMostInterim; ++interim) {
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(going.most_header_bytes));
    parser->body_limit(going.most_body_bytes);
    parser->skip(going.has_no_body);
    const auto [failed, got] = co_await http::async_read(stream, buffer, *parser, kAsTuple);
    if (failed) {
      out.unanswered = interim == 0 && !parser->got_some() && hung_up(failed);
      out.result = base::fail(explain_answer(connection, going, failed));
      co_return out;
    }
    const unsigned status = parser->get().result_int();
    if (status >= 200 || status == 101) break;
  }
  if (parser->get().result_int() < 200) {
    out.result = base::fail(
        base::data_loss(fmt::format("{} gave no answer, only interim ones", connection.peer().shown)));
    co_return out;
  }
  out.keeps = parser->get().keep_alive() && buffer.size() == 0;
  out.result = to_response(parser->get());
  co_return out;
}

// On the connection's strand.
asio::awaitable<Exchanged> exchange(std::shared_ptr<TlsConnection> connection, std::shared_ptr<Going> going,
                                    std::optional<std::vector<asio::ip::tcp::endpoint>> open_at,
                                    base::MonotonicTime end, base::Duration timeout) {
  co_await asio::this_coro::throw_if_cancelled(false);
  connection->end_at(end, timeout);
  Exchanged out;
  base::Status opened;
  if (open_at) opened = co_await connection->open(std::move(*open_at));
  if (!opened.ok()) {
    out.result = base::fail(std::move(opened));
  } else if (connection->peer().tls) {
    out = co_await exchange_on(connection->tls(), *connection, *going);
  } else {
    out = co_await exchange_on(connection->plain(), *connection, *going);
  }
  const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
  if (!out.result && cancelled != asio::cancellation_type::none) {
    out.result =
        base::fail(base::cancelled(fmt::format("the request to {} was cancelled", connection->peer().shown)));
    out.unanswered = false;
  }
  connection->rest();
  if (!out.result || !out.keeps) connection->close();
  co_return out;
}

}  // namespace

class HttpsClient::State {
 public:
  State(asio::any_io_executor executor_of_all, base::Clock& the_clock, HttpsClientSettings all)
      : executor(std::move(executor_of_all)),
        clock(the_clock),
        settings(std::move(all)),
        lookup(clock, settings.most_lookups),
        idle(std::make_shared<IdleConnections>(
            executor, clock,
            IdleConnections::Limits{settings.idle_per_origin, settings.idle_total, settings.idle_time})),
        places(executor, clock, settings.most_per_origin) {}

  // What does not depend on the network.
  Result<HttpUrl> check(const HttpRequest& request) const;
  asio::awaitable<HttpOutcome> run(HttpUrl url, HttpRequest request, base::Duration timeout);

  const asio::any_io_executor executor;
  base::Clock& clock;
  const HttpsClientSettings settings;
  HostLookup lookup;
  const std::shared_ptr<IdleConnections> idle;
  OriginPlaces places;
  std::atomic<std::size_t> open{0};
  // Shared with the connections, which may outlive the client.
  const std::shared_ptr<std::atomic<std::size_t>> connections{new std::atomic<std::size_t>{0}};

 private:
  asio::awaitable<Result<std::vector<asio::ip::tcp::endpoint>>> find(HttpUrl url,
                                                                     std::optional<asio::ip::address> address,
                                                                     bool plain_anywhere,
                                                                     base::MonotonicTime end);
  std::shared_ptr<TlsConnection> make_connection(std::shared_ptr<const TlsPolicy> policy, TlsPeer peer);
};

Result<HttpUrl> HttpsClient::State::check(const HttpRequest& request) const {
  auto url = parse_http_url(request.url);
  if (!url) return base::fail(url.error());
  if (auto status = check_request(request); !status.ok()) return base::fail(std::move(status));
  if (url->tls) return url;
  if (!request.allow_plain && (!settings.loopback_http || !url->is_loopback())) {
    return base::fail(base::invalid_argument(
        fmt::format("'{}' would be sent unprotected; write it with https://", request.url)));
  }
  return url;
}

asio::awaitable<Result<std::vector<asio::ip::tcp::endpoint>>> HttpsClient::State::find(
    HttpUrl url, std::optional<asio::ip::address> address, bool plain_anywhere, base::MonotonicTime end) {
  std::vector<asio::ip::tcp::endpoint> endpoints;
  if (address) {
    endpoints.emplace_back(*address, url.port);
    co_return endpoints;
  }
  const auto left = std::chrono::ceil<base::Duration>(end - clock.monotonic());
  auto found = co_await lookup.find(url.host, std::max(left, base::Duration{0}));
  if (!found) co_return base::fail(found.error());
  for (const auto& each : *found) {
    if (url.tls || plain_anywhere || each.is_loopback()) endpoints.emplace_back(each, url.port);
  }
  co_return endpoints;
}

std::shared_ptr<TlsConnection> HttpsClient::State::make_connection(std::shared_ptr<const TlsPolicy> policy,
                                                                   TlsPeer peer) {
  auto connection =
      std::make_unique<TlsConnection>(clock, asio::make_strand(executor), std::move(policy), std::move(peer));
  connections->fetch_add(1);
  return {connection.release(), [count = connections](TlsConnection* ended) {
            delete ended;
            count->fetch_sub(1);
          }};
}

asio::awaitable<HttpOutcome> HttpsClient::State::run(HttpUrl url, HttpRequest request,
                                                     base::Duration timeout) {
  const base::MonotonicTime end = clock.monotonic() + timeout;
  const std::string server = fmt::format("{}://{}:{}", url.tls, url.host, url.port);
  const std::string place = request.address ? request.address->to_string() : std::string{};
  const auto policy = request.policy ? request.policy : settings.policy;
  const std::string origin =
      fmt::format("{} {} {}", server, place, static_cast<const void*>(url.tls ? policy.get() : nullptr));
  const bool repeat = may_be_repeated(request);
  const bool plain_anywhere = request.allow_plain;
  const auto address = request.address;
  auto going = std::make_shared<Going>();
  going->most_body_bytes = request.most_body_bytes;
  going->most_header_bytes = settings.most_header_bytes;
  going->has_no_body = request.method == "HEAD";
  going->message = make_message(url, request);

  const auto in_turn = co_await places.take(server, request.background, end);
  if (!in_turn) co_return HttpOutcome(base::fail(in_turn.error()), false);
  // Once something may have reached the server, what fails later does not change that.
  bool sent = false;
  while (auto kept = idle->take(origin)) {
    auto on_kept = exchange(kept, going, std::nullopt, end, timeout);
    Exchanged out = co_await asio::co_spawn(kept->strand(), std::move(on_kept), asio::use_awaitable);
    sent = sent || out.sent;
    if (out.result && out.keeps) idle->put(origin, std::move(kept));
    if (!out.unanswered || !repeat) co_return HttpOutcome(std::move(out.result), sent);
  }

  auto endpoints = co_await find(url, address, plain_anywhere, end);
  if (!endpoints) co_return HttpOutcome(base::fail(endpoints.error()), sent);
  std::string shown = fmt::format("{}:{}", url.host, url.port);
  if (address) shown += fmt::format(" ({})", place);
  TlsPeer peer{url.host, std::move(shown), "http/1.1", url.tls};
  auto connection = make_connection(policy, std::move(peer));
  auto open_at = std::make_optional(*std::move(endpoints));
  auto on_new = exchange(connection, going, std::move(open_at), end, timeout);
  Exchanged out = co_await asio::co_spawn(connection->strand(), std::move(on_new), asio::use_awaitable);
  sent = sent || out.sent;
  if (out.result && out.keeps) idle->put(origin, std::move(connection));
  co_return HttpOutcome(std::move(out.result), sent);
}

HttpsClient::HttpsClient(asio::any_io_executor executor, base::Clock& clock, HttpsClientSettings settings)
    : state_(std::make_shared<State>(std::move(executor), clock, std::move(settings))) {}

HttpsClient::~HttpsClient() {
  end_waits();
}

void HttpsClient::end_waits() const {
  state_->places.end_waits();
}

asio::awaitable<Result<HttpResponse>> HttpsClient::request(HttpRequest request,
                                                           base::Duration timeout) const {
  auto outcome = co_await attempt(std::move(request), timeout);
  co_return std::move(outcome.result);
}

asio::awaitable<HttpOutcome> HttpsClient::attempt(HttpRequest request, base::Duration timeout) const {
  const auto state = state_;
  auto url = state->check(request);
  if (!url) co_return HttpOutcome(base::fail(url.error()), false);
  struct Place {
    State& state;
    const std::size_t before = state.open.fetch_add(1);
    ~Place() { --state.open; }
  };
  const Place place{*state};
  if (place.before >= state->settings.most_open) {
    base::Status full = base::resource_exhausted(
        fmt::format("{} HTTP requests are open already; try again in a moment", place.before));
    co_return HttpOutcome(base::fail(std::move(full)), false);
  }
  auto running = state->run(*std::move(url), std::move(request), timeout);
  co_return co_await std::move(running);
}

std::size_t HttpsClient::idle() const {
  return state_->idle->size();
}

std::size_t HttpsClient::connections() const {
  return state_->connections->load();
}

}  // namespace paynamed::net
