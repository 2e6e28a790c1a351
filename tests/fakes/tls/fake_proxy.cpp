#include "tests/fakes/tls/fake_proxy.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <mutex>
#include <optional>
#include <thread>

#include "tests/fakes/tls/fake_tls_server.hpp"

namespace paynamed::fakes {
namespace {

constexpr std::string_view kBadRequest = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

// Where the first line wants to go, and the line that the server gets; nothing when it is malformed.
struct Wanted {
  std::uint16_t port = 0;
  bool tunnel = false;
  std::string line;
};

std::optional<std::uint16_t> port_of(std::string_view authority, std::uint16_t usual) {
  const auto colon = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  if (colon == authority.npos) return usual;
  std::uint16_t port = 0;
  const auto* const end = authority.data() + authority.size();
  const auto [at, error] = std::from_chars(authority.data() + colon + 1, end, port);
  if (error != std::errc{} || at != end || port == 0) return std::nullopt;
  return port;
}

std::optional<Wanted> parse(const std::string& line) {
  const auto first = line.find(' ');
  const auto second = line.rfind(' ');
  if (first == line.npos || first == second || line.substr(second + 1) != "HTTP/1.1") return std::nullopt;
  const std::string method = line.substr(0, first);
  const std::string target = line.substr(first + 1, second - first - 1);
  Wanted wanted;
  if (method == "CONNECT") {
    // RFC 9110 section 9.3.6: host and port, both.
    const auto port = port_of(target, 0);
    if (!port || *port == 0 || target.find('/') != target.npos) return std::nullopt;
    wanted.port = *port;
    wanted.tunnel = true;
    return wanted;
  }
  if (!target.starts_with("http://")) return std::nullopt;
  const auto slash = target.find('/', 7);
  if (slash == target.npos) return std::nullopt;
  const auto port = port_of(std::string_view{target}.substr(7, slash - 7), 80);
  if (!port) return std::nullopt;
  wanted.port = *port;
  wanted.line = method + " " + target.substr(slash) + " HTTP/1.1";
  return wanted;
}

class Upstream {
 public:
  Upstream(const std::string& address, std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~Upstream() { ::close(socket_); }
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  bool connected() const { return connected_; }
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  std::optional<std::string> read() const {
    char block[16384];
    const ssize_t got = ::recv(socket_, block, sizeof block, 0);
    if (got <= 0) return std::nullopt;
    return std::string{block, static_cast<std::size_t>(got)};
  }
  void shut(int how) const { ::shutdown(socket_, how); }

 private:
  int socket_;
  bool connected_ = false;
};

// Bytes both ways until one side has no more.
void carry(TlsSession& client, const Upstream& server) {
  std::thread back{[&] {
    while (auto bytes = server.read()) {
      if (!client.write(*bytes)) break;
    }
  }};
  while (auto bytes = client.read()) {
    if (!server.send(*bytes)) break;
  }
  server.shut(SHUT_RDWR);
  back.join();
}

FakeTlsOptions plain() {
  FakeTlsOptions options;
  options.tls = false;
  return options;
}

}  // namespace

class FakeProxy::Server {
 public:
  explicit Server(FakeProxyOptions options)
      : options_(std::move(options)),
        server_(
            {}, [this](TlsSession& client) { serve(client); }, plain()) {}

  std::uint16_t port() const { return server_.port(); }
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  int malformed() const {
    const std::lock_guard lock(mutex_);
    return malformed_;
  }

 private:
  void serve(TlsSession& client) {
    std::string head;
    std::size_t end = std::string::npos;
    while ((end = head.find("\r\n\r\n")) == head.npos) {
      auto bytes = client.read();
      if (!bytes) return;
      head += *bytes;
    }
    const std::string line = head.substr(0, head.find("\r\n"));
    const auto wanted = parse(line);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(line);
      malformed_ += wanted ? 0 : 1;
    }
    if (options_.hang) return client.wait_for_end();
    if (!options_.answer.empty() || !wanted) {
      client.write(wanted ? std::string_view{options_.answer} : kBadRequest);
      return;
    }
    const Upstream server(options_.address, wanted->port);
    if (!server.connected()) {
      client.write("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    if (wanted->tunnel) {
      if (!client.write("HTTP/1.1 200 Connection Established\r\n\r\n")) return;
      server.send(head.substr(end + 4));
    } else {
      server.send(wanted->line + head.substr(line.size()));
    }
    carry(client, server);
  }

  const FakeProxyOptions options_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;  // guarded by mutex_
  int malformed_ = 0;                  // guarded by mutex_
  FakeTlsServer server_;               // the last: its threads use the others
};

FakeProxy::FakeProxy(FakeProxyOptions options) : server_(std::make_unique<Server>(std::move(options))) {}
FakeProxy::~FakeProxy() = default;

std::uint16_t FakeProxy::port() const {
  return server_->port();
}

std::vector<std::string> FakeProxy::requests() const {
  return server_->requests();
}

int FakeProxy::malformed_requests() const {
  return server_->malformed();
}

}  // namespace paynamed::fakes
