#include "connection.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <paynamed/error.hpp>
#include <utility>

namespace paynamed::rfc2136 {
namespace {

class Socket {
 public:
  explicit Socket(int number) : number_(number) {}
  Socket(Socket&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (number_ >= 0) close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

std::string name_of(const Server& server) {
  return server.host + " port " + std::to_string(server.port);
}

// The connection-time words for an errno; strerror is not safe on several threads.
std::string reason(int error) {
  char text[128] = {};
  return strerror_r(error, text, sizeof text);
}

// True when the socket is ready, false when the time is over.
bool wait_for(const Socket& socket, short events, const Remaining& remaining) {
  while (true) {
    const auto left = remaining();
    if (left.count() <= 0) return false;
    pollfd watched{socket.number(), events, 0};
    const int ready = poll(&watched, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 3'600'000)));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) return true;  // the next call on the socket says what is wrong
  }
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

// Null when there are none; `why` says why then.
Addresses look_up(const std::string& host, std::uint16_t port, int flags, std::string& why) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* raw = nullptr;
  const int failed = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &raw);
  if (failed != 0) {
    why = gai_strerror(failed);
    return nullptr;
  }
  return Addresses(raw);
}

// A connected socket, or an invalid one; `why` says why then.
Socket try_one(const addrinfo& address, const Remaining& remaining, std::string& why) {
  Socket socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.number() < 0) {
    why = reason(errno);
    return Socket(-1);
  }
  if (connect(socket.number(), address.ai_addr, address.ai_addrlen) == 0) return socket;
  if (errno != EINPROGRESS) {
    why = reason(errno);
    return Socket(-1);
  }
  if (!wait_for(socket, POLLOUT, remaining)) {
    why = "it does not answer";
    return Socket(-1);
  }
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error == 0) return socket;
  why = reason(error);
  return Socket(-1);
}

Socket connect_to(const Server& server, const Remaining& remaining) {
  std::string why = "no address";
  std::vector<Addresses> lists;
  if (server.addresses.empty()) {
    lists.push_back(look_up(server.host, server.port, 0, why));
    if (!lists.back()) {
      throw Error(Code::kUnavailable,
                  "The DNS server \"" + server.host + "\" has no address; check \"server\".", why);
    }
  }
  for (const auto& each : server.addresses) {
    if (auto list = look_up(each, server.port, AI_NUMERICHOST, why)) lists.push_back(std::move(list));
  }
  std::vector<const addrinfo*> candidates;
  for (const auto& list : lists) {
    for (const addrinfo* each = list.get(); each != nullptr; each = each->ai_next) candidates.push_back(each);
  }
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    // A silent address must leave time for the next one.
    const auto share = [&, parts = static_cast<std::int64_t>(candidates.size() - i)] {
      return remaining() / parts;
    };
    Socket socket = try_one(*candidates[i], share, why);
    if (socket.number() < 0) continue;
    const int on = 1;
    setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
  }
  throw Error(Code::kUnavailable, "The DNS server " + name_of(server) + " cannot be reached (" + why +
                                      "); nothing was changed. Check that it runs and listens there.");
}

Error silent(const Server& server) {
  return Error(Code::kDeadlineExceeded,
               "The DNS server " + name_of(server) +
                   " did not answer in time; whether it made the change is not known.");
}

Error hung_up(const Server& server, const std::string& why) {
  return Error(Code::kUnknown, "The DNS server " + name_of(server) +
                                   " ended the connection without an answer (" + why +
                                   "); whether it made the change is not known.");
}

void send_all(const Socket& socket, std::span<const std::uint8_t> bytes, const Server& server,
              const Remaining& remaining) {
  while (!bytes.empty()) {
    if (!wait_for(socket, POLLOUT, remaining)) throw silent(server);
    const ssize_t sent = send(socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (sent < 0) throw hung_up(server, reason(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
}

void read_all(const Socket& socket, std::span<std::uint8_t> bytes, const Server& server,
              const Remaining& remaining) {
  while (!bytes.empty()) {
    if (!wait_for(socket, POLLIN, remaining)) throw silent(server);
    const ssize_t got = recv(socket.number(), bytes.data(), bytes.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) throw hung_up(server, reason(errno));
    if (got == 0) throw hung_up(server, "closed");
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace

std::vector<std::uint8_t> exchange(const Server& server, std::span<const std::uint8_t> message,
                                   const Remaining& remaining) {
  std::vector<std::uint8_t> answer;
  exchange(server, message, remaining, [&answer](std::span<const std::uint8_t> wire) {
    answer.assign(wire.begin(), wire.end());
    return true;
  });
  return answer;
}

void exchange(const Server& server, std::span<const std::uint8_t> message, const Remaining& remaining,
              const std::function<bool(std::span<const std::uint8_t>)>& take) {
  const Socket socket = connect_to(server, remaining);
  std::vector<std::uint8_t> framed{static_cast<std::uint8_t>(message.size() >> 8),
                                   static_cast<std::uint8_t>(message.size() & 0xff)};
  framed.insert(framed.end(), message.begin(), message.end());
  send_all(socket, framed, server, remaining);
  for (bool done = false; !done;) {
    std::uint8_t prefix[2] = {};
    read_all(socket, prefix, server, remaining);
    std::vector<std::uint8_t> answer(static_cast<std::size_t>(prefix[0] << 8 | prefix[1]));
    read_all(socket, answer, server, remaining);
    done = take(answer);
  }
}

}  // namespace paynamed::rfc2136
