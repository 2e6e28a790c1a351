// TenantLog: follows the log of one tenant for all of its targets, so that an event wakes those alone that
// want it.
//
// Threads: belongs to the engine's strand; run() is one coroutine.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>

#include "delivery/target.hpp"

namespace paynamed::delivery {

class TenantLog {
 public:
  TenantLog(std::shared_ptr<Target::Common> common, std::string tenant, state::Position head)
      : common_(std::move(common)), tenant_(std::move(tenant)), position_(head) {}

  // Until the engine stops. A wait that is under way then ends when the store closes.
  static boost::asio::awaitable<void> run(std::shared_ptr<TenantLog> self);

  std::uint64_t head() const { return position_.seq; }
  std::map<base::Uuid, std::shared_ptr<Target>>& targets() { return targets_; }

 private:
  const std::shared_ptr<Target::Common> common_;
  const std::string tenant_;
  state::Position position_;
  std::map<base::Uuid, std::shared_ptr<Target>> targets_;
};

}  // namespace paynamed::delivery
