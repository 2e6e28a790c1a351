#include "tests/fakes/dns/free_port.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <stdexcept>

namespace paynamed::fakes {
namespace {

constexpr int kPortTries = 50;

bool is_free(std::uint16_t port, int kind) {
  const int socket = ::socket(AF_INET, kind | SOCK_CLOEXEC, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(port);
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = bind(socket, reinterpret_cast<sockaddr*>(&here), sizeof here) == 0;
  close(socket);
  return bound;
}

}  // namespace

std::uint16_t free_port() {
  std::random_device chance;
  std::uniform_int_distribution<int> ports(12000, 31999);
  for (int i = 0; i < kPortTries; ++i) {
    const auto port = static_cast<std::uint16_t>(ports(chance));
    if (is_free(port, SOCK_DGRAM) && is_free(port, SOCK_STREAM)) return port;
  }
  throw std::runtime_error("no port is free at 127.0.0.1");
}

}  // namespace paynamed::fakes
