#include "api/service.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/problem.hpp"
#include "api/routes.hpp"
#include "base/id.hpp"

namespace paynamed::api {
namespace {

constexpr std::size_t kMaxCorrelationIdBytes = 128;
// When somebody who found no place for a stream should look again.
constexpr std::uint32_t kStreamRetrySeconds = 10;

bool is_correlation_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxCorrelationIdBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '_' || c == '.' || c == ':';
         });
}

// The media type without its parameters.
std::string_view media_type(std::string_view value) {
  value = value.substr(0, value.find(';'));
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  return value;
}

bool accepts(std::string_view accept, std::string_view wanted) {
  const std::string any_subtype = std::string{wanted.substr(0, wanted.find('/'))} + "/*";
  while (!accept.empty()) {
    const std::size_t end = std::min(accept.find(','), accept.size());
    const std::string_view range = media_type(accept.substr(0, end));
    accept.remove_prefix(std::min(end + 1, accept.size()));
    if (range == "*/*" || equal_ignoring_case(range, wanted) || equal_ignoring_case(range, any_subtype))
      return true;
  }
  return false;
}

// Callers without a key share so many buckets, by network, so that their number does not grow with the
// addresses that somebody has.
constexpr std::uint64_t kOpenBuckets = 4096;

std::uint64_t bucket_of(const boost::asio::ip::address& peer) {
  std::string network;
  if (peer.is_v4()) {
    const auto bytes = peer.to_v4().to_bytes();
    network.assign(bytes.begin(), bytes.begin() + 3);
  } else {
    const auto bytes = peer.to_v6().to_bytes();
    network.assign(bytes.begin(), bytes.begin() + 6);
  }
  return std::hash<std::string>{}(network) % kOpenBuckets;
}

}  // namespace

Service::Service(Dependencies dependencies, Limits limits, RateLimit rate, StreamLimits streams)
    : dependencies_(std::move(dependencies)),
      limits_(limits),
      authenticator_(dependencies_.keys),
      rate_limiter_(rate, dependencies_.clock),
      observation_(dependencies_.log, dependencies_.metrics),
      streams_(streams, dependencies_.clock, dependencies_.metrics) {
  add_name_routes(router_, dependencies_);
  add_run_routes(router_, dependencies_);
  add_proof_routes(router_, dependencies_);
  add_domain_routes(router_, dependencies_);
  add_zone_name_routes(router_, dependencies_);
  add_domain_check_routes(router_, dependencies_);
  add_drift_routes(router_, dependencies_);
  add_move_routes(router_, dependencies_);
  add_payment_routes(router_, dependencies_);
  add_order_routes(router_, dependencies_);
  add_invoice_routes(router_, dependencies_);
  add_node_routes(router_, dependencies_);
  add_webhook_routes(router_, dependencies_);
  add_delivery_routes(router_, dependencies_);
  add_event_routes(router_, dependencies_);
  add_token_routes(router_, dependencies_);
  add_event_stream_routes(router_, dependencies_);
  add_system_routes(router_, dependencies_);
}

std::optional<Response> Service::over_limit(const Request& request) const {
  if (request.path.size() + request.query.size() > limits_.target_bytes) {
    return problem(request, 414, "/problems/too-large",
                   fmt::format("the request target is longer than {} bytes", limits_.target_bytes));
  }
  if (request.headers.fields().size() > limits_.header_count) {
    return problem(request, 431, "/problems/too-large",
                   fmt::format("the request has more than {} header fields", limits_.header_count));
  }
  for (const auto& [name, value] : request.headers.fields()) {
    if (name.size() > limits_.header_name_bytes || value.size() > limits_.header_value_bytes) {
      return problem(request, 431, "/problems/too-large",
                     fmt::format("a header field is too long; names may have {} bytes and values {}",
                                 limits_.header_name_bytes, limits_.header_value_bytes));
    }
  }
  if (request.body.size() > limits_.body_bytes) {
    return problem(request, 413, "/problems/too-large",
                   fmt::format("the body is longer than {} bytes", limits_.body_bytes));
  }
  return std::nullopt;
}

std::optional<Response> Service::check_negotiation(const Request& request, const Route& route) const {
  if (!request.body.empty()) {
    const std::string* type = request.headers.find("Content-Type");
    if (type == nullptr || !equal_ignoring_case(media_type(*type), "application/json")) {
      return problem(request, 415, "/problems/unsupported-media-type",
                     "the body must be JSON; send it with 'Content-Type: application/json'");
    }
  }
  const std::string accept = request.headers.joined("Accept");
  const bool acceptable = accept.empty() || accepts(accept, "application/json") ||
                          (!route.other_media.empty() && accepts(accept, route.other_media));
  if (request.route.starts_with("/v1/") && !acceptable) {
    return problem(request, 406, "/problems/not-acceptable", "answers are application/json; accept that");
  }
  return std::nullopt;
}

