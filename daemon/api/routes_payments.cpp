#include "api/cursor.hpp"
#include "api/problem.hpp"
#include "api/render.hpp"
#include "api/render_payment.hpp"
#include "api/routes.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kDefaultLimit = 50;
constexpr std::uint32_t kMaxLimit = 500;

Response show_payment(const Dependencies& dependencies, Request& request) {
  const auto id = base::Uuid::parse(request.path_arguments.at(0));
  if (!id) return problem(request, base::not_found("there is no such payment: its id is not a UUID"));
  auto row = dependencies.payments.payments->find_payment(request.tenant, *id);
  if (!row) return problem(request, row.error());
  if (!*row) return problem(request, base::not_found("there is no payment " + id->to_string()));
  return json_response(200, to_json(**row));
}

Response list_payments(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {"name", "limit", "cursor"});
  if (!query) return bad_request(request, query.error());
  auto limit = query->number("limit", 1, kMaxLimit, kDefaultLimit);
  if (!limit) return bad_request(request, limit.error());
  std::string name = query->text("name");
  if (!name.empty()) {
    auto parsed = base::Name::parse(name);
    if (!parsed) return problem(request, parsed.error());
    name = parsed->text();
  }
  base::Uuid before;
  if (const std::string* cursor = query->find("cursor")) {
    const auto place = read_cursor("payments", *cursor);
    const auto id = place ? base::Uuid::parse(*place) : std::nullopt;
    if (!id) {
      return bad_request(request,
                         base::invalid_argument("the cursor is not one of this list; pass 'next' unchanged"));
    }
    before = *id;
  }
  auto rows = dependencies.payments.payments->list_payments(request.tenant, name, before, *limit + 1);
  if (!rows) return problem(request, rows.error());
  std::string next;
  if (rows->size() > *limit) {
    rows->resize(*limit);
    next = make_cursor("payments", rows->back().id.to_string());
  }
  json::array items;
  for (const state::PaymentRow& row : *rows) items.push_back(to_json(row));
  return page_response(std::move(items), next);
}

}  // namespace

void add_payment_routes(Router& router, const Dependencies& dependencies) {
  router.add(Route{"GET", "/v1/payments", Access::kKeyed, DirectHandler{[&dependencies](Request& request) {
                     return list_payments(dependencies, request);
                   }}});
  router.add(Route{
      "GET", "/v1/payments/{id}", Access::kKeyed,
      DirectHandler{[&dependencies](Request& request) { return show_payment(dependencies, request); }}});
}

}  // namespace paynamed::api
