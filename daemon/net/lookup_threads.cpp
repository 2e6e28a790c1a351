#include "net/lookup_threads.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace paynamed::net {
namespace asio = boost::asio;

LookupThreads::Found LookupThreads::ask_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> kept(list, &::freeaddrinfo);
  if (failed != 0) {
    const char* const why = failed == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(failed);
    return base::fail(base::unavailable(fmt::format(
        "the name {} cannot be found ({}); check its spelling and this host's resolver", host, why)));
  }
  std::vector<asio::ip::address> addresses;
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (each->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), each->ai_addr, each->ai_addrlen);
    endpoint.resize(each->ai_addrlen);
    addresses.push_back(endpoint.address());
  }
  return addresses;
}

LookupThreads::LookupThreads(std::size_t most, std::function<Found(const std::string&)> resolve)
    : most_(most), resolve_(std::move(resolve)) {}

LookupThreads::~LookupThreads() {
  end();
}

void LookupThreads::end() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    threads.swap(threads_);
  }
  wake_.notify_all();
  for (auto& each : threads) each.join();
  std::map<std::string, std::vector<Then>> dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(asked_);
}

bool LookupThreads::find(const std::string& host, Then then) {
  const std::lock_guard lock(mutex_);
  const auto found = asked_.find(host);
  if (found != asked_.end()) {
    found->second.push_back(std::move(then));
    return true;
  }
  if (ending_ || asked_.size() >= most_) return false;
  asked_[host].push_back(std::move(then));
  waiting_.push_back(host);
  if (idle_ < waiting_.size()) {
    threads_.emplace_back([this] { work(); });
  } else {
    wake_.notify_one();
  }
  return true;
}

void LookupThreads::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    --idle_;
    if (ending_) return;
    const std::string host = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const Found addresses = resolve_(host);
    lock.lock();
    if (ending_) return;
    auto answered = std::move(asked_.extract(host).mapped());
    lock.unlock();
    for (const auto& each : answered) each(addresses);
    answered.clear();
    lock.lock();
  }
}

}  // namespace paynamed::net
