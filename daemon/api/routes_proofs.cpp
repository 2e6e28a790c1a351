#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>

#include "api/problem.hpp"
#include "api/render.hpp"
#include "api/routes.hpp"
#include "names/bip321.hpp"
#include "names/lint/report_json.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;
using boost::asio::awaitable;

constexpr std::string_view kBinary = "application/octet-stream";
constexpr std::string_view kBetween = ".user._bitcoin-payment.";

using Bytes = std::vector<std::uint8_t>;

Bytes chain_of(const state::Proof& proof) {
  Bytes chain = proof.leaf;
  chain.insert(chain.end(), proof.trunk.begin(), proof.trunk.end());
  return chain;
}

// BIP-353: PSBT_OUT_DNSSEC_PROOF is the length of the name, the name and the chain.
Bytes psbt_value(const std::string& name, const state::Proof& proof) {
  Bytes value;
  value.push_back(static_cast<std::uint8_t>(name.size()));
  value.insert(value.end(), name.begin(), name.end());
  const Bytes chain = chain_of(proof);
  value.insert(value.end(), chain.begin(), chain.end());
  return value;
}

std::string base64(const Bytes& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

json::object to_json(const std::string& name, const state::Proof& proof) {
  return json::object{
      {"chain", base64(chain_of(proof))},           {"psbt_dnssec_proof", base64(psbt_value(name, proof))},
      {"made", base::to_rfc3339(proof.made)},       {"valid_from", base::to_rfc3339(proof.valid_from)},
      {"expires", base::to_rfc3339(proof.expires)}, {"max_cache_ttl", proof.max_cache_ttl_seconds},
  };
}

// How long others may keep it: no longer than the least TTL of the chain (BIP-353), counted from when it was
// made.
std::string cache_control(const state::Proof& proof, base::WallTime now) {
  const base::WallTime end =
      std::min(proof.expires, proof.made + std::chrono::seconds{proof.max_cache_ttl_seconds});
  const auto left = std::chrono::floor<std::chrono::seconds>(end - now).count();
  return fmt::format("public, max-age={}", std::max<std::int64_t>(left, 0));
}

Response binary_response(const Bytes& bytes) {
  Response response;
  response.headers.add("Content-Type", std::string{kBinary});
  response.body.assign(bytes.begin(), bytes.end());
  return response;
}

// Pages of any origin may read what is public.
Response open_to_all(Response response) {
  response.headers.add("Access-Control-Allow-Origin", "*");
  return response;
}

// Of a name that the caller's tenant has.
base::Result<state::Proof> stored_proof(const Dependencies& dependencies, const Request& request,
                                        const base::Name& name) {
  auto row = dependencies.store.find_name(request.tenant, name.text());
  if (!row) return base::fail(row.error());
  if (!*row) return base::fail(base::not_found(fmt::format("there is no name {}", name.text())));
  if ((*row)->state == state::NameState::kQuarantined) {
    return base::fail(
        base::not_found(fmt::format("{} was removed; register it again to have a proof", name.text())));
  }
  auto proof = dependencies.store.find_proof(name.text());
  if (!proof) return base::fail(proof.error());
  if (!*proof) {
    std::string why = fmt::format("{} is not proven: it is {}; look at its run", name.text(),
                                  state::to_string((*row)->state));
    return base::fail(base::failed_precondition(std::move(why)));
  }
  return **std::move(proof);
}

Response show_lint(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {});
  if (!query) return bad_request(request, query.error());
  auto name = base::Name::parse(request.path_arguments.at(0));
  if (!name) return problem(request, name.error());
  auto proof = stored_proof(dependencies, request, *name);
  if (!proof) return problem(request, proof.error());
  auto report = dependencies.lint_of(*name, *proof);
  if (!report) return problem(request, report.error());
  json::object object = names::to_json(*report);
  object["name"] = name->text();
  object["value"] = proof->value;
  object["all_can_pay"] = report->all_can_pay();
  return json_response(200, object);
}

