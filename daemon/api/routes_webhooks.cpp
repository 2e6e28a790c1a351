#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <memory>

#include "api/cursor.hpp"
#include "api/if_match.hpp"
#include "api/problem.hpp"
#include "api/recent_answers.hpp"
#include "api/render.hpp"
#include "api/render_webhook.hpp"
#include "api/routes.hpp"
#include "api/submission.hpp"
#include "api/webhook_body.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;
using boost::asio::awaitable;
using Answered = RecentAnswers::Answered;

constexpr std::uint32_t kDefaultLimit = 50;
constexpr std::uint32_t kMaxLimit = 200;

base::Result<base::Uuid> webhook_of(const Request& request) {
  const auto id = base::Uuid::parse(request.path_arguments.at(0));
  if (id) return *id;
  return base::fail(base::not_found("there is no such webhook: its id is not a UUID"));
}

// A Notifier's sentence about an address may quote it, and an address may have secrets in it: the caller
// reads the sentence, the log does not.
Response address_problem(const Request& request, const base::Status& status) {
  Response response = problem(request, status);
  const bool may_quote =
      status.code() == base::Code::kInvalidArgument || status.code() == base::Code::kPermissionDenied;
  if (may_quote) response.cause = base::Status(status.code(), "the wish or its address was refused");
  return response;
}

Response webhook_response(unsigned status, const state::WebhookRow& webhook, json::object object) {
  Response response = json_response(status, object);
  response.headers.add("ETag", fmt::format("\"{}\"", webhook.revision));
  return response;
}

// With what is shown only now.
json::object shown(const delivery::ShownWebhook& made, base::WallTime now, bool has_secret) {
  json::object object = to_json(made.webhook, now);
  if (has_secret) object["secret"] = made.secret.empty() ? json::value{} : json::value(made.secret);
  json::array warnings;
  if (!made.warning.empty()) warnings.emplace_back(made.warning);
  object["warnings"] = std::move(warnings);
  return object;
}

Response list_webhooks(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {"limit", "cursor"});
  if (!query) return bad_request(request, query.error());
  const auto limit = query->number("limit", 1, kMaxLimit, kDefaultLimit);
  if (!limit) return bad_request(request, limit.error());
  base::Uuid after;
  if (const std::string* cursor = query->find("cursor")) {
    const auto place = read_cursor("webhooks", *cursor);
    const auto id = place ? base::Uuid::parse(*place) : std::nullopt;
    if (!id) {
      return bad_request(request,
                         base::invalid_argument("the cursor is not one of this list; pass 'next' unchanged"));
    }
    after = *id;
  }
  auto rows = dependencies.webhooks->store().list_webhooks(request.tenant, after, *limit + 1);
  if (!rows) return problem(request, rows.error());
  std::string next;
  if (rows->size() > *limit) {
    rows->resize(*limit);
    next = make_cursor("webhooks", rows->back().id.to_string());
  }
  json::array items;
  for (const state::WebhookRow& row : *rows) items.push_back(to_json(row, dependencies.clock.wall()));
  return page_response(std::move(items), next);
}

Response show_webhook(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {});
  if (!query) return bad_request(request, query.error());
  const auto id = webhook_of(request);
  if (!id) return problem(request, id.error());
  const auto row = dependencies.webhooks->store().find_webhook(request.tenant, *id);
  if (!row) return problem(request, row.error());
  if (!*row) return problem(request, base::not_found("there is no such webhook"));
  return webhook_response(200, **row, to_json(**row, dependencies.clock.wall()));
}

awaitable<Response> create_webhook(const Dependencies& dependencies, Request& request) {
  auto wish = read_new_webhook(request);
  if (!wish) co_return bad_request(request, wish.error());
  auto idempotency = idempotency_of(request);
  if (!idempotency) co_return bad_request(request, idempotency.error());
  wish->tenant = request.tenant;
  wish->idempotency_key = std::move(idempotency->key);
  wish->request_hash = std::move(idempotency->request_hash);
  const auto made = co_await dependencies.webhooks->create(*std::move(wish));
  if (!made) co_return address_problem(request, made.error());
  Response response = webhook_response(201, made->webhook, shown(*made, dependencies.clock.wall(), true));
  response.headers.add("Location", "/v1/webhooks/" + made->webhook.id.to_string());
  if (made->replayed) response.headers.add("Idempotency-Replayed", "true");
  co_return response;
}

awaitable<Answered> change_webhook(const Dependencies& dependencies, Request& request) {
  const auto id = webhook_of(request);
  if (!id) co_return Answered(problem(request, id.error()));
  const auto revision = if_match_of(request, "webhook");
  if (!revision) co_return Answered(bad_request(request, revision.error()));
  auto patch = read_webhook_patch(request);
  if (!patch) co_return Answered(bad_request(request, patch.error()));
  patch->tenant = request.tenant;
  patch->id = *id;
  patch->expected_revision = *revision;
  const auto changed = co_await dependencies.webhooks->change(*std::move(patch));
  if (!changed) co_return Answered(address_problem(request, changed.error()));
  co_return Answered(
      webhook_response(200, changed->webhook, shown(*changed, dependencies.clock.wall(), false)));
}

