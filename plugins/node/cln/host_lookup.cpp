#include "host_lookup.hpp"

#include <netdb.h>

#include <algorithm>
#include <cstring>

namespace paynamed::cln {
namespace {

HostLookup::Found ask_the_system(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  HostLookup::Found found;
  if (const int wrong = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list); wrong != 0) {
    found.why = ::gai_strerror(wrong);
    return found;
  }
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    HostLookup::Address address;
    if (each->ai_addrlen > sizeof address.bytes) continue;
    std::memcpy(&address.bytes, each->ai_addr, each->ai_addrlen);
    address.size = each->ai_addrlen;
    found.addresses.push_back(address);
  }
  ::freeaddrinfo(list);
  if (found.addresses.empty()) found.why = "it has no address";
  return found;
}

}  // namespace

struct HostLookup::Question {
  std::string host;
  std::string port;
  bool answered = false;
  Found found;
};

HostLookup::HostLookup(Resolve resolve) : resolve_(resolve ? std::move(resolve) : Resolve(ask_the_system)) {}

HostLookup::~HostLookup() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

HostLookup::Found HostLookup::find(const std::string& host, const std::string& port,
                                   std::chrono::milliseconds most) {
  const auto question = std::make_shared<Question>(Question{host, port, false, {}});
  std::unique_lock lock(mutex_);
  waiting_.push_back(question);
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_all();
  if (changed_.wait_for(lock, most, [&] { return question->answered; })) return question->found;
  std::erase(waiting_, question);
  return {{}, "its name was not looked up in time"};
}

void HostLookup::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
    if (ends_) return;
    const auto question = waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    Found found = resolve_(question->host, question->port);
    lock.lock();
    question->found = std::move(found);
    question->answered = true;
    changed_.notify_all();
  }
}

}  // namespace paynamed::cln
