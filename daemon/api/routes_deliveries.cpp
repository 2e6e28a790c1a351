#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <memory>
#include <optional>

#include "api/cursor.hpp"
#include "api/problem.hpp"
#include "api/recent_answers.hpp"
#include "api/render.hpp"
#include "api/render_webhook.hpp"
#include "api/routes.hpp"
#include "api/webhook_body.hpp"
#include "events/event_filter.hpp"
#include "events/served_event.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;
using boost::asio::awaitable;
using Answered = RecentAnswers::Answered;

constexpr std::uint32_t kDefaultLimit = 50;
constexpr std::uint32_t kMaxLimit = 200;
constexpr std::uint32_t kMaxLooks = 50;
constexpr std::uint32_t kMaxAttemptsShown = 100;
constexpr std::uint32_t kWebhookPage = 100;

base::Status wrong_cursor() {
  return base::invalid_argument("the cursor is not one of this list; pass 'next' unchanged");
}

std::optional<std::uint64_t> seq_from(std::string_view text) {
  std::uint64_t seq = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return seq;
}

base::Result<state::WebhookRow> find_webhook(const Dependencies& dependencies, const Request& request) {
  const auto id = base::Uuid::parse(request.path_arguments.at(0));
  if (!id) return base::fail(base::not_found("there is no such webhook: its id is not a UUID"));
  auto row = dependencies.webhooks->store().find_webhook(request.tenant, *id);
  if (!row) return base::fail(row.error());
  if (!*row) return base::fail(base::not_found("there is no such webhook"));
  return **std::move(row);
}

// The query's `state` and `type`.
base::Result<state::DeliveryFilter> filter_of(const Query& query) {
  state::DeliveryFilter filter;
  if (const std::string* text = query.find("state")) {
    for (const auto state :
         {state::DeliveryState::kWaiting, state::DeliveryState::kDelivered, state::DeliveryState::kDead}) {
      if (*text == state::to_string(state)) filter.state = state;
    }
    if (!filter.state) {
      return base::fail(
          base::invalid_argument("the query parameter 'state' must be waiting, delivered or dead"));
    }
  }
  if (const std::string* type = query.find("type")) {
    const auto types = events::EventFilter::make({*type}, {});
    if (!types) return base::fail(types.error());
    filter.types = types->types();
  }
  return filter;
}

// Where the page begins: what the cursor says, which led on from `before`, or else `before`; 0: at the
// newest.
base::Result<std::uint64_t> place_of(const Query& query) {
  if (const std::string* cursor = query.find("cursor")) {
    const auto place = read_cursor("deliveries", *cursor);
    const auto seq = place ? seq_from(*place) : std::nullopt;
    if (seq && *seq > 0) return *seq;
    return base::fail(wrong_cursor());
  }
  const std::string* before = query.find("before");
  if (!before) return std::uint64_t{0};
  const auto position = events::position_from(*before);
  if (position && position->seq > 0) return position->seq;
  return base::fail(
      base::invalid_argument("'before' must be a position like 1-17, as events and deliveries have it"));
}

// Deliveries of one webhook after another, until there are enough for a page, or many were looked at: then
// the page is a short one.
class DeliverySearch {
 public:
  DeliverySearch(const Dependencies& dependencies, const Request& request, state::DeliveryFilter filter,
                 std::uint32_t most)
      : store_(dependencies.webhooks->store()),
        tenant_(request.tenant),
        filter_(std::move(filter)),
        most_(most) {}

  // The newest first, before `before` (0: all). Where to go on; 0: there are no more.
  awaitable<base::Result<std::uint64_t>> take(const state::WebhookRow& webhook, std::uint64_t before) {
    filter_.webhook = webhook.id;
    do {
      const auto missing = most_ - static_cast<std::uint32_t>(items.size());
      const auto page = store_.list_deliveries(tenant_, filter_, before, missing);
      if (!page) co_return base::fail(page.error());
      for (const state::DeliveryRow& row : page->rows) items.push_back(to_json(row, webhook.cursor.epoch));
      before = page->next;
      ++looks_;
      if (before == 0 || is_over()) break;
      const auto executor = co_await boost::asio::this_coro::executor;
      co_await boost::asio::post(executor, boost::asio::use_awaitable);
    } while (true);
    co_return before;
  }
  bool is_over() const { return items.size() >= most_ || looks_ >= kMaxLooks; }

