#include "rest.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "pem_file.hpp"
#include "rpc_error.hpp"

namespace paynamed::cln {
namespace json = boost::json;

namespace {

constexpr std::uint32_t kMostAnswer = 16U << 20;  // the most that pn.http/1 takes
constexpr std::size_t kMostRune = 4'096;

// lightningd's numbers for runes: 1501 missing, 1502 not derived from the node's or not permitted, 1503 ...
[[noreturn]] void throw_refused(const std::string& text) {
  if (text.find("Not permitted") != std::string::npos) {
    throw Error(Code::kPermissionDenied,
                "The rune does not allow what is needed; make one with the methods in the plugin's README.");
  }
  throw Error(Code::kUnauthenticated, "The node does not know the rune; make a new one with createrune.");
}

void add_header(HttpRequest& request, const char* name, std::string value) {
  auto* header = request.add_headers();
  header->set_name(name);
  header->set_value(std::move(value));
}

Error told(const Error& error, const JsonCall& asked) {
  switch (error.code()) {
    case Code::kUnavailable:
    case Code::kUnauthenticated:
    case Code::kFailedPrecondition:
    case Code::kInvalidArgument:
    case Code::kResourceExhausted:
      return Error(error.code(), "The node could not be asked: " + error.message(), error.detail(),
                   error.retry_after_ms());
    default:
      return Error(lost_answer(asked),
                   "The node gave no whole answer to " + asked.method + ": " + error.message(),
                   error.detail());
  }
}

struct Refusal {
  std::int64_t code = 0;
  std::string text;
};

std::optional<Refusal> refusal_in(const std::string& body) {
  json::error_code wrong;
  const auto parsed = json::parse(body, wrong);
  const auto* object = wrong ? nullptr : parsed.if_object();
  if (object == nullptr) return std::nullopt;
  const auto* code = object->if_contains("code");
  const auto* text = object->if_contains("message");
  if (code == nullptr || !code->is_int64() || text == nullptr || !text->is_string()) return std::nullopt;
  return Refusal{code->get_int64(), std::string(text->get_string())};
}

}  // namespace

std::string_view checked_rune(const SecretValue& rune) {
  auto text = rune.reveal();
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  const bool plausible =
      !text.empty() && text.size() <= kMostRune &&
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (!plausible) {
    throw Error(Code::kUnauthenticated, "The secret \"rune\" is empty or no rune; write it anew.");
  }
  return text;
}

HttpRequest Rest::request_of(const JsonCall& asked, const SecretValue& rune) const {
  HttpRequest request;
  request.set_method("POST");
  request.set_url(settings_.url + "/v1/" + asked.method);
  request.set_body(json::serialize(asked.params));
  request.set_max_reply_bytes(kMostAnswer);
  if (!settings_.ca_file.empty()) request.set_trust_pem(read_pem(settings_.ca_file, "ca", "ca.pem"));
  if (settings_.ca) request.set_trust_pem(std::string(settings_.ca->read_now().reveal()));
  request.set_repeatable(!asked.changes);
  add_header(request, "rune", std::string(checked_rune(rune)));
  add_header(request, "content-type", "application/json");
  add_header(request, "accept", "application/json");
  return request;
}

json::value Rest::call(const JsonCall& asked, const Call& call) {
  HttpReply reply;
  try {
    reply =
        http_.request_now(request_of(asked, settings_.rune.read_now()), call, settings_.timeout + asked.wait);
  } catch (const Error& error) {
    throw told(error, asked);
  }
  if (reply.status() == 201) {
    json::error_code wrong;
    auto parsed = json::parse(reply.body(), wrong);
    if (wrong) throw Error(lost_answer(asked), "The node's answer to " + asked.method + " is not JSON.");
    return parsed;
  }
  const auto refusal = refusal_in(reply.body());
  if (reply.status() == 401 || reply.status() == 403) throw_refused(refusal ? refusal->text : std::string());
  if (reply.status() == 404) throw RpcError(kUnknownCommand, refusal ? refusal->text : std::string());
  if (reply.status() == 500 && refusal) throw RpcError(refusal->code, refusal->text);
  throw Error(lost_answer(asked), "The node answered " + asked.method + " with HTTP " +
                                      std::to_string(reply.status()) + "; see that \"url\" is clnrest's.");
}

}  // namespace paynamed::cln
