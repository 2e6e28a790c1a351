#include "tests/integration/dns/counting_relay.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace paynamed::names {
namespace {

sockaddr_in place(const std::string& address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &out.sin_addr);
  return out;
}

bool comes(int socket, int milliseconds) {
  pollfd watched{socket, POLLIN, 0};
  return poll(&watched, 1, milliseconds) == 1;
}

}  // namespace

CountingRelay::CountingRelay(const std::vector<std::string>& addresses, std::uint16_t server_port)
    : server_port_(server_port) {
  bool bound = false;
  for (int attempt = 0; attempt < 20 && !bound; ++attempt) bound = bind_all(addresses, 0);
  if (!bound) throw std::runtime_error("no port is free at all addresses");
  for (std::size_t i = 0; i < addresses.size(); ++i)
    threads_.emplace_back([this, address = addresses[i], socket = sockets_[i]] { serve(address, socket); });
}

CountingRelay::~CountingRelay() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
  for (const int socket : sockets_) close(socket);
}

bool CountingRelay::bind_all(const std::vector<std::string>& addresses, std::uint16_t port) {
  for (const std::string& address : addresses) {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockets_.push_back(socket);
    sockaddr_in here = place(address, port);
    socklen_t size = sizeof here;
    if (bind(socket, reinterpret_cast<sockaddr*>(&here), size) != 0 ||
        getsockname(socket, reinterpret_cast<sockaddr*>(&here), &size) != 0) {
      for (const int each : sockets_) close(each);
      sockets_.clear();
      return false;
    }
    port = ntohs(here.sin_port);
  }
  port_ = port;
  return true;
}

void CountingRelay::serve(std::string address, int socket) {
  std::array<std::uint8_t, 4096> packet{};
  const sockaddr_in server = place(address, server_port_);
  while (!stopping_) {
    if (!comes(socket, 50)) continue;
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got =
        recvfrom(socket, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got <= 0) continue;
    {
      const std::lock_guard lock(mutex_);
      questions_[address].push_back(Clock::now());
    }
    const int up = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t answer = -1;
    if (connect(up, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0 &&
        send(up, packet.data(), static_cast<std::size_t>(got), 0) == got && comes(up, 1000)) {
      answer = recv(up, packet.data(), packet.size(), 0);
    }
    close(up);
    if (answer > 0) {
      sendto(socket, packet.data(), static_cast<std::size_t>(answer), 0, reinterpret_cast<sockaddr*>(&from),
             size);
    }
  }
}

std::vector<CountingRelay::Clock::time_point> CountingRelay::questions(const std::string& address) const {
  const std::lock_guard lock(mutex_);
  const auto found = questions_.find(address);
  return found == questions_.end() ? std::vector<Clock::time_point>{} : found->second;
}

std::size_t CountingRelay::total() const {
  const std::lock_guard lock(mutex_);
  std::size_t sum = 0;
  for (const auto& [address, times] : questions_) sum += times.size();
  return sum;
}

std::size_t CountingRelay::most_in_a_second() const {
  const std::lock_guard lock(mutex_);
  std::size_t most = 0;
  for (const auto& [address, times] : questions_) {
    for (std::size_t first = 0, last = 0; last < times.size(); ++last) {
      while (times[last] - times[first] >= std::chrono::seconds{1}) ++first;
      most = std::max(most, last - first + 1);
    }
  }
  return most;
}

}  // namespace paynamed::names
