// The children of bench_fanout.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/bench/benchmarks.hpp"
#include "tests/bench/fanout_peers.hpp"
#include "tests/fakes/event_host/event_host.hpp"

namespace paynamed::bench {
namespace {

// Of a burst: units that are on their way to the writer at once, each with one event.
constexpr std::size_t kAtOnce = 64;
// Of a batched burst: events in one unit.
constexpr std::size_t kUnit = 64;

void wait_until(std::uint64_t due) {
  const std::uint64_t now = monotonic_ns();
  if (due > now) std::this_thread::sleep_for(std::chrono::nanoseconds(due - now));
}

std::uint64_t due_at(std::uint64_t begin, std::size_t index, double rate) {
  return begin + static_cast<std::uint64_t>(static_cast<double>(index) / rate * 1e9);
}

fakes::LoggedEvent event(std::uint64_t n) {
  return {"plugin.benchmark", "alice@example.com", fanout_data(n)};
}

// `rate` a second; 0: as fast as it goes; below 0: the same, many in one unit.
void publish(fakes::EventHost& host, std::uint64_t first, std::size_t count, double rate) {
  if (rate == 0) return host.append_each(count, kAtOnce, [&](std::size_t i) { return event(first + i); });
  const std::uint64_t begin = monotonic_ns();
  const std::size_t unit = rate > 0 ? 1 : kUnit;
  for (std::size_t i = 0; i < count; i += unit) {
    if (rate > 0) wait_until(due_at(begin, i, rate));
    std::vector<fakes::LoggedEvent> events;
    for (std::size_t j = i; j < std::min(i + unit, count); ++j) events.push_back(event(first + j));
    host.append(events);
  }
}

}  // namespace

void serve_events(const Options& options, std::uint16_t port) {
  boost::json::object table{{"listen", "127.0.0.1:" + std::to_string(port)},
                            {"threads", 2},
                            {"max_per_peer", 1'000'000},
                            {"max_connections", 20'000}};
  fakes::EventHost host(options.modules / "websocket.so", std::move(table), options.folder);
  host.start();
  std::cout << host.port() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::uint64_t first = 0;
    std::size_t count = 0;
    double rate = 0;
    words >> first >> count >> rate;
    publish(host, first, count, rate);
    std::cout << "done" << std::endl;
  }
}

// As little of a server as a client of ours can take for one.
void serve_frames(std::size_t count) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener, 4096) != 0)
    throw std::runtime_error("no socket to listen at");
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::cout << ntohs(address.sin_port) << std::endl;
  std::vector<int> sockets;
  std::array<char, 4096> bytes;
  while (sockets.size() < count) {
    const int socket = ::accept(listener, nullptr, nullptr);
    if (::recv(socket, bytes.data(), bytes.size(), 0) <= 0) continue;
    constexpr std::string_view kAnswer = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
    ::send(socket, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
    sockets.push_back(socket);
  }
  // Each line: how many frames for each, and how many a second. One write a frame, as a server of live events
  // does.
  std::uint64_t n = 0;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::size_t rounds = 0;
    double rate = 0;
    words >> rounds >> rate;
    const std::uint64_t begin = monotonic_ns();
    for (std::size_t i = 0; i < rounds; ++i) {
      wait_until(due_at(begin, i, rate));
      const std::string data =
          R"({"subscription":1,"event":{"data":)" + fanout_data(++n) + std::string(400, ' ') + "}}";
      std::string frame("\x81\x7e", 2);
      frame += static_cast<char>(data.size() >> 8);
      frame += static_cast<char>(data.size() & 255);
      frame += data;
      for (const int socket : sockets) {
        std::string_view left = frame;
        while (!left.empty()) {
          const ssize_t sent = ::send(socket, left.data(), left.size(), MSG_NOSIGNAL);
          if (sent <= 0) return;
          left.remove_prefix(static_cast<std::size_t>(sent));
        }
      }
    }
  }
}

}  // namespace paynamed::bench
