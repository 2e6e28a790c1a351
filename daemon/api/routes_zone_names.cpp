#include <fmt/format.h>

#include "api/body.hpp"
#include "api/cursor.hpp"
#include "api/entries_json.hpp"
#include "api/problem.hpp"
#include "api/render.hpp"
#include "api/routes.hpp"
#include "api/submission.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;
using boost::asio::awaitable;

constexpr std::uint32_t kDefaultLimit = 100;
constexpr std::uint32_t kMaxLimit = 1000;
constexpr std::size_t kMaxTextBytes = 256;

awaitable<Response> list_entries(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {"limit", "cursor"});
  if (!query) co_return bad_request(request, query.error());
  auto limit = query->number("limit", 1, kMaxLimit, kDefaultLimit);
  if (!limit) co_return bad_request(request, limit.error());
  std::string after;
  if (const std::string* cursor = query->find("cursor")) {
    auto place = read_cursor("zone-names", *cursor);
    if (!place) {
      co_return bad_request(
          request, base::invalid_argument("the cursor is not one of this list; pass 'next' unchanged"));
    }
    after = std::move(*place);
  }
  std::string tenant = request.tenant;
  std::string domain = request.path_arguments.at(0);
  auto page = co_await dependencies.domain_work->entries(std::move(tenant), std::move(domain),
                                                         std::move(after), *limit);
  if (!page) co_return problem(request, page.error());
  json::array items;
  for (const domains::ZoneEntry& entry : page->entries) items.push_back(to_json(entry));
  json::object body{{"items", std::move(items)},
                    {"next", nullptr},
                    {"total", page->total},
                    {"shows_aliases", page->shows_aliases}};
  if (!page->next.empty()) body["next"] = make_cursor("zone-names", page->next);
  co_return json_response(200, body);
}

struct Wanted {
  std::string owner;
  std::string reference;
  std::string fingerprint;
  bool take_over = false;
  bool bulk = false;
};

// {owner?, reference?, fingerprint?, take_over?, priority?}
base::Result<Wanted> read_adoption(const Request& request) {
  auto body = Body::parse(request.body.empty() ? "{}" : request.body);
  if (!body) return base::fail(body.error());
  if (auto known = body->only({"owner", "reference", "fingerprint", "take_over", "priority"}); !known)
    return base::fail(known.error());
  auto owner = body->text("owner", kMaxTextBytes);
  if (!owner) return base::fail(owner.error());
  auto reference = body->text("reference", kMaxTextBytes);
  if (!reference) return base::fail(reference.error());
  auto fingerprint = body->text("fingerprint", kMaxTextBytes);
  if (!fingerprint) return base::fail(fingerprint.error());
  auto bulk = read_bulk(*body);
  if (!bulk) return base::fail(bulk.error());
  return Wanted{*std::move(owner), *std::move(reference), *std::move(fingerprint), body->is_true("take_over"),
                *bulk};
}

// A request that was answered before is not judged by what stands in the zone since.
bool was_answered(const Dependencies& dependencies, const Request& request) {
  const std::string* key = request.headers.find("Idempotency-Key");
  if (key == nullptr) return false;
  const auto use = dependencies.store.find_key_use(request.tenant, *key);
  return use && use->has_value();
}

awaitable<Response> adopt(const Dependencies& dependencies, Request& request) {
  auto name = base::Name::parse(request.path_arguments.at(0));
  if (!name) co_return problem(request, name.error());
  auto wanted = read_adoption(request);
  if (!wanted) co_return bad_request(request, wanted.error());
  pipeline::Command command = new_command(state::Verb::kRegister, *name);
  if (!was_answered(dependencies, request)) {
    std::string tenant = request.tenant;
    auto adopting = co_await dependencies.domain_work->adoption(std::move(tenant), *std::move(name),
                                                                wanted->fingerprint, wanted->take_over);
    if (!adopting) co_return problem(request, adopting.error());
    command = *std::move(adopting);
  }
  command.owner = std::move(wanted->owner);
  command.reference = std::move(wanted->reference);
  command.bulk = wanted->bulk;
  if (auto filled = fill_from(request, command); !filled) co_return bad_request(request, filled.error());
  std::vector<std::string> warnings;
  co_return co_await submit(dependencies, request, std::move(command), std::move(warnings));
}

}  // namespace

void add_zone_name_routes(Router& router, const Dependencies& dependencies) {
  router.add(Route{"GET", "/v1/domains/{domain}/zone-names", Access::kKeyed,
                   WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
                     co_return co_await list_entries(dependencies, request);
                   }}});
  router.add(Route{"POST", "/v1/names/{name}/adopt", Access::kKeyed,
                   WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
                     co_return co_await adopt(dependencies, request);
                   }}});
}

}  // namespace paynamed::api
