#include <fmt/format.h>

#include "api/body.hpp"
#include "api/cursor.hpp"
#include "api/problem.hpp"
#include "api/render.hpp"
#include "api/render_payment.hpp"
#include "api/routes.hpp"
#include "api/submission.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;
using boost::asio::awaitable;

constexpr std::uint32_t kDefaultLimit = 50;
constexpr std::uint32_t kMaxLimit = 500;
// BOLT 11: a field has at most 1023 groups of five bits.
constexpr std::size_t kMaxMemoBytes = 639;
constexpr std::size_t kMaxReferenceBytes = 256;
constexpr std::uint64_t kDefaultExpiry = 3'600;
constexpr std::uint64_t kMinExpiry = 60;
constexpr std::uint64_t kMaxExpiry = 366 * 86'400;

template <class T>
using Checked = tl::expected<T, Response>;

tl::unexpected<Response> refuse(Response response) {
  return tl::unexpected<Response>(std::move(response));
}

Result<std::uint32_t> read_expiry(const Body& body) {
  auto expiry = body.positive("expiry");
  if (!expiry) return base::fail(expiry.error());
  const std::uint64_t seconds = *expiry == 0 ? kDefaultExpiry : *expiry;
  if (seconds < kMinExpiry || seconds > kMaxExpiry) {
    return base::fail(base::invalid_argument(
        fmt::format("'expiry' must be between {} and {} seconds", kMinExpiry, kMaxExpiry)));
  }
  return static_cast<std::uint32_t>(seconds);
}

// {amount_msat?, memo?, reference?, expiry?}
Result<state::InvoiceTerms> read_terms(const Request& request) {
  state::InvoiceTerms terms;
  if (request.body.empty()) return terms;
  auto body = Body::parse(request.body);
  if (!body) return base::fail(body.error());
  if (auto known = body->only({"amount_msat", "memo", "reference", "expiry"}); !known)
    return base::fail(known.error());
  auto amount = body->amount_msat("amount_msat");
  if (!amount) return base::fail(amount.error());
  auto memo = body->text("memo", kMaxMemoBytes);
  if (!memo) return base::fail(memo.error());
  auto reference = body->text("reference", kMaxReferenceBytes);
  if (!reference) return base::fail(reference.error());
  auto expiry = read_expiry(*body);
  if (!expiry) return base::fail(expiry.error());
  terms.amount_msat = *amount;
  terms.memo = *std::move(memo);
  terms.reference = *std::move(reference);
  terms.expiry_seconds = *expiry;
  return terms;
}

Checked<state::NewInvoice> read_wish(const Dependencies& dependencies, Request& request) {
  auto name = base::Name::parse(request.path_arguments.at(0));
  if (!name) return refuse(problem(request, name.error()));
  auto terms = read_terms(request);
  if (!terms) return refuse(bad_request(request, terms.error()));
  auto idempotency = idempotency_of(request);
  if (!idempotency) return refuse(bad_request(request, idempotency.error()));
  state::NewInvoice wish;
  wish.tenant = request.tenant;
  wish.time = dependencies.clock.wall();
  wish.id = base::Uuid::v7(wish.time, dependencies.random);
  wish.name = name->text();
  wish.terms = *std::move(terms);
  wish.idempotency_key = std::move(idempotency->key);
  wish.request_hash = std::move(idempotency->request_hash);
  return wish;
}

awaitable<Response> make_invoice(const Dependencies& dependencies, Request& request) {
  auto wish = read_wish(dependencies, request);
  if (!wish) co_return std::move(wish.error());
  request.answer_if_stopping(
      problem(request, base::deadline_exceeded(
                           "the daemon stops before the node has answered; send the request again with the "
                           "same Idempotency-Key, or wait for invoice.created")));
  std::string correlation_id = request.correlation_id;
  auto made = co_await dependencies.payments.make_invoice(*std::move(wish), std::move(correlation_id));
  if (!made) co_return problem(request, made.error());
  Response response = json_response(201, to_json(made->invoice));
  response.headers.add("Location", "/v1/invoices/" + made->invoice.id.to_string());
  if (made->replayed) response.headers.add("Idempotency-Replayed", "true");
  co_return response;
}

Response show_invoice(const Dependencies& dependencies, Request& request) {
  const auto id = base::Uuid::parse(request.path_arguments.at(0));
  if (!id) return problem(request, base::not_found("there is no such invoice: its id is not a UUID"));
  auto row = dependencies.payments.invoices->find_invoice(request.tenant, *id);
  if (!row) return problem(request, row.error());
  if (!*row) return problem(request, base::not_found("there is no invoice " + id->to_string()));
  return json_response(200, to_json(**row));
}

Response list_invoices(const Dependencies& dependencies, Request& request, const std::string& name) {
  std::vector<std::string> known{"state", "limit", "cursor"};
  if (name.empty()) known.emplace_back("name");
  auto query = Query::parse(request.query, known);
  if (!query) return bad_request(request, query.error());
  auto limit = query->number("limit", 1, kMaxLimit, kDefaultLimit);
  if (!limit) return bad_request(request, limit.error());
  std::optional<state::InvoiceState> state;
  if (const std::string* text = query->find("state")) {
    state = state::invoice_state_from(*text);
    if (!state) {
      return bad_request(request,
                         base::invalid_argument("the query parameter 'state' must be open, paid or expired"));
    }
  }
  const std::string asked = name.empty() ? query->text("name") : name;
  std::string narrowed;
  if (!asked.empty()) {
    auto parsed = base::Name::parse(asked);
    if (!parsed) return problem(request, parsed.error());
    narrowed = parsed->text();
  }
  base::Uuid before;
  if (const std::string* cursor = query->find("cursor")) {
    const auto place = read_cursor("invoices", *cursor);
    const auto id = place ? base::Uuid::parse(*place) : std::nullopt;
    if (!id) {
      return bad_request(request,
                         base::invalid_argument("the cursor is not one of this list; pass 'next' unchanged"));
    }
    before = *id;
  }
  auto rows =
      dependencies.payments.invoices->list_invoices(request.tenant, narrowed, state, before, *limit + 1);
  if (!rows) return problem(request, rows.error());
  std::string next;
  if (rows->size() > *limit) {
    rows->resize(*limit);
    next = make_cursor("invoices", rows->back().id.to_string());
  }
  json::array items;
  for (const state::InvoiceRow& row : *rows) items.push_back(to_json(row));
  return page_response(std::move(items), next);
}

}  // namespace

void add_invoice_routes(Router& router, const Dependencies& dependencies) {
  const auto add = [&](std::string method, std::string path, Handler handler) {
    router.add(Route{std::move(method), std::move(path), Access::kKeyed, std::move(handler)});
  };
  add("POST", "/v1/names/{name}/invoices",
      WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
        return make_invoice(dependencies, request);
      }});
  add("GET", "/v1/names/{name}/invoices", DirectHandler{[&dependencies](Request& request) {
        return list_invoices(dependencies, request, request.path_arguments.at(0));
      }});
  add("GET", "/v1/invoices",
      DirectHandler{[&dependencies](Request& request) { return list_invoices(dependencies, request, {}); }});
  add("GET", "/v1/invoices/{id}",
      DirectHandler{[&dependencies](Request& request) { return show_invoice(dependencies, request); }});
}

}  // namespace paynamed::api
