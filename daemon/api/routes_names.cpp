#include <fmt/format.h>

#include "api/body.hpp"
#include "api/cursor.hpp"
#include "api/if_match.hpp"
#include "api/problem.hpp"
#include "api/render.hpp"
#include "api/routes.hpp"
#include "api/source.hpp"
#include "api/submission.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;
using boost::asio::awaitable;

constexpr std::size_t kMaxOwnerBytes = 256;
constexpr std::size_t kMaxReferenceBytes = 256;
constexpr std::uint32_t kDefaultLimit = 100;
constexpr std::uint32_t kMaxLimit = 500;
constexpr std::uint32_t kMaxOffersShown = 20;

// How a request is refused: 400 for its form, 422 for a rule it breaks.
template <class T>
using Checked = tl::expected<T, Response>;

tl::unexpected<Response> refuse(Response response) {
  return tl::unexpected<Response>(std::move(response));
}

void note_folding(bool folded, const base::Name& name, std::vector<std::string>& warnings) {
  if (folded) warnings.push_back(fmt::format("the name was folded to lower case: {}", name.text()));
}

// A command on the name in the path.
Checked<pipeline::Command> command_on_path(Request& request, state::Verb verb) {
  auto name = base::Name::parse(request.path_arguments.at(0));
  if (!name) return refuse(problem(request, name.error()));
  auto revision = if_match_of(request, "name");
  if (!revision) return refuse(bad_request(request, revision.error()));
  pipeline::Command command = new_command(verb, std::move(*name));
  command.expected_revision = *revision;
  if (auto filled = fill_from(request, command); !filled) return refuse(bad_request(request, filled.error()));
  return command;
}

struct Registration {
  pipeline::Command command;
  std::vector<std::string> warnings;
};

Checked<Registration> finish_registration(Request& request, const Body& body, base::Result<base::Name> name,
                                          bool folded, pipeline::Source source) {
  if (!name) return refuse(problem(request, name.error()));
  auto owner = body.text("owner", kMaxOwnerBytes);
  if (!owner) return refuse(bad_request(request, owner.error()));
  auto reference = body.text("reference", kMaxReferenceBytes);
  if (!reference) return refuse(bad_request(request, reference.error()));
  auto bulk = read_bulk(body);
  if (!bulk) return refuse(bad_request(request, bulk.error()));
  Registration registration{new_command(state::Verb::kRegister, std::move(*name)), {}};
  registration.command.owner = std::move(*owner);
  registration.command.reference = std::move(*reference);
  registration.command.source = std::move(source);
  registration.command.bulk = *bulk;
  if (auto filled = fill_from(request, registration.command); !filled) {
    return refuse(bad_request(request, filled.error()));
  }
  note_folding(folded, registration.command.name, registration.warnings);
  return registration;
}

// {name, owner?, reference?, source?, priority?}
Checked<Registration> read_registration(Request& request) {
  auto body = Body::parse(request.body);
  if (!body) return refuse(bad_request(request, body.error()));
  if (auto known = body->only({"name", "owner", "reference", "source", "priority"}); !known) {
    return refuse(bad_request(request, known.error()));
  }
  pipeline::Source source;
  if (body->has("source")) {
    auto object = body->object("source");
    if (!object) return refuse(bad_request(request, object.error()));
    if (auto known = object->only({"node", "instance", "uri", "offer"}); !known) {
      return refuse(bad_request(request, known.error()));
    }
    auto read = read_source(*object, true);
    if (!read) return refuse(bad_request(request, read.error()));
    source = std::move(*read);
  }
  auto text = body->text("name", 1024, true);
  if (!text) return refuse(bad_request(request, text.error()));
  bool folded = false;
  auto name = base::Name::parse(*text, &folded);
  return finish_registration(request, *body, std::move(name), folded, std::move(source));
}

