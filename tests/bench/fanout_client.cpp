#include "tests/bench/fanout_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string_view>

namespace paynamed::bench {
namespace {

constexpr std::size_t kOnTheirWay = 256;
constexpr std::size_t kBuffer = 1U << 20;
constexpr double kOpenSeconds = 60;
constexpr int kSilenceMs = 20'000;

// The number behind `mark`; `otherwise` when it is not there.
std::uint64_t number_after(std::string_view text, std::string_view mark, std::uint64_t otherwise) {
  const void* found = ::memmem(text.data(), text.size(), mark.data(), mark.size());
  if (!found) return otherwise;
  const char* const first = static_cast<const char*>(found) + mark.size();
  std::uint64_t value = otherwise;
  std::from_chars(first, text.data() + text.size(), value);
  return value;
}

std::string masked_text(std::string_view payload) {
  std::string frame("\x81", 1);
  if (payload.size() < 126) {
    frame += static_cast<char>(128 | payload.size());
  } else {
    frame += static_cast<char>(128 | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 255);
  }
  // A mask of zeros is one, too.
  frame.append(4, '\0');
  return frame.append(payload);
}

}  // namespace

std::uint64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000ULL + static_cast<std::uint64_t>(now.tv_nsec);
}

struct FanoutClient::Connection {
  enum class State { kNew, kConnecting, kUpgrading, kAsking, kOpen, kClosed };
  int socket = -1;
  std::size_t index = 0;
  State state = State::kNew;
  std::string rest;  // of a frame that has not come whole
  std::uint64_t last = 0;
};

FanoutClient::FanoutClient() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(kBuffer) {}

FanoutClient::~FanoutClient() {
  close_all();
  ::close(epoll_);
}

void FanoutClient::close_all() {
  for (Connection& connection : connections_) {
    if (connection.socket >= 0) ::close(connection.socket);
  }
  connections_.clear();
  wishes_.clear();
  open_ = opening_ = 0;
}

void FanoutClient::forget() {
  messages_ = bytes_ = lost_ = closed_ = 0;
  latencies_ms_.clear();
}

double FanoutClient::cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void FanoutClient::open(std::size_t count, const std::function<Wish(std::size_t)>& wish) {
  close_all();
  connections_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    connections_[i].index = i;
    wishes_.push_back(wish(i));
  }
  const std::uint64_t end = monotonic_ns() + static_cast<std::uint64_t>(kOpenSeconds * 1e9);
  std::size_t next = 0;
  while (open_ < count) {
    if (monotonic_ns() > end) throw std::runtime_error("the connections did not open in a minute");
    for (std::size_t looked = 0; looked < count && opening_ < kOnTheirWay;
         ++looked, next = (next + 1) % count) {
      if (connections_[next].state == Connection::State::kNew) begin(connections_[next]);
    }
    step(20);
  }
}

void FanoutClient::begin(Connection& connection) {
  connection.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (connection.socket < 0) throw std::runtime_error("no socket to be had; raise the limit of open files");
  const int on = 1;
  ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(wishes_[connection.index].port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  connection.state = Connection::State::kConnecting;
  connection.rest.clear();
  connection.last = wishes_[connection.index].seen;
  ++opening_;
  epoll_event event{};
  event.events = EPOLLOUT;
  event.data.u64 = connection.index;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event);
}

void FanoutClient::drop(Connection& connection) {
  ::close(connection.socket);
  connection.socket = -1;
  if (connection.state == Connection::State::kOpen) {
    ++closed_;
    --open_;
    connection.state = Connection::State::kClosed;
  } else {
    --opening_;
    connection.state = Connection::State::kNew;
  }
}

bool FanoutClient::step(int wait_ms) {
  std::array<epoll_event, 256> events;
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
  for (int i = 0; i < count; ++i)
    ready(connections_[events[static_cast<std::size_t>(i)].data.u64],
          events[static_cast<std::size_t>(i)].events);
  return count > 0;
}

