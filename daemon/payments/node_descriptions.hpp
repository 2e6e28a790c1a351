// NodeDescriptions: what the backends of instances can do, asked once.
//
// Threads: every function may be called from any thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <mutex>
#include <string>

#include "payments/services.hpp"

namespace paynamed::payments {

struct NodeDescription {
  std::string network;
  bool offers = false;
  bool invoices = false;
};

class NodeDescriptions {
 public:
  // `services` outlives it.
  explicit NodeDescriptions(const Services& services) : with_(services) {}

  // UNAVAILABLE when the backend cannot be asked; nothing was asked of the node then.
  boost::asio::awaitable<base::Result<NodeDescription>> of(std::string instance);
  // They may be otherwise now.
  void forget();

 private:
  const Services& with_;
  std::mutex mutex_;
  std::map<std::string, NodeDescription> known_;  // by instance; guarded by mutex_
};

}  // namespace paynamed::payments
