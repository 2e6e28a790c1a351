#include "http_answer.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace paynamed::websocket {
namespace {

std::string_view title_of(unsigned status) {
  switch (status) {
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
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Service Unavailable";
  }
}

}  // namespace

std::string http_answer(unsigned status, std::string_view why, std::uint32_t retry_after_ms) {
  const std::string body = boost::json::serialize(
      boost::json::object{{"title", title_of(status)}, {"status", status}, {"detail", why}});
  std::string answer = "HTTP/1.1 " + std::to_string(status) + " " + std::string(title_of(status)) +
                       "\r\nServer: paynamed\r\nContent-Type: application/problem+json\r\n";
  if (status == 401) answer += "WWW-Authenticate: Bearer\r\n";
  if (status == 405) answer += "Allow: GET\r\n";
  if (status == 426) answer += "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  if (retry_after_ms > 0) answer += "Retry-After: " + std::to_string((retry_after_ms + 999) / 1'000) + "\r\n";
  return answer + "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

unsigned status_of(const Error& error) {
  if (error.code() == Code::kUnauthenticated) return 401;
  return error.code() == Code::kResourceExhausted ? 429 : 503;
}

}  // namespace paynamed::websocket