// The domain of a caller who named none: the only one that the tenant has.
base::Result<std::string> only_domain(const Dependencies& dependencies, const std::string& tenant) {
  std::vector<std::string> domains;
  for (const DomainInfo& domain : dependencies.domains()) {
    for (const std::string& allowed : domain.tenants) {
      if (allowed == tenant) domains.push_back(domain.name);
    }
  }
  if (domains.size() == 1) return domains.front();
  return base::fail(base::invalid_argument(
      domains.empty() ? "there is no domain for this key; ask the operator to configure one"
                      : fmt::format("say in 'domain' which one it shall be: {}", fmt::join(domains, ", "))));
}

// {name} or {username, domain?}, and offer?, owner?, reference?, priority?
Checked<Registration> read_simple_registration(const Dependencies& dependencies, Request& request) {
  auto body = Body::parse(request.body);
  if (!body) return refuse(bad_request(request, body.error()));
  if (auto known = body->only({"name", "username", "domain", "offer", "owner", "reference", "priority"});
      !known) {
    return refuse(bad_request(request, known.error()));
  }
  if (body->has("name") == body->has("username") || (body->has("name") && body->has("domain"))) {
    return refuse(bad_request(
        request,
        base::invalid_argument("send either 'name' (user@domain) or 'username' with an optional 'domain'")));
  }
  auto source = read_source(*body, false);
  if (!source) return refuse(bad_request(request, source.error()));
  auto user = body->text(body->has("name") ? "name" : "username", 1024, true);
  if (!user) return refuse(bad_request(request, user.error()));
  bool folded = false;
  if (body->has("name")) {
    auto name = base::Name::parse(*user, &folded);
    return finish_registration(request, *body, std::move(name), folded, std::move(*source));
  }
  auto domain = body->text("domain", 1024);
  if (!domain) return refuse(bad_request(request, domain.error()));
  if (domain->empty()) {
    auto only = only_domain(dependencies, request.tenant);
    if (!only) return refuse(problem(request, only.error()));
    domain = std::move(only);
  }
  auto name = base::Name::from_parts(*user, *domain, &folded);
  return finish_registration(request, *body, std::move(name), folded, std::move(*source));
}

// The body is the source, perhaps with a priority; `revision` may stand in it instead of If-Match.
Checked<pipeline::Command> read_new_source(Request& request) {
  auto command = command_on_path(request, state::Verb::kSetSource);
  if (!command) return command;
  auto body = Body::parse(request.body);
  if (!body) return refuse(bad_request(request, body.error()));
  if (auto known = body->only({"node", "instance", "uri", "offer", "revision", "priority"}); !known) {
    return refuse(bad_request(request, known.error()));
  }
  auto source = read_source(*body, true);
  if (!source) return refuse(bad_request(request, source.error()));
  command->source = std::move(*source);
  auto bulk = read_bulk(*body);
  if (!bulk) return refuse(bad_request(request, bulk.error()));
  command->bulk = *bulk;
  auto revision = body->positive("revision");
  if (!revision) return refuse(bad_request(request, revision.error()));
  if (*revision != 0 && command->expected_revision != 0 && *revision != command->expected_revision) {
    return refuse(
        bad_request(request, base::invalid_argument("If-Match and 'revision' name different revisions")));
  }
  if (*revision != 0) command->expected_revision = *revision;
  return command;
}

