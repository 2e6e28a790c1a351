#include <fmt/format.h>

#include <map>
#include <tuple>

#include "api/body.hpp"
#include "api/cursor.hpp"
#include "api/problem.hpp"
#include "api/render.hpp"
#include "api/render_node.hpp"
#include "api/routes.hpp"
#include "api/submission.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;
using boost::asio::awaitable;

constexpr std::uint32_t kDefaultLimit = 50;
constexpr std::uint32_t kMaxLimit = 500;
constexpr std::size_t kMaxTextBytes = 512;

std::string place_text(const NodeView& node) {
  return node.place.instance + "\n" + node.place.reference;
}

Response list_nodes(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {"limit", "cursor"});
  if (!query) return bad_request(request, query.error());
  const auto limit = query->number("limit", 1, kMaxLimit, kDefaultLimit);
  if (!limit) return bad_request(request, limit.error());
  std::string after;
  if (const std::string* cursor = query->find("cursor")) {
    auto place = read_cursor("nodes", *cursor);
    if (!place) {
      return bad_request(request,
                         base::invalid_argument("the cursor is not one of this list; pass 'next' unchanged"));
    }
    after = *std::move(place);
  }
  const auto nodes = dependencies.nodes.list(request.tenant);
  if (!nodes) return problem(request, nodes.error());
  json::array items;
  std::string last;
  for (const NodeView& node : *nodes) {
    std::string place = place_text(node);
    if (place <= after) continue;
    if (items.size() == *limit) return page_response(std::move(items), make_cursor("nodes", last));
    items.push_back(to_json(node));
    last = std::move(place);
  }
  return page_response(std::move(items), {});
}

base::Result<base::Uuid> node_of(const Request& request) {
  const auto id = base::Uuid::parse(request.path_arguments.at(0));
  if (!id) return base::fail(base::not_found("there is no such node: its id is not a UUID"));
  return *id;
}

base::Result<NodeView> find_node(const Dependencies& dependencies, const Request& request, base::Uuid id) {
  auto nodes = dependencies.nodes.list(request.tenant);
  if (!nodes) return base::fail(nodes.error());
  for (NodeView& node : *nodes) {
    if (node.added && node.added->id == id) return std::move(node);
  }
  return base::fail(base::not_found("there is no such node"));
}

Response show_node(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {});
  if (!query) return bad_request(request, query.error());
  const auto id = node_of(request);
  if (!id) return problem(request, id.error());
  const auto node = find_node(dependencies, request, *id);
  return node ? json_response(200, to_json(*node)) : problem(request, node.error());
}

base::Result<std::map<std::string, std::string>> read_secrets(const Body& body) {
  if (!body.has("secrets")) return std::map<std::string, std::string>{};
  auto secrets = body.object("secrets");
  if (!secrets) return base::fail(secrets.error());
  return secrets->raw_texts();
}

// What is wrong is said by names alone: values of the body are secrets.
base::Result<nodes::NodeToAdd> read_node(const Request& request) {
  auto body = Body::parse(request.body);
  if (!body) return base::fail(body.error());
  if (auto known = body->only({"instance", "owner", "label", "address", "secrets"}); !known)
    return base::fail(known.error());
  nodes::NodeToAdd wanted;
  for (const auto& [member, into, required] :
       {std::tuple{"instance", &wanted.instance, true}, std::tuple{"owner", &wanted.owner, false},
        std::tuple{"label", &wanted.label, false}, std::tuple{"address", &wanted.address, true}}) {
    auto text = body->text(member, kMaxTextBytes, required);
    if (!text) return base::fail(text.error());
    *into = *std::move(text);
  }
  auto secrets = read_secrets(*body);
  if (!secrets) return base::fail(secrets.error());
  wanted.secrets = *std::move(secrets);
  auto key = idempotency_key_of(request);
  if (!key) return base::fail(key.error());
  wanted.tenant = request.tenant;
  wanted.idempotency_key = *std::move(key);
  wanted.request = request.body;
  return wanted;
}

awaitable<Response> add_node(const Dependencies& dependencies, Request& request) {
  auto wanted = read_node(request);
  if (!wanted) co_return bad_request(request, wanted.error());
  const auto added = co_await dependencies.nodes.add(*std::move(wanted));
  if (!added) co_return problem(request, added.error());
  const auto node = find_node(dependencies, request, added->node.id);
  if (!node) co_return problem(request, node.error());
  Response response = json_response(201, to_json(*node));
  response.headers.add("Location", "/v1/nodes/" + added->node.id.to_string());
  if (added->replayed) response.headers.add("Idempotency-Replayed", "true");
  co_return response;
}

// As read_node().
base::Result<nodes::NewSecrets> read_credentials(const Request& request, base::Uuid node) {
  auto body = Body::parse(request.body);
  if (!body) return base::fail(body.error());
  if (auto known = body->only({"secrets"}); !known) return base::fail(known.error());
  auto secrets = body->object("secrets");
  if (!secrets) return base::fail(secrets.error());
  auto texts = secrets->raw_texts();
  if (!texts) return base::fail(texts.error());
  return nodes::NewSecrets{request.tenant, node, *std::move(texts)};
}

awaitable<Response> replace_credentials(const Dependencies& dependencies, Request& request) {
  const auto id = node_of(request);
  if (!id) co_return problem(request, id.error());
  auto wanted = read_credentials(request, *id);
  if (!wanted) co_return bad_request(request, wanted.error());
  const auto kept = co_await dependencies.nodes.replace_credentials(*std::move(wanted));
  if (!kept) co_return problem(request, kept.error());
  const auto node = find_node(dependencies, request, *id);
  co_return node ? json_response(200, to_json(*node)) : problem(request, node.error());
}

awaitable<Response> remove_node(const Dependencies& dependencies, Request& request) {
  const auto id = node_of(request);
  if (!id) co_return problem(request, id.error());
  std::string tenant = request.tenant;
  const auto removed = co_await dependencies.nodes.remove(std::move(tenant), *id);
  if (!removed) co_return problem(request, removed.error());
  co_return json_response(200, json::object{{"id", id->to_string()}, {"removed", true}});
}

}  // namespace

void add_node_routes(Router& router, const Dependencies& dependencies) {
  const auto add = [&](std::string method, std::string path, Handler handler) {
    router.add(Route{std::move(method), std::move(path), Access::kKeyed, std::move(handler)});
  };
  add("GET", "/v1/nodes",
      DirectHandler{[&dependencies](Request& request) { return list_nodes(dependencies, request); }});
  add("GET", "/v1/nodes/{id}",
      DirectHandler{[&dependencies](Request& request) { return show_node(dependencies, request); }});
  add("POST", "/v1/nodes",
      WaitingHandler{[&dependencies](Request& request) { return add_node(dependencies, request); }});
  add("PUT", "/v1/nodes/{id}/credentials", WaitingHandler{[&dependencies](Request& request) {
        return replace_credentials(dependencies, request);
      }});
  add("DELETE", "/v1/nodes/{id}",
      WaitingHandler{[&dependencies](Request& request) { return remove_node(dependencies, request); }});
}

}  // namespace paynamed::api
