#include "api/problem.hpp"

#include <fmt/format.h>

#include <array>

#include "base/id.hpp"

namespace paynamed::api {
namespace {

struct Mapping {
  base::Code code;
  unsigned status;
  std::string_view type;
};

// Types are stable identifiers for programs; they are relative to this API (RFC 9457 section 3.1.1).
constexpr std::array kMappings{
    Mapping{base::Code::kInvalidArgument, 422, "/problems/rule-broken"},
    Mapping{base::Code::kNotFound, 404, "/problems/not-found"},
    Mapping{base::Code::kAlreadyExists, 409, "/problems/already-exists"},
    Mapping{base::Code::kFailedPrecondition, 409, "/problems/not-in-this-state"},
    Mapping{base::Code::kPermissionDenied, 403, "/problems/not-allowed"},
    Mapping{base::Code::kUnauthenticated, 401, "/problems/unauthenticated"},
    Mapping{base::Code::kResourceExhausted, 503, "/problems/too-busy"},
    Mapping{base::Code::kUnavailable, 503, "/problems/unavailable"},
    Mapping{base::Code::kDeadlineExceeded, 504, "/problems/too-late"},
    Mapping{base::Code::kOutOfRange, 410, "/problems/position-gone"},
    Mapping{base::Code::kUnimplemented, 501, "/problems/not-implemented"},
};

constexpr std::uint32_t kRetryAfterSeconds = 1;
constexpr std::size_t kMaxPathShown = 256;

// A path may come with any bytes; a document has to be UTF-8.
std::string shown_path(std::string_view path) {
  std::string out;
  for (const char c : path.substr(0, kMaxPathShown)) out += c > 0x20 && c < 0x7f ? c : '?';
  return out;
}

}  // namespace

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Error";
  }
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  return out + '"';
}

Response problem(const Request& request, unsigned status, std::string_view type, std::string_view detail,
                 std::string_view members) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/problem+json");
  response.body =
      fmt::format(R"({{"type":{},"title":{},"status":{},"detail":{},"instance":{},"correlation_id":{}{}{}}})",
                  api::quoted(type), api::quoted(reason_phrase(status)), status, api::quoted(detail),
                  api::quoted(shown_path(request.path)), api::quoted(request.correlation_id),
                  members.empty() ? "" : ",", members);
  return response;
}

Response problem(const Request& request, const base::Status& status) {
  // The store says in the detail which run of the name is open.
  std::string open_run;
  if (status.code() == base::Code::kAborted || status.code() == base::Code::kAlreadyExists) {
    if (const auto run = base::Uuid::parse(status.detail()))
      open_run = fmt::format(R"("run":"{0}","links":{{"run":"/v1/runs/{0}"}})", run->to_string());
  }
  if (status.code() == base::Code::kAborted) {
    // Without one it was the revision that did not match.
    Response response = open_run.empty()
                            ? problem(request, 412, "/problems/revision-mismatch", status.message())
                            : problem(request, 409, "/problems/run-open", status.message(), open_run);
    response.cause = status;
    return response;
  }
  for (const Mapping& mapping : kMappings) {
    if (mapping.code != status.code()) continue;
    std::string members = open_run;
    if (mapping.code == base::Code::kInvalidArgument)
      members = fmt::format("\"rule\":{}", api::quoted(status.message()));
    Response response = problem(request, mapping.status, mapping.type, status.message(), members);
    if (mapping.status == 401) response.headers.add("WWW-Authenticate", R"(Bearer realm="paynamed")");
    if (mapping.status == 503) {
      const std::uint32_t seconds = (status.retry_after_ms() + 999) / 1000;
      response.headers.add("Retry-After", std::to_string(seconds == 0 ? kRetryAfterSeconds : seconds));
    }
    response.cause = status;
    return response;
  }
  Response response =
      problem(request, 500, "/problems/internal",
              "the daemon could not do this; its log has the reason under this correlation id");
  response.cause = status;
  return response;
}

Response bad_request(const Request& request, const base::Status& status) {
  Response response = problem(request, 400, "/problems/bad-request", status.message());
  response.cause = status;
  return response;
}

}  // namespace paynamed::api
