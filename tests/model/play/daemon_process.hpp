// DaemonProcess: a Life in a child process, begun by a fork, so that a start takes no longer than the store's
// and the plugin's own, and ended by SIGKILL.
//
// Threads: belongs to the thread of its io_context; the process must have no other thread when it begins one.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/failpoint.hpp"
#include "tests/model/daemon/life.hpp"

namespace paynamed::model {

class DaemonProcess {
 public:
  // `settings` but for the channel; `world` is in memory that both share.
  DaemonProcess(boost::asio::io_context& io, World& world, LifeSettings settings);
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  // `seed` of its chance.
  void start(std::uint64_t seed);
  bool lives() const { return pid_ > 0; }
  // kill -9, and gone when this returns.
  void kill();
  // Lets it die at the n-th time that it passes there from now on; 0: not any more.
  void arm(const std::string& failpoint, std::int64_t passes);

  void send(const boost::json::object& line);
  // Every line that it says.
  std::function<void(const boost::json::object&)> on_line;
  // It has died; `how` is empty when it was by SIGKILL.
  std::function<void(const std::string& how)> on_death;

 private:
  struct Channel;
  void read(const std::shared_ptr<Channel>& channel);
  void bury();

  boost::asio::io_context& io_;
  World& world_;
  LifeSettings settings_;
  std::string control_file_;
  base::FailpointControl* control_ = nullptr;
  pid_t pid_ = -1;
  std::shared_ptr<Channel> channel_;
};

}  // namespace paynamed::model