Response show_proof(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {"format"});
  if (!query) return bad_request(request, query.error());
  auto name = base::Name::parse(request.path_arguments.at(0));
  if (!name) return problem(request, name.error());
  auto proof = stored_proof(dependencies, request, *name);
  if (!proof) return problem(request, proof.error());
  const std::string* format = query->find("format");
  const std::string accept = request.headers.joined("Accept");
  const bool binary = format ? *format == "binary" : accept == kBinary;
  if (binary) return binary_response(chain_of(*proof));
  if (format && *format == "psbt") return binary_response(psbt_value(name->text(), *proof));
  if (format && *format != "json") {
    return bad_request(request,
                       base::invalid_argument("the query parameter 'format' must be json, binary or psbt"));
  }
  json::object object = to_json(name->text(), *proof);
  object["name"] = name->text();
  object["owner_name"] = name->owner_name();
  object["value"] = proof->value;
  return json_response(200, object);
}

// "alice.user._bitcoin-payment.example.com." as a name.
base::Result<base::Name> name_of_owner(const std::string& owner) {
  std::string lower = owner;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::size_t at = lower.find(kBetween);
  if (at == std::string::npos) {
    return base::fail(base::invalid_argument(
        "only payment names are proven: 'd' must be user.user._bitcoin-payment.domain."));
  }
  return base::Name::from_parts(lower.substr(0, at), lower.substr(at + kBetween.size()));
}

// As the proof server of the bLIP 32 reference implementation.
awaitable<Response> dnssec_proof(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {"d", "t"});
  if (!query) co_return open_to_all(bad_request(request, query.error()));
  if (!equal_ignoring_case(query->text("t"), "txt")) {
    co_return open_to_all(
        bad_request(request, base::invalid_argument("only TXT records are proven: 't' must be txt")));
  }
  auto name = name_of_owner(query->text("d"));
  if (!name) co_return open_to_all(bad_request(request, name.error()));
  auto proof = co_await dependencies.proof_of(*std::move(name), !request.tenant.empty());
  if (!proof) co_return open_to_all(problem(request, proof.error()));
  Response response = open_to_all(binary_response(chain_of(*proof)));
  response.headers.add("Cache-Control", cache_control(*proof, dependencies.clock.wall()));
  co_return response;
}

awaitable<Response> resolve(const Dependencies& dependencies, Request& request) {
  auto query = Query::parse(request.query, {});
  if (!query) co_return open_to_all(bad_request(request, query.error()));
  auto name = base::Name::parse(request.path_arguments.at(0));
  if (!name) co_return open_to_all(problem(request, name.error()));
  const std::string text = name->text();
  auto proof = co_await dependencies.proof_of(*std::move(name), !request.tenant.empty());
  if (!proof) co_return open_to_all(problem(request, proof.error()));
  auto payment = names::parse_payment_uri(proof->value);
  if (!payment) {
    base::Status status = base::failed_precondition(fmt::format(
        "the record of {} is proven, but wallets cannot use it: {}", text, payment.error().message()));
    co_return open_to_all(problem(request, status));
  }
  json::object object{{"name", text}, {"uri", proof->value}};
  json::array offers;
  for (const names::Offer& offer : payment->offers) offers.emplace_back(offer.text);
  object["offers"] = std::move(offers);
  json::array warnings;
  for (const names::Warning& warning : payment->warnings) {
    warnings.push_back(json::object{{"code", warning.code}, {"message", warning.message}});
  }
  object["warnings"] = std::move(warnings);
  object["proof"] = to_json(text, *proof);
  Response response = open_to_all(json_response(200, object));
  response.headers.add("Cache-Control", cache_control(*proof, dependencies.clock.wall()));
  co_return response;
}

}  // namespace

void add_proof_routes(Router& router, const Dependencies& dependencies) {
  Route proof{"GET", "/v1/names/{name}/proof", Access::kKeyed,
              DirectHandler{[&dependencies](Request& request) { return show_proof(dependencies, request); }}};
  proof.other_media = kBinary;
  router.add(std::move(proof));
  router.add(
      Route{"GET", "/v1/names/{name}/lint", Access::kKeyed,
            DirectHandler{[&dependencies](Request& request) { return show_lint(dependencies, request); }}});
  router.add(Route{"GET", "/dnssecproof", Access::kOpen,
                   WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
                     return dnssec_proof(dependencies, request);
                   }}});
  router.add(Route{"GET", "/v1/resolve/{name}", Access::kOpen,
                   WaitingHandler{[&dependencies](Request& request) -> awaitable<Response> {
                     return resolve(dependencies, request);
                   }}});
}

}  // namespace paynamed::api
