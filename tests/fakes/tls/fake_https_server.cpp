#include "tests/fakes/tls/fake_https_server.hpp"

#include <charconv>
#include <mutex>
#include <optional>

namespace paynamed::fakes {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

// The head of a request; nothing when it is not well-formed.
std::optional<FakeHttpRequest> parse_head(const std::string& head) {
  FakeHttpRequest request;
  const std::size_t line_end = head.find("\r\n");
  const std::string line = head.substr(0, line_end);
  const std::size_t first = line.find(' ');
  const std::size_t second = line.rfind(' ');
  if (first == line.npos || first == second || line.substr(second + 1) != "HTTP/1.1") return std::nullopt;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, second - first - 1);
  if (request.target.empty() || request.target.front() != '/') return std::nullopt;
  for (std::size_t at = line_end + 2; at < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::string field = head.substr(at, end - at);
    at = end + 2;
    if (field.empty()) break;
    const std::size_t colon = field.find(':');
    if (colon == field.npos || colon == 0 || field.find_first_of(" \t") < colon) return std::nullopt;
    const std::size_t value = field.find_first_not_of(" \t", colon + 1);
    const auto [place, added] = request.headers.emplace(lower(field.substr(0, colon)),
                                                        value == field.npos ? "" : field.substr(value));
    if (!added) return std::nullopt;
  }
  // RFC 9112 section 3.2: a request without Host is refused.
  if (!request.headers.contains("host") || request.headers.contains("transfer-encoding")) return std::nullopt;
  return request;
}

std::string render(const FakeHttpReply& reply, bool with_body) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " As Scripted\r\n";
  for (const auto& [name, value] : reply.headers) text += name + ": " + value + "\r\n";
  if (!reply.chunked)
    return text + "Content-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n" +
           (with_body ? reply.body : "");
  text += "Transfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < reply.body.size(); at += 1000) {
    const std::string part = reply.body.substr(at, 1000);
    char size[16];
    const auto end = std::to_chars(size, size + sizeof size, part.size(), 16).ptr;
    text += std::string{size, end} + "\r\n" + part + "\r\n";
  }
  return text + "0\r\n\r\n";
}

}  // namespace

struct FakeHttpsServer::State {
  Script script;
  mutable std::mutex mutex;
  std::vector<FakeHttpRequest> requests;  // guarded by mutex
  int malformed = 0;                      // guarded by mutex

  void serve(TlsSession& session) {
    std::string unread;
    while (true) {
      std::size_t head_end = std::string::npos;
      while ((head_end = unread.find("\r\n\r\n")) == unread.npos) {
        auto more = session.read();
        if (!more || unread.size() > 64 * 1024) return;
        unread += *more;
      }
      auto request = parse_head(unread.substr(0, head_end + 4));
      unread.erase(0, head_end + 4);
      if (!request) {
        const std::lock_guard lock(mutex);
        ++malformed;
        session.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
      }
      std::size_t size = 0;
      if (const auto found = request->headers.find("content-length"); found != request->headers.end()) {
        const std::string& text = found->second;
        std::from_chars(text.data(), text.data() + text.size(), size);
      }
      while (unread.size() < size) {
        auto more = session.read();
        if (!more) return;
        unread += *more;
      }
      request->body = unread.substr(0, size);
      unread.erase(0, size);
      request->connection = session.number();
      request->server_name = session.server_name();
      FakeHttpReply reply;
      {
        const std::lock_guard lock(mutex);
        request->number = static_cast<int>(requests.size()) + 1;
        requests.push_back(*request);
        reply = script(*request);
      }
      if (reply.close_before) return;
      if (reply.hang) return session.wait_for_end();
      if (!reply.raw.empty()) {
        session.write(reply.raw);
        return;
      }
      if (!session.write(render(reply, request->method != "HEAD")) || reply.close_after) return;
    }
  }
};

FakeHttpsServer::FakeHttpsServer(const TlsIdentity& identity, Script script, FakeTlsOptions options)
    : state_(new State{std::move(script), {}, {}, 0}),
      server_(
          identity, [state = state_.get()](TlsSession& session) { state->serve(session); },
          std::move(options)) {}
FakeHttpsServer::~FakeHttpsServer() = default;

std::uint16_t FakeHttpsServer::port() const {
  return server_.port();
}
int FakeHttpsServer::connections() const {
  return server_.connections();
}

std::vector<FakeHttpRequest> FakeHttpsServer::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

int FakeHttpsServer::malformed_requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->malformed;
}

}  // namespace paynamed::fakes
