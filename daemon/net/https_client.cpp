#include "net/https_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "base/run_on.hpp"
#include "net/host_lookup.hpp"
#include "net/http_exchange.hpp"
#include "net/http_url.hpp"
#include "net/idle_connections.hpp"
#include "net/origin_places.hpp"

namespace paynamed::net {
namespace asio = boost::asio;
using base::Result;

class HttpsClient::State {
 public:
  State(asio::any_io_executor executor_of_all, base::Clock& the_clock, HttpsClientSettings all)
      : executor(std::move(executor_of_all)),
        clock(the_clock),
        settings(std::move(all)),
        lookup(clock, settings.most_lookups),
        lookup_for_strangers(clock, settings.most_lookups,
                             std::max<std::size_t>(settings.most_lookups / 4, 1)),
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
  // Names that strangers choose may all be silent; those that operators chose do not wait for them.
  HostLookup lookup_for_strangers;
  const std::shared_ptr<IdleConnections> idle;
  OriginPlaces places;
  std::atomic<std::size_t> open{0};
  // Shared with the connections, which may outlive the client.
  const std::shared_ptr<std::atomic<std::size_t>> connections{new std::atomic<std::size_t>{0}};

 private:
  // How a request gets to its server.
  struct Way {
    std::optional<asio::ip::address> address;
    bool plain_anywhere;
    std::shared_ptr<const AddressGuard> guard;
    std::optional<HttpProxy> proxy;
  };
  using Endpoints = Result<std::vector<asio::ip::tcp::endpoint>>;
  asio::awaitable<Endpoints> find(HttpUrl url, Way way, base::MonotonicTime end);
  asio::awaitable<Result<std::vector<asio::ip::address>>> look_up(std::string host, bool guarded,
                                                                  base::MonotonicTime end);
  std::shared_ptr<TlsConnection> make_connection(std::shared_ptr<const TlsPolicy> policy, TlsPeer peer);
};

Result<HttpUrl> HttpsClient::State::check(const HttpRequest& request) const {
  auto url = parse_http_url(request.url);
  if (!url) return base::fail(url.error());
  if (auto status = check_request(request); !status.ok()) return base::fail(std::move(status));
  if (request.guard) {
    if (auto judged = request.guard->check_url(*url); !judged.ok()) return base::fail(std::move(judged));
  }
  if (url->tls) return url;
  if (!request.allow_plain && (!settings.loopback_http || !url->is_loopback())) {
    return base::fail(base::invalid_argument(
        fmt::format("'{}' would be sent unprotected; write it with https://", request.url)));
  }
  return url;
}

asio::awaitable<Result<std::vector<asio::ip::address>>> HttpsClient::State::look_up(std::string host,
                                                                                    bool guarded,
                                                                                    base::MonotonicTime end) {
  const auto left = std::chrono::ceil<base::Duration>(end - clock.monotonic());
  const base::Duration time = std::max(left, base::Duration{0});
  boost::system::error_code is_name;
  const auto literal = asio::ip::make_address(host, is_name);
  if (!is_name) co_return std::vector{literal};
  auto finding = settings.find_host ? settings.find_host(std::move(host), time)
                                    : (guarded ? lookup_for_strangers : lookup).find(std::move(host), time);
  co_return co_await std::move(finding);
}

// Every address is judged here and nothing else is connected to, so what the name has a moment later does not
// matter.
asio::awaitable<HttpsClient::State::Endpoints> HttpsClient::State::find(HttpUrl url, Way way,
                                                                        base::MonotonicTime end) {
  std::vector<asio::ip::tcp::endpoint> endpoints;
  if (way.proxy) {
    auto found = co_await look_up(way.proxy->host, false, end);
    if (!found) co_return base::fail(found.error());
    for (const auto& each : *found) endpoints.emplace_back(each, way.proxy->port);
    co_return endpoints;
  }
  std::vector<asio::ip::address> addresses;
  if (way.address) {
    addresses.push_back(*way.address);
  } else {
    auto found = co_await look_up(url.host, way.guard != nullptr, end);
    if (!found) co_return base::fail(found.error());
    addresses = *std::move(found);
  }
  for (const auto& each : addresses) {
    base::Status judged = way.guard ? way.guard->check(url.host, each) : base::Status{};
    if (!judged.ok()) co_return base::fail(std::move(judged));
    if (way.address || url.tls || way.plain_anywhere || each.is_loopback()) {
      endpoints.emplace_back(each, url.port);
    }
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
  const Way way{request.address, request.allow_plain, request.guard, request.proxy};
  const std::string door = way.proxy ? fmt::format("{}:{}", way.proxy->host, way.proxy->port) : std::string{};
  const std::string origin =
      fmt::format("{} {} {} {} {}", server, place, static_cast<const void*>(url.tls ? policy.get() : nullptr),
                  way.guard ? way.guard->key() : "none", door);
  const bool repeat = may_be_repeated(request);
  const bool background = request.background;
  const std::string lane = server + " " + request.lane;
  auto going = std::make_shared<HttpExchange>(url, std::move(request), settings.most_header_bytes);

  const auto in_turn = co_await places.take(lane, background, end);
  if (!in_turn) co_return HttpOutcome(base::fail(in_turn.error()), false);
  // Once something may have reached the server, what fails later does not change that.
  bool sent = false;
  // Not all kept connections one after the other: each that hangs up may have brought the request.
  if (auto kept = idle->take(origin)) {
    auto on_kept = HttpExchange::run(going, kept, std::nullopt, end, timeout);
    Exchanged out = co_await base::run_on(kept->strand(), std::move(on_kept));
    sent = sent || out.sent;
    if (out.result && out.keeps) idle->put(origin, std::move(kept));
    if (!out.unanswered || !repeat) co_return HttpOutcome(std::move(out.result), sent);
  }

  auto finding = find(url, way, end);
  auto endpoints = co_await std::move(finding);
  if (!endpoints) co_return HttpOutcome(base::fail(endpoints.error()), sent);
  std::string shown = fmt::format("{}:{}", url.host, url.port);
  if (way.address) shown += fmt::format(" ({})", place);
  if (way.proxy) shown += fmt::format(" through the proxy");
  TlsPeer peer{url.host, std::move(shown), "http/1.1", url.tls};
  auto connection = make_connection(policy, std::move(peer));
  auto open_at = std::make_optional(*std::move(endpoints));
  auto on_new = HttpExchange::run(going, connection, std::move(open_at), end, timeout);
  Exchanged out = co_await base::run_on(connection->strand(), std::move(on_new));
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
