#include "tests/e2e/crash/update_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace paynamed::crash {
namespace {

constexpr int kOpcodeUpdate = 5;
constexpr std::size_t kHeaderBytes = 12;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

bool read_exactly(int from, char* to, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = recv(from, to + done, size - done, 0);
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

// A message behind its two bytes of length (RFC 1035 section 4.2.2); empty at the end of the stream.
std::string read_message(int from) {
  unsigned char length[2] = {};
  if (!read_exactly(from, reinterpret_cast<char*>(length), sizeof length)) return {};
  std::string message(static_cast<std::size_t>(length[0] << 8 | length[1]), '\0');
  if (!read_exactly(from, message.data(), message.size())) return {};
  return message;
}

void write_message(int to, const std::string& message) {
  std::string wire{static_cast<char>(message.size() >> 8), static_cast<char>(message.size() & 0xFF)};
  wire += message;
  for (std::size_t done = 0; done < wire.size();) {
    const ssize_t put = send(to, wire.data() + done, wire.size() - done, MSG_NOSIGNAL);
    if (put <= 0) return;
    done += static_cast<std::size_t>(put);
  }
}

bool is_update(const std::string& message) {
  return message.size() >= kHeaderBytes &&
         ((static_cast<unsigned char>(message[2]) >> 3) & 0xF) == kOpcodeUpdate;
}

}  // namespace

UpdateProxy::UpdateProxy(std::uint16_t server_port) : server_port_(server_port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (listener_ < 0 || bind(listener_, generic(address), size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the update proxy cannot listen");
  }
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

UpdateProxy::~UpdateProxy() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int client : clients_) shutdown(client, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  for (std::thread& each : serving_) each.join();
  close(listener_);
}

void UpdateProxy::accept_all() {
  for (;;) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (client < 0 || stopping_) {
      if (client >= 0) close(client);
      return;
    }
    clients_.push_back(client);
    serving_.emplace_back([this, client] { serve(client); });
  }
}

void UpdateProxy::serve(int client) {
  for (std::string message = read_message(client); !message.empty(); message = read_message(client)) {
    Fate fate = Fate::kPass;
    if (is_update(message)) {
      const std::lock_guard lock(mutex_);
      fate = std::exchange(next_, Fate::kPass);
    }
    std::string answer;
    if (fate != Fate::kHold) answer = ask_server(message);
    if (is_update(message)) {
      const std::lock_guard lock(mutex_);
      if (fate == Fate::kHold) held_ = message;
      ++updates_;
      changed_.notify_all();
    }
    if (fate == Fate::kPass) {
      if (answer.empty()) break;
      write_message(client, answer);
    }
  }
  const std::lock_guard lock(mutex_);
  clients_.erase(std::find(clients_.begin(), clients_.end(), client));
  close(client);
}

std::string UpdateProxy::ask_server(const std::string& message) const {
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(server_port_);
  std::string answer;
  if (server >= 0 && connect(server, generic(address), sizeof address) == 0) {
    write_message(server, message);
    answer = read_message(server);
  }
  if (server >= 0) close(server);
  return answer;
}

void UpdateProxy::next_update(Fate fate) {
  const std::lock_guard lock(mutex_);
  next_ = fate;
}

bool UpdateProxy::wait_for_updates(int count, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return updates_ >= count; });
}

int UpdateProxy::updates() const {
  const std::lock_guard lock(mutex_);
  return updates_;
}

int UpdateProxy::deliver_held() {
  std::optional<std::string> message;
  {
    const std::lock_guard lock(mutex_);
    message.swap(held_);
  }
  if (!message) throw std::logic_error("no update is held");
  const std::string answer = ask_server(*message);
  if (answer.size() < kHeaderBytes) throw std::runtime_error("the server does not answer the held update");
  return static_cast<unsigned char>(answer[3]) & 0xF;
}

}  // namespace paynamed::crash
