#include <fmt/format.h>

#include "api/body.hpp"
#include "api/problem.hpp"
#include "api/render.hpp"
#include "api/routes.hpp"
#include "events/event_filter.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostNames = 64;
constexpr std::size_t kMostTypes = 64;
constexpr std::size_t kMostNameBytes = 255;
constexpr std::size_t kMostTypeBytes = 64;
constexpr std::uint64_t kDefaultSeconds = 3'600;
constexpr std::uint64_t kLeastSeconds = 60;
constexpr std::uint64_t kMostSeconds = 86'400;

// {names?, types?, expires_in?}
Result<TokenClaims> read_claims(const Request& request, base::WallTime now) {
  auto body = Body::parse(request.body.empty() ? "{}" : request.body);
  if (!body) return base::fail(body.error());
  if (auto known = body->only({"names", "types", "expires_in"}); !known) return base::fail(known.error());
  auto names = body->texts("names", kMostNames, kMostNameBytes);
  if (!names) return base::fail(names.error());
  auto types = body->texts("types", kMostTypes, kMostTypeBytes);
  if (!types) return base::fail(types.error());
  auto filter = events::EventFilter::make(*std::move(types), *std::move(names));
  if (!filter) return base::fail(filter.error());
  auto asked = body->positive("expires_in");
  if (!asked) return base::fail(asked.error());
  const std::uint64_t seconds = *asked == 0 ? kDefaultSeconds : *asked;
  if (seconds < kLeastSeconds || seconds > kMostSeconds) {
    return base::fail(base::invalid_argument(
        fmt::format("'expires_in' must be between {} and {} seconds", kLeastSeconds, kMostSeconds)));
  }
  TokenClaims claims;
  claims.tenant = request.tenant;
  claims.names = filter->names();
  claims.types = filter->types();
  claims.expires = now + std::chrono::seconds{seconds};
  claims.key_id = request.key_id;
  return claims;
}

Response make_one(const Dependencies& dependencies, Request& request) {
  const base::WallTime now = dependencies.clock.wall();
  auto claims = read_claims(request, now);
  if (!claims) return bad_request(request, claims.error());
  claims->id = base::Uuid::v7(now, dependencies.random).to_string();
  auto token = dependencies.make_token(*claims);
  if (!token) return problem(request, token.error());
  json::object shown{{"token", *token},
                     {"id", claims->id},
                     {"names", json::array(claims->names.begin(), claims->names.end())},
                     {"types", json::array(claims->types.begin(), claims->types.end())},
                     {"expires", base::to_rfc3339(claims->expires)}};
  return json_response(201, shown);
}

}  // namespace

void add_token_routes(Router& router, const Dependencies& dependencies) {
  router.add(Route{"POST", "/v1/tokens", Access::kKeyed, DirectHandler{[&dependencies](Request& request) {
                     return make_one(dependencies, request);
                   }}});
}

}  // namespace paynamed::api