void FanoutClient::ready(Connection& connection, std::uint32_t events) {
  if (connection.state == Connection::State::kConnecting) {
    const std::string& request = wishes_[connection.index].request;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0 ||
        ::send(connection.socket, request.data(), request.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(request.size())) {
      return drop(connection);
    }
    connection.state = Connection::State::kUpgrading;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = connection.index;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.socket, &event);
    return;
  }
  const ssize_t size = ::recv(connection.socket, buffer_.data(), buffer_.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return drop(connection);
  bytes_ += static_cast<std::uint64_t>(size);
  if (connection.rest.empty()) return take(connection, buffer_.data(), static_cast<std::size_t>(size));
  std::string all = std::move(connection.rest);
  connection.rest.clear();
  all.append(buffer_.data(), static_cast<std::size_t>(size));
  take(connection, all.data(), all.size());
}

void FanoutClient::take(Connection& connection, const char* data, std::size_t size) {
  std::size_t at = 0;
  if (connection.state == Connection::State::kUpgrading) {
    const std::string_view text(data, size);
    const std::size_t end = text.find("\r\n\r\n");
    if (end == text.npos) {
      connection.rest.assign(data, size);
      return;
    }
    if (!text.starts_with("HTTP/1.1 101")) return drop(connection);
    at = end + 4;
    const Wish& wish = wishes_[connection.index];
    if (wish.message.empty()) {
      connection.state = Connection::State::kOpen;
      --opening_;
      ++open_;
    } else {
      connection.state = Connection::State::kAsking;
      const std::string frame = masked_text(wish.message);
      if (::send(connection.socket, frame.data(), frame.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(frame.size()))
        return drop(connection);
    }
  }
  const std::uint64_t now = monotonic_ns();
  while (size - at >= 2) {
    const auto byte = [&](std::size_t offset) { return static_cast<unsigned char>(data[at + offset]); };
    std::size_t header = 2;
    std::uint64_t length = byte(1) & 127U;
    const std::size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (size - at < header + more) break;
    if (more > 0) length = 0;
    for (std::size_t i = 0; i < more; ++i) length = length << 8 | byte(header + i);
    header += more;
    if (size - at < header + length) break;
    frame(connection, byte(0) & 15U, data + at + header, length, now);
    if (connection.socket < 0) return;
    at += header + length;
  }
  if (at < size) connection.rest.assign(data + at, size - at);
}

void FanoutClient::frame(Connection& connection, unsigned opcode, const char* payload, std::size_t size,
                         std::uint64_t now_ns) {
  if (opcode == 9) {
    constexpr char kPong[] = {static_cast<char>(0x8a), static_cast<char>(0x80), 0, 0, 0, 0};
    ::send(connection.socket, kPong, sizeof(kPong), MSG_NOSIGNAL);
    return;
  }
  if (opcode == 8) return drop(connection);
  const std::string_view text(payload, size);
  if (connection.state == Connection::State::kAsking) {
    if (text.find(wishes_[connection.index].answer) == text.npos) return;
    connection.state = Connection::State::kOpen;
    --opening_;
    ++open_;
    return;
  }
  const std::uint64_t n = number_after(text, "\"n\":", 0);
  if (n == 0) return;
  ++messages_;
  if (n != connection.last + 1) ++lost_;
  connection.last = n;
  if (n == target_) ++at_target_;
  const std::uint64_t published = number_after(text, "\"t\":", 0);
  if (published != 0) latencies_ms_.push_back(static_cast<double>(now_ns - published) / 1e6);
}

bool FanoutClient::read_until(std::uint64_t n) {
  target_ = n;
  at_target_ = static_cast<std::size_t>(
      std::ranges::count_if(connections_, [&](const Connection& each) { return each.last >= n; }));
  while (at_target_ < connections_.size()) {
    if (!step(kSilenceMs)) return false;
  }
  return true;
}

void FanoutClient::read_for(double seconds) {
  const std::uint64_t end = monotonic_ns() + static_cast<std::uint64_t>(seconds * 1e9);
  for (std::uint64_t now = monotonic_ns(); now < end; now = monotonic_ns())
    step(static_cast<int>((end - now) / 1'000'000) + 1);
}

}  // namespace paynamed::bench
