#include "api/cursor.hpp"
#include "api/order_body.hpp"
#include "api/problem.hpp"
#include "api/render.hpp"
#include "api/render_order.hpp"
#include "api/routes.hpp"
#include "api/submission.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;
using boost::asio::awaitable;

constexpr std::uint32_t kDefaultLimit = 50;
constexpr std::uint32_t kMaxLimit = 500;
constexpr std::size_t kMaxReferenceBytes = 256;

template <class T>
using Checked = tl::expected<T, Response>;

tl::unexpected<Response> refuse(Response response) {
  return tl::unexpected<Response>(std::move(response));
}

Checked<state::NewOrder> read_wish(const Dependencies& dependencies, Request& request) {
  auto name = base::Name::parse(request.path_arguments.at(0));
  if (!name) return refuse(problem(request, name.error()));
  auto terms = read_order_terms(request.body);
  if (!terms) return refuse(bad_request(request, terms.error()));
  auto idempotency = idempotency_of(request);
  if (!idempotency) return refuse(bad_request(request, idempotency.error()));
  state::NewOrder wish;
  wish.tenant = request.tenant;
  wish.time = dependencies.clock.wall();
  wish.id = base::Uuid::v7(wish.time, dependencies.random);
  wish.name = name->text();
  wish.terms = *std::move(terms);
  wish.idempotency_key = std::move(idempotency->key);
  wish.request_hash = std::move(idempotency->request_hash);
  return wish;
}

awaitable<Response> make_order(const Dependencies& dependencies, Request& request) {
  auto wish = read_wish(dependencies, request);
  if (!wish) co_return std::move(wish.error());
  request.answer_if_stopping(
      problem(request, base::deadline_exceeded(
                           "the daemon stops before the node has answered; send the request again with the "
                           "same Idempotency-Key, or wait for order.created")));
  std::string correlation_id = request.correlation_id;
  auto made = co_await dependencies.payments.make_order(*std::move(wish), std::move(correlation_id));
  if (!made) co_return problem(request, made.error());
  Response response = json_response(201, to_json(made->order));
  response.headers.add("Location", "/v1/orders/" + made->order.id.to_string());
  if (made->replayed) response.headers.add("Idempotency-Replayed", "true");
  co_return response;
}

Response show_order(const Dependencies& dependencies, Request& request) {
  const auto id = base::Uuid::parse(request.path_arguments.at(0));
  if (!id) return problem(request, base::not_found("there is no such order: its id is not a UUID"));
  auto row = dependencies.payments.orders->find_order(request.tenant, *id);
  if (!row) return problem(request, row.error());
  if (!*row) return problem(request, base::not_found("there is no order " + id->to_string()));
  return json_response(200, to_json(**row));
}

Checked<state::OrderFilter> read_filter(Request& request, const Query& query) {
  state::OrderFilter filter;
  if (const std::string* text = query.find("state")) {
    filter.state = state::order_state_from(*text);
    if (!filter.state) {
      return refuse(bad_request(
          request,
          base::invalid_argument("the query parameter 'state' must be open, underpaid, paid, overpaid, "
                                 "late or expired")));
    }
  }
  if (const std::string* text = query.find("reference")) {
    if (text->empty() || text->size() > kMaxReferenceBytes) {
      return refuse(bad_request(
          request, base::invalid_argument("the query parameter 'reference' must have 1 to 256 bytes")));
    }
    filter.reference = *text;
  }
  if (const std::string name = query.text("name"); !name.empty()) {
    auto parsed = base::Name::parse(name);
    if (!parsed) return refuse(problem(request, parsed.error()));
    filter.name = parsed->text();
  }
  return filter;
}

Response list_orders(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {"name", "state", "reference", "limit", "cursor"});
  if (!query) return bad_request(request, query.error());
  auto limit = query->number("limit", 1, kMaxLimit, kDefaultLimit);
  if (!limit) return bad_request(request, limit.error());
  auto filter = read_filter(request, *query);
  if (!filter) return std::move(filter.error());
  base::Uuid before;
  if (const std::string* cursor = query->find("cursor")) {
    const auto place = read_cursor("orders", *cursor);
    const auto id = place ? base::Uuid::parse(*place) : std::nullopt;
    if (!id) {
      return bad_request(request,
                         base::invalid_argument("the cursor is not one of this list; pass 'next' unchanged"));
    }
    before = *id;
  }
  auto rows = dependencies.payments.orders->list_orders(request.tenant, *filter, before, *limit + 1);
  if (!rows) return problem(request, rows.error());
  std::string next;
  if (rows->size() > *limit) {
    rows->resize(*limit);
    next = make_cursor("orders", rows->back().id.to_string());
  }
  json::array items;
  for (const state::OrderRow& row : *rows) items.push_back(to_json(row));
  return page_response(std::move(items), next);
}

}  // namespace

void add_order_routes(Router& router, const Dependencies& dependencies) {
  const auto add = [&](std::string method, std::string path, Handler handler) {
    router.add(Route{std::move(method), std::move(path), Access::kKeyed, std::move(handler)});
  };
  add("POST", "/v1/names/{name}/orders",
      WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
        return make_order(dependencies, request);
      }});
  add("GET", "/v1/orders",
      DirectHandler{[&dependencies](Request& request) { return list_orders(dependencies, request); }});
  add("GET", "/v1/orders/{id}",
      DirectHandler{[&dependencies](Request& request) { return show_order(dependencies, request); }});
}

}  // namespace paynamed::api