awaitable<Answered> delete_webhook(const Dependencies& dependencies, Request& request) {
  const auto id = webhook_of(request);
  if (!id) co_return Answered(problem(request, id.error()));
  std::string tenant = request.tenant;
  const auto removed = co_await dependencies.webhooks->remove(std::move(tenant), *id);
  if (!removed) co_return Answered(problem(request, removed.error()));
  const json::object body{{"id", id->to_string()}, {"deleted", true}};
  co_return Answered(json_response(200, body));
}

awaitable<Answered> rotate_webhook(const Dependencies& dependencies, Request& request) {
  const auto id = webhook_of(request);
  if (!id) co_return Answered(problem(request, id.error()));
  const auto revision = if_match_of(request, "webhook");
  if (!revision) co_return Answered(bad_request(request, revision.error()));
  auto wish = read_rotation(request);
  if (!wish) co_return Answered(bad_request(request, wish.error()));
  wish->tenant = request.tenant;
  wish->id = *id;
  wish->expected_revision = *revision;
  auto rotated = co_await dependencies.webhooks->rotate(*std::move(wish));
  if (!rotated) co_return Answered(problem(request, rotated.error()));
  const base::WallTime now = dependencies.clock.wall();
  Answered answered(webhook_response(200, rotated->webhook, shown(*rotated, now, true)));
  rotated->secret.clear();
  answered.again = json::serialize(shown(*rotated, now, true));
  co_return answered;
}

awaitable<Answered> test_webhook(const Dependencies& dependencies, Request& request) {
  const auto id = webhook_of(request);
  if (!id) co_return Answered(problem(request, id.error()));
  std::string tenant = request.tenant;
  const auto tested = co_await dependencies.webhooks->test(std::move(tenant), *id);
  if (!tested) co_return Answered(problem(request, tested.error()));
  co_return Answered(json_response(200, to_json(*tested)));
}

awaitable<Answered> set_state(const Dependencies& dependencies, Request& request, state::WebhookState state) {
  const auto id = webhook_of(request);
  if (!id) co_return Answered(problem(request, id.error()));
  const auto revision = if_match_of(request, "webhook");
  if (!revision) co_return Answered(bad_request(request, revision.error()));
  delivery::StateWish wish;
  wish.tenant = request.tenant;
  wish.id = *id;
  wish.expected_revision = *revision;
  wish.state = state;
  const auto changed = co_await dependencies.webhooks->set_state(std::move(wish));
  if (!changed) co_return Answered(problem(request, changed.error()));
  co_return Answered(webhook_response(200, *changed, to_json(*changed, dependencies.clock.wall())));
}

awaitable<Answered> replay(const Dependencies& dependencies, Request& request) {
  const auto id = webhook_of(request);
  if (!id) co_return Answered(problem(request, id.error()));
  auto wish = read_replay(request);
  if (!wish) co_return Answered(bad_request(request, wish.error()));
  wish->tenant = request.tenant;
  wish->webhook = *id;
  const bool is_dry = wish->dry_run;
  const auto count = co_await dependencies.webhooks->replays().replay(*std::move(wish));
  if (!count) co_return Answered(problem(request, count.error()));
  const json::object body{{"deliveries", *count}, {"dry_run", is_dry}};
  co_return Answered(json_response(is_dry ? 200 : 202, body));
}

}  // namespace

void add_webhook_routes(Router& router, const Dependencies& dependencies) {
  const auto add = [&](std::string method, std::string path, Handler handler) {
    router.add(Route{std::move(method), std::move(path), Access::kKeyed, std::move(handler)});
  };
  const auto answers = std::make_shared<RecentAnswers>(dependencies.clock);
  const auto add_once = [&](std::string method, std::string path, auto work) {
    add(std::move(method), std::move(path),
        WaitingHandler{[&dependencies, answers, work](Request& request) -> awaitable<Response> {
          if (dependencies.webhooks == nullptr) co_return no_webhooks(request);
          RecentAnswers::Work with = [&dependencies, work](Request& of) { return work(dependencies, of); };
          co_return co_await answers->once(request, std::move(with));
        }});
  };
  add("GET", "/v1/webhooks", DirectHandler{[&dependencies](Request& request) {
        if (dependencies.webhooks == nullptr) return no_webhooks(request);
        return list_webhooks(dependencies, request);
      }});
  add("POST", "/v1/webhooks", WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
        if (dependencies.webhooks == nullptr) co_return no_webhooks(request);
        co_return co_await create_webhook(dependencies, request);
      }});
  add("GET", "/v1/webhooks/{id}", DirectHandler{[&dependencies](Request& request) {
        if (dependencies.webhooks == nullptr) return no_webhooks(request);
        return show_webhook(dependencies, request);
      }});
  add_once("PATCH", "/v1/webhooks/{id}", &change_webhook);
  add_once("DELETE", "/v1/webhooks/{id}", &delete_webhook);
  add_once("POST", "/v1/webhooks/{id}/rotate", &rotate_webhook);
  add_once("POST", "/v1/webhooks/{id}/test", &test_webhook);
  add_once("POST", "/v1/webhooks/{id}/pause", [](const Dependencies& with, Request& request) {
    return set_state(with, request, state::WebhookState::kPaused);
  });
  add_once("POST", "/v1/webhooks/{id}/resume", [](const Dependencies& with, Request& request) {
    return set_state(with, request, state::WebhookState::kActive);
  });
  add_once("POST", "/v1/webhooks/{id}/replay", &replay);
}

}  // namespace paynamed::api