Response list_names(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {"domain", "state", "limit", "cursor"});
  if (!query) return bad_request(request, query.error());
  auto limit = query->number("limit", 1, kMaxLimit, kDefaultLimit);
  if (!limit) return bad_request(request, limit.error());
  std::optional<state::NameState> state;
  if (const std::string* text = query->find("state")) {
    state = state::name_state_from(*text);
    if (!state) {
      return bad_request(request,
                         base::invalid_argument("the query parameter 'state' must be registering, published, "
                                                "live, degraded or quarantined"));
    }
  }
  std::string after;
  if (const std::string* cursor = query->find("cursor")) {
    auto place = read_cursor("names", *cursor);
    if (!place) {
      return bad_request(request,
                         base::invalid_argument("the cursor is not one of this list; pass 'next' unchanged"));
    }
    after = std::move(*place);
  }
  auto rows = dependencies.store.list_names(request.tenant, query->text("domain"), state, after, *limit + 1);
  if (!rows) return problem(request, rows.error());
  std::string next;
  if (rows->size() > *limit) {
    rows->resize(*limit);
    next = make_cursor("names", rows->back().name);
  }
  json::array items;
  for (const state::NameRow& row : *rows)
    items.push_back(to_json(row, dependencies.nodes.receivable(row, request.tenant)));
  return page_response(std::move(items), next);
}

Response show_name(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {});
  if (!query) return bad_request(request, query.error());
  auto name = base::Name::parse(request.path_arguments.at(0));
  if (!name) return problem(request, name.error());
  auto row = dependencies.store.find_name(request.tenant, name->text());
  if (!row) return problem(request, row.error());
  if (!*row) return problem(request, base::not_found(fmt::format("there is no name {}", name->text())));
  std::string tag = fmt::format("\"{}\"", (*row)->revision);
  auto offers = dependencies.store.offers_of(request.tenant, name->text(), kMaxOffersShown);
  if (!offers) return problem(request, offers.error());
  json::object object = to_json(**row, dependencies.nodes.receivable(**row, request.tenant));
  json::array shown;
  for (const state::OfferRow& offer : *offers) shown.push_back(to_json(offer));
  object["offers"] = std::move(shown);
  Response response = json_response(200, object);
  response.headers.add("ETag", std::move(tag));
  return response;
}

}  // namespace

void add_name_routes(Router& router, const Dependencies& dependencies) {
  const auto add = [&](std::string method, std::string path, Handler handler) {
    router.add(Route{std::move(method), std::move(path), Access::kKeyed, std::move(handler)});
  };
  add("POST", "/v1/names", WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
        auto registration = read_registration(request);
        if (!registration) co_return std::move(registration.error());
        co_return co_await submit(dependencies, request, std::move(registration->command),
                                  std::move(registration->warnings));
      }});
  add("POST", "/register-username", WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
        auto registration = read_simple_registration(dependencies, request);
        if (!registration) co_return std::move(registration.error());
        co_return co_await submit(dependencies, request, std::move(registration->command),
                                  std::move(registration->warnings));
      }});
  add("GET", "/v1/names",
      DirectHandler{[&dependencies](Request& request) { return list_names(dependencies, request); }});
  add("GET", "/v1/names/{name}",
      DirectHandler{[&dependencies](Request& request) { return show_name(dependencies, request); }});
  add("DELETE", "/v1/names/{name}", WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
        auto command = command_on_path(request, state::Verb::kRemove);
        if (!command) co_return std::move(command.error());
        std::vector<std::string> warnings;
        co_return co_await submit(dependencies, request, std::move(*command), std::move(warnings));
      }});
  for (const auto& [verb, path] : {std::pair{state::Verb::kRotate, "/v1/names/{name}/rotate"},
                                   std::pair{state::Verb::kRepair, "/v1/names/{name}/repair"}}) {
    add("POST", path, WaitingHandler{[&dependencies, verb = verb](Request& request) -> awaitable<Response> {
          auto command = command_on_path(request, verb);
          if (!command) co_return std::move(command.error());
          std::vector<std::string> warnings;
          co_return co_await submit(dependencies, request, std::move(*command), std::move(warnings));
        }});
  }
  add("PUT", "/v1/names/{name}/source",
      WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
        auto command = read_new_source(request);
        if (!command) co_return std::move(command.error());
        std::vector<std::string> warnings;
        co_return co_await submit(dependencies, request, std::move(*command), std::move(warnings));
      }});
}

}  // namespace paynamed::api
