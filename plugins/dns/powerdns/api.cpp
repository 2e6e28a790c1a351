#include "api.hpp"

#include "refusal.hpp"

namespace paynamed::powerdns {
namespace {

// A zone of about 80,000 names; also what reading one name of it may bring, for the server adds all comments.
constexpr std::uint32_t kMostReplyBytes = 16U * 1024 * 1024;

HttpRequest request_to(const std::string& method, const std::string& url) {
  HttpRequest request;
  request.set_method(method);
  request.set_url(url);
  request.set_max_reply_bytes(kMostReplyBytes);
  return request;
}

void add_header(HttpRequest& request, const std::string& name, std::string_view value) {
  auto* header = request.add_headers();
  header->set_name(name);
  header->set_value(std::string(value));
}

// Files end in a line break.
std::string_view without_line_break(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  return text;
}

}  // namespace

HttpReply Api::send(HttpRequest request, const Call& call) const {
  const SecretValue key = access_.api_key.read_now();
  add_header(request, "X-API-Key", without_line_break(key.reveal()));
  add_header(request, "Accept", "application/json");
  request.set_allow_plain(access_.url.plain());
  if (access_.authorities) request.set_trust_pem(std::string(access_.authorities->read_now().reveal()));
  return http_.request_now(request, call, access_.timeout);
}

std::string Api::ask(const std::string& url, const std::string& zone, const Call& call) const {
  HttpReply reply;
  try {
    reply = send(request_to("GET", url), call);
  } catch (const Error& error) {
    switch (error.code()) {
      case Code::kUnknown:
      case Code::kDeadlineExceeded:
        throw Error(Code::kUnavailable,
                    "PowerDNS at " + server() + " did not answer a question about " + zone + ".",
                    error.message());
      case Code::kDataLoss:
        throw Error(Code::kUnavailable,
                    "What answers at " + server() + " does not speak HTTP; check \"url\".", error.message());
      case Code::kOutOfRange:
        throw Error(Code::kFailedPrecondition,
                    "PowerDNS at " + server() + " gives more than 16 MiB for a question about " + zone +
                        "; set \"owner_marker\" to false and remove the comments, or split the zone.",
                    error.message());
      default:
        throw;
    }
  }
  throw_unless_done(reply, {server(), access_.server_id, zone, false});
  return std::move(*reply.mutable_body());
}

std::vector<RRset> Api::name(const std::string& zone, const std::string& name, const Call& call) const {
  std::vector<RRset> found = read_rrsets(ask(access_.url.name_in_zone(zone, name), zone, call));
  std::erase_if(found, [&](const RRset& each) { return each.name != name; });
  return found;
}

std::vector<RRset> Api::whole_zone(const std::string& zone, const Call& call) const {
  return read_rrsets(ask(access_.url.whole_zone(zone), zone, call));
}

bool Api::is_signed(const std::string& zone, const Call& call) const {
  return read_signed_flag(ask(access_.url.zone(zone), zone, call));
}

std::vector<Key> Api::keys(const std::string& zone, const Call& call) const {
  return read_keys(ask(access_.url.keys_of(zone), zone, call));
}

void Api::change(const std::string& zone, const std::string& body, const Call& call) const {
  HttpRequest request = request_to("PATCH", access_.url.whole_zone(zone));
  add_header(request, "Content-Type", "application/json");
  request.set_body(body);
  HttpReply reply;
  try {
    reply = send(std::move(request), call);
  } catch (const Error& error) {
    // The server has or may have acted.
    if (error.code() != Code::kDataLoss && error.code() != Code::kOutOfRange) throw;
    throw Error(Code::kUnknown,
                "The answer of " + server() + " to a change of " + zone +
                    " is not PowerDNS's; whether the change was made is not known.",
                error.message());
  }
  throw_unless_done(reply, {server(), access_.server_id, zone, true});
}

}  // namespace paynamed::powerdns