  json::array items;

 private:
  state::WebhookStore& store_;
  const std::string tenant_;
  state::DeliveryFilter filter_;
  const std::uint32_t most_;
  std::uint32_t looks_ = 0;
};

awaitable<Response> list_deliveries(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {"state", "type", "before", "limit", "cursor"});
  if (!query) co_return bad_request(request, query.error());
  const auto limit = query->number("limit", 1, kMaxLimit, kDefaultLimit);
  if (!limit) co_return bad_request(request, limit.error());
  auto filter = filter_of(*query);
  if (!filter) co_return bad_request(request, filter.error());
  const auto before = place_of(*query);
  if (!before) co_return bad_request(request, before.error());
  const auto webhook = find_webhook(dependencies, request);
  if (!webhook) co_return problem(request, webhook.error());
  DeliverySearch search(dependencies, request, *std::move(filter), *limit);
  const auto next = co_await search.take(*webhook, *before);
  if (!next) co_return problem(request, next.error());
  co_return page_response(std::move(search.items),
                          *next == 0 ? std::string{} : make_cursor("deliveries", std::to_string(*next)));
}

Response show_delivery(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {});
  if (!query) return bad_request(request, query.error());
  const auto webhook = find_webhook(dependencies, request);
  if (!webhook) return problem(request, webhook.error());
  const auto position = events::position_from(request.path_arguments.at(1));
  const bool is_place = position && position->seq > 0;
  const auto row =
      is_place ? dependencies.webhooks->store().find_delivery(request.tenant, webhook->id, position->seq)
               : base::Result<std::optional<state::DeliveryRow>>{};
  if (!row) return problem(request, row.error());
  if (!*row) {
    return problem(request, base::not_found("there is no such delivery: the webhook does not want the event, "
                                            "it has not come to it, or it is no longer kept"));
  }
  const auto attempts =
      dependencies.webhooks->store().attempts_of(webhook->id, position->seq, kMaxAttemptsShown);
  if (!attempts) return problem(request, attempts.error());
  json::object object = to_json(**row, webhook->cursor.epoch);
  json::array shown;
  for (const state::AttemptRow& attempt : *attempts) shown.push_back(to_json(attempt));
  object["attempt_log"] = std::move(shown);
  return json_response(200, object);
}

// A place in the dead letters of a tenant: webhooks in order, in each the newest event first. 0: at the
// newest.
struct LetterPlace {
  base::Uuid webhook;
  std::uint64_t before = 0;
};

base::Result<LetterPlace> letter_place_of(const Query& query) {
  const std::string* cursor = query.find("cursor");
  if (!cursor) return LetterPlace{};
  const auto text = read_cursor("deadletters", *cursor);
  const std::size_t space = text ? text->find(' ') : std::string::npos;
  if (space == std::string::npos) return base::fail(wrong_cursor());
  const auto id = base::Uuid::parse(std::string_view{*text}.substr(0, space));
  const auto seq = seq_from(std::string_view{*text}.substr(space + 1));
  if (!id || !seq) return base::fail(wrong_cursor());
  return LetterPlace{*id, *seq};
}

// Takes a page from `from` on, and says where the next one begins; none: there are no more.
awaitable<base::Result<std::optional<LetterPlace>>> find_letters(state::WebhookStore& store,
                                                                 const std::string& tenant, LetterPlace from,
                                                                 DeliverySearch& search) {
  std::optional<LetterPlace> none;
  if (from.webhook != base::Uuid{}) {
    const auto webhook = store.find_webhook(tenant, from.webhook);
    if (!webhook) co_return base::fail(webhook.error());
    // Its letters may have gone with it.
    if (*webhook) {
      const auto next = co_await search.take(**webhook, from.before);
      if (!next) co_return base::fail(next.error());
      if (*next != 0) co_return std::optional(LetterPlace{from.webhook, *next});
    }
  }
  base::Uuid after = from.webhook;
  for (bool more = true; more;) {
    const auto page = store.list_webhooks(tenant, after, kWebhookPage);
    if (!page) co_return base::fail(page.error());
    more = page->size() == kWebhookPage;
    for (const state::WebhookRow& webhook : *page) {
      after = webhook.id;
      if (webhook.dead == 0) continue;
      if (search.is_over()) co_return std::optional(LetterPlace{webhook.id, 0});
      const auto next = co_await search.take(webhook, 0);
      if (!next && next.error().code() == base::Code::kNotFound) continue;
      if (!next) co_return base::fail(next.error());
      if (*next != 0) co_return std::optional(LetterPlace{webhook.id, *next});
    }
  }
  co_return none;
}