// Authentication and rate limit, as far as the route asks for them.
std::optional<Response> Service::admit(Request& request, Progress& progress) {
  const Access access = progress.route->access;
  if (access == Access::kPublic || (access == Access::kLocalOrKeyed && request.peer.is_loopback()))
    return std::nullopt;
  const std::string* authorization = request.headers.find("Authorization");
  if (access == Access::kOpen && authorization == nullptr) {
    progress.rate = rate_limiter_.take(bucket_of(request.peer));
  } else {
    auto caller = authenticator_.authenticate(authorization);
    if (!caller) return problem(request, caller.error());
    request.tenant = caller->tenant;
    request.key_id = caller->key_id;
    progress.rate = rate_limiter_.take(caller->key_id);
  }
  if (progress.rate->allowed) return std::nullopt;
  Response response =
      problem(request, 429, "/problems/too-many-requests",
              authorization ? "this key asks too often; the RateLimit header says when to go on"
                            : "this address asks too often; the RateLimit header says when to go "
                              "on, or use a key");
  response.headers.add("Retry-After", std::to_string(std::max(1U, progress.rate->reset_seconds)));
  return response;
}

Service::Progress Service::begin(Request& request) {
  Progress progress;
  progress.started = dependencies_.clock.monotonic();

  const std::string* correlation = request.headers.find("X-Correlation-Id");
  request.correlation_id = correlation && is_correlation_id(*correlation)
                               ? *correlation
                               : base::Uuid::v7(dependencies_.clock.wall(), dependencies_.random).to_string();
  const std::string* trace = request.headers.find("traceparent");
  if (trace && is_traceparent(*trace)) request.traceparent = *trace;

  if ((progress.response = over_limit(request))) return progress;

  Router::Match match = router_.match(request.method, request.path);
  if (match.route == nullptr) {
    if (match.allowed.empty()) {
      progress.response = problem(request, 404, "/problems/not-found",
                                  "there is nothing at this path; the documentation is at /openapi.yaml");
      return progress;
    }
    std::string allow = fmt::format("{}", fmt::join(match.allowed, ", "));
    progress.response =
        problem(request, 405, "/problems/method-not-allowed", fmt::format("this path takes {} only", allow));
    progress.response->headers.add("Allow", std::move(allow));
    return progress;
  }
  progress.route = match.route;
  request.route = match.route->path;
  request.path_arguments = std::move(match.arguments);

  if ((progress.response = admit(request, progress))) return progress;
  if ((progress.response = check_negotiation(request, *match.route))) return progress;
  try {
    if (const auto* direct = std::get_if<DirectHandler>(&match.route->handler)) {
      progress.response = (*direct)(request);
    } else if (const auto* streaming = std::get_if<StreamingHandler>(&match.route->handler)) {
      open_stream(*streaming, request, progress);
    }
  } catch (const std::exception& error) {
    progress.response = problem(request, base::internal("a handler of the API failed", error.what()));
  }
  return progress;
}

void Service::open_stream(const StreamingHandler& handler, Request& request, Progress& progress) {
  auto place = streams_.take(request.key_id);
  if (!place) {
    const bool of_key = place.error() == OpenStreams::Full::kKey;
    progress.response = problem(
        request, of_key ? 429 : 503, "/problems/too-many-streams",
        of_key ? fmt::format("this key has {} streams open, which is the most; close one of them, or "
                             "read with several readers from one",
                             streams_.limits().of_key)
               : "as many streams are open as this daemon has; try again later, or poll GET /v1/events");
    progress.response->headers.add("Retry-After", std::to_string(kStreamRetrySeconds));
    return;
  }
  Opened opened = handler(request);
  if (auto* refusal = std::get_if<Response>(&opened)) {
    progress.response = std::move(*refusal);
    return;
  }
  progress.stream = std::move(std::get<StreamedAnswer>(opened));
  progress.place = *std::move(place);
}

boost::asio::awaitable<Response> Service::wait(Request& request, const Progress& progress) {
  std::optional<base::Status> failure;
  try {
    Response response = co_await std::get<WaitingHandler>(progress.route->handler)(request);
    co_return response;
  } catch (const std::exception& error) {
    failure = base::internal("a handler of the API failed", error.what());
  }
  co_return problem(request, *failure);
}

void Service::finish(const Request& request, const Progress& progress, Response& response) {
  response.headers.add("X-Correlation-Id", request.correlation_id);
  if (progress.rate) {
    response.headers.add("RateLimit-Policy", rate_limiter_.policy());
    response.headers.add("RateLimit", RateLimiter::header(*progress.rate));
  }
  if (!response.headers.find("Cache-Control")) response.headers.add("Cache-Control", "no-store");
  Exchange exchange;
  exchange.method = progress.route ? std::string_view{progress.route->method} : std::string_view{"OTHER"};
  exchange.route = progress.route ? std::string_view{progress.route->path} : std::string_view{"none"};
  exchange.path = request.path;
  exchange.tenant = request.tenant;
  exchange.correlation_id = request.correlation_id;
  exchange.peer = request.peer.to_string();
  exchange.status = response.status;
  exchange.took = dependencies_.clock.monotonic() - progress.started;
  exchange.cause = response.cause.ok() ? nullptr : &response.cause;
  observation_.record(exchange);
}

boost::asio::awaitable<Response> Service::handle(Request& request) {
  Progress progress = begin(request);
  Response response;
  if (progress.response) {
    response = std::move(*progress.response);
  } else if (progress.stream) {
    response = std::move(progress.stream->head);
  } else {
    response = co_await wait(request, progress);
  }
  finish(request, progress, response);
  co_return response;
}

}  // namespace paynamed::api
