// A Notifier whose receivers do what a test says, by their address. It checks what every notifier is
// promised: a target, an event that is the JSON that its id and type say, attempts that are counted.
//
// Threads: the test's.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/broadcast.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "paynamed/plugin/v1/notifier.pb.h"

namespace paynamed::delivery {

using Reply = base::Result<plugin::v1::DeliverReply>;

Reply delivered();
Reply refused(const std::string& reason = "the receiver answered 500");
Reply throttled(std::uint32_t retry_after_ms = 0);
Reply gone();
Reply failure(base::Status status);

class FakeNotifier {
 public:
  explicit FakeNotifier(base::Clock& clock) : clock_(clock), released_(clock) {}

  struct Attempt {
    std::string address;
    std::string event;  // its id
    std::string type;
    std::uint32_t number = 0;
    base::WallTime time;
    std::vector<std::string> keys;
  };

  boost::asio::awaitable<Reply> deliver(std::string instance, plugin::v1::DeliverRequest request);

  // What a receiver answers; without one: it takes everything.
  std::map<std::string, std::function<Reply(const plugin::v1::DeliverRequest&)>> answers;
  // Receivers that answer only after release().
  std::map<std::string, bool> hangs;
  void release() {
    hangs.clear();
    released_.notify();
  }

  std::vector<Attempt> attempts;
  std::vector<Attempt> at(const std::string& address) const;
  // The ids that arrived, in order, and were taken.
  std::vector<std::string> taken(const std::string& address) const;
  std::map<std::string, std::size_t> most_at_once;

 private:
  base::Clock& clock_;
  base::Broadcast released_;
  std::map<std::string, std::size_t> under_way_;
  std::vector<std::pair<std::string, std::string>> taken_;
};

}  // namespace paynamed::delivery