awaitable<Response> list_dead_letters(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {"type", "limit", "cursor"});
  if (!query) co_return bad_request(request, query.error());
  const auto limit = query->number("limit", 1, kMaxLimit, kDefaultLimit);
  if (!limit) co_return bad_request(request, limit.error());
  auto filter = filter_of(*query);
  if (!filter) co_return bad_request(request, filter.error());
  filter->state = state::DeliveryState::kDead;
  const auto from = letter_place_of(*query);
  if (!from) co_return bad_request(request, from.error());
  DeliverySearch search(dependencies, request, *std::move(filter), *limit);
  const auto next = co_await find_letters(dependencies.webhooks->store(), request.tenant, *from, search);
  if (!next) co_return problem(request, next.error());
  std::string cursor;
  if (*next)
    cursor = make_cursor("deadletters", fmt::format("{} {}", (*next)->webhook.to_string(), (*next)->before));
  co_return page_response(std::move(search.items), cursor);
}

awaitable<Answered> replay_dead_letters(const Dependencies& dependencies, Request& request) {
  auto wish = read_dead_letter_replay(request);
  if (!wish) co_return Answered(bad_request(request, wish.error()));
  wish->tenant = request.tenant;
  const bool is_dry = wish->dry_run;
  const auto replayed = co_await dependencies.webhooks->replays().replay_dead_letters(*std::move(wish));
  if (!replayed) co_return Answered(problem(request, replayed.error()));
  std::uint64_t sum = 0;
  json::array by_webhook;
  for (const delivery::ReplayedOf& each : *replayed) {
    sum += each.deliveries;
    by_webhook.push_back(
        json::object{{"webhook", each.webhook.to_string()}, {"deliveries", each.deliveries}});
  }
  const json::object body{{"deliveries", sum}, {"webhooks", std::move(by_webhook)}, {"dry_run", is_dry}};
  co_return Answered(json_response(is_dry ? 200 : 202, body));
}

}  // namespace

Response no_webhooks(const Request& request) {
  return problem(request, base::unimplemented("this daemon has no webhooks"));
}

void add_delivery_routes(Router& router, const Dependencies& dependencies) {
  const auto add = [&](std::string method, std::string path, Handler handler) {
    router.add(Route{std::move(method), std::move(path), Access::kKeyed, std::move(handler)});
  };
  const auto add_list = [&](std::string path, auto list) {
    add("GET", std::move(path),
        WaitingHandler{[&dependencies, list](Request& request) -> awaitable<Response> {
          if (dependencies.webhooks == nullptr) co_return no_webhooks(request);
          co_return co_await list(dependencies, request);
        }});
  };
  add_list("/v1/webhooks/{id}/deliveries", &list_deliveries);
  add("GET", "/v1/webhooks/{id}/deliveries/{seq}", DirectHandler{[&dependencies](Request& request) {
        return dependencies.webhooks ? show_delivery(dependencies, request) : no_webhooks(request);
      }});
  add_list("/v1/deadletters", &list_dead_letters);
  const auto answers = std::make_shared<RecentAnswers>(dependencies.clock);
  add("POST", "/v1/deadletters/replay",
      WaitingHandler{[&dependencies, answers](Request& request) -> awaitable<Response> {
        if (dependencies.webhooks == nullptr) co_return no_webhooks(request);
        RecentAnswers::Work work = [&dependencies](Request& of) {
          return replay_dead_letters(dependencies, of);
        };
        co_return co_await answers->once(request, std::move(work));
      }});
}

}  // namespace paynamed::api
