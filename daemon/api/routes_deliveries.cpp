#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

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

Response list_deliveries(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {"state", "type", "before", "limit", "cursor"});
  if (!query) return bad_request(request, query.error());
  const auto limit = query->number("limit", 1, kMaxLimit, kDefaultLimit);
  if (!limit) return bad_request(request, limit.error());
  auto filter = filter_of(*query);
  if (!filter) return bad_request(request, filter.error());
  const auto before = place_of(*query);
  if (!before) return bad_request(request, before.error());
  const auto webhook = find_webhook(dependencies, request);
  if (!webhook) return problem(request, webhook.error());
  filter->webhook = webhook->id;
  auto rows = dependencies.webhooks->store().list_deliveries(request.tenant, *filter, *before, *limit + 1);
  if (!rows) return problem(request, rows.error());
  std::string next;
  if (rows->size() > *limit) {
    rows->resize(*limit);
    next = make_cursor("deliveries", std::to_string(rows->back().seq));
  }
  json::array items;
  for (const state::DeliveryRow& row : *rows) items.push_back(to_json(row, webhook->cursor.epoch));
  return page_response(std::move(items), next);
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

// A place in the dead letters of a tenant: webhooks in order, in each the newest event first.
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

// One more than `most` when there are others; `found` goes on from what it has.
class LetterSearch {
 public:
  LetterSearch(state::WebhookStore& store, const std::string& tenant, state::DeliveryFilter filter,
               std::uint32_t most)
      : store_(store), tenant_(tenant), filter_(std::move(filter)), most_(most) {
    filter_.state = state::DeliveryState::kDead;
  }

  base::Result<void> search(const LetterPlace& from) {
    if (from.webhook != base::Uuid{}) {
      const auto webhook = store_.find_webhook(tenant_, from.webhook);
      if (!webhook) return base::fail(webhook.error());
      // Its letters may have gone with it.
      if (*webhook) {
        if (auto taken = take(**webhook, from.before); !taken) return taken;
      }
    }
    base::Uuid after = from.webhook;
    for (bool more = true; more && items.size() <= most_;) {
      const auto page = store_.list_webhooks(tenant_, after, kWebhookPage);
      if (!page) return base::fail(page.error());
      more = page->size() == kWebhookPage;
      for (const state::WebhookRow& webhook : *page) {
        after = webhook.id;
        if (webhook.dead == 0 || items.size() > most_) continue;
        if (auto taken = take(webhook, 0); !taken) return taken;
      }
    }
    return {};
  }

  json::array items;
  std::vector<std::string> places;

 private:
  base::Result<void> take(const state::WebhookRow& webhook, std::uint64_t before) {
    filter_.webhook = webhook.id;
    const auto missing = most_ + 1 - static_cast<std::uint32_t>(items.size());
    const auto rows = store_.list_deliveries(tenant_, filter_, before, missing);
    if (!rows) return base::fail(rows.error());
    for (const state::DeliveryRow& row : *rows) {
      items.push_back(to_json(row, webhook.cursor.epoch));
      places.push_back(fmt::format("{} {}", row.webhook.to_string(), row.seq));
    }
    return {};
  }

  state::WebhookStore& store_;
  const std::string& tenant_;
  state::DeliveryFilter filter_;
  const std::uint32_t most_;
};

Response list_dead_letters(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {"type", "limit", "cursor"});
  if (!query) return bad_request(request, query.error());
  const auto limit = query->number("limit", 1, kMaxLimit, kDefaultLimit);
  if (!limit) return bad_request(request, limit.error());
  auto filter = filter_of(*query);
  if (!filter) return bad_request(request, filter.error());
  const auto from = letter_place_of(*query);
  if (!from) return bad_request(request, from.error());
  LetterSearch letters(dependencies.webhooks->store(), request.tenant, *std::move(filter), *limit);
  if (auto found = letters.search(*from); !found) return problem(request, found.error());
  std::string next;
  if (letters.items.size() > *limit) {
    letters.items.resize(*limit);
    next = make_cursor("deadletters", letters.places[*limit - 1]);
  }
  return page_response(std::move(letters.items), next);
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
    add("GET", std::move(path), DirectHandler{[&dependencies, list](Request& request) {
          return dependencies.webhooks ? list(dependencies, request) : no_webhooks(request);
        }});
  };
  add_list("/v1/webhooks/{id}/deliveries", &list_deliveries);
  add_list("/v1/webhooks/{id}/deliveries/{seq}", &show_delivery);
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
