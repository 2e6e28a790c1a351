// What the fan-out is measured at: our event server in a process of its own, and nginx with nchan.
//
// Threads: one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/bench/benchmarks.hpp"
#include "tests/bench/child.hpp"
#include "tests/bench/fanout_client.hpp"

namespace paynamed::bench {

// One that serves and is published at. "n" counts from 1 in its life.
class FanoutPeer {
 public:
  virtual ~FanoutPeer() = default;
  virtual FanoutClient::Wish wish() const = 0;
  // Begins to publish "n" from `first` on, `count` of them, `rate` a second; 0: as fast as it can; below 0:
  // the same, many in one unit of the log, where there is such a thing.
  virtual void publish(std::uint64_t first, std::size_t count, double rate) = 0;
  // Waits until all were taken.
  virtual void await_published() = 0;
  // Of the serving processes, so far, in seconds.
  virtual double cpu_seconds() const = 0;
};

// The module websocket in the daemon's plugin host over a true log (state::SqliteStore, events::EventFeed),
// all in one child; the log is written there.
class OurPeer final : public FanoutPeer {
 public:
  OurPeer(const Options& options, std::filesystem::path folder);

  FanoutClient::Wish wish() const override;
  // From a position.
  FanoutClient::Wish wish_after(std::uint64_t n) const;
  void publish(std::uint64_t first, std::size_t count, double rate) override;
  void await_published() override;
  double cpu_seconds() const override;
  double resident_mb() const;
  void kill() { child_->kill(); }
  // Over the same file, at the same port.
  void start();

 private:
  const Options options_;
  const std::filesystem::path folder_;
  std::unique_ptr<Child> child_;
  std::uint16_t port_ = 0;
};

// nginx with two workers; a fresh channel for each of these.
class NchanPeer final : public FanoutPeer {
 public:
  NchanPeer(std::filesystem::path folder, std::string channel);
  ~NchanPeer() override;

  FanoutClient::Wish wish() const override;
  void publish(std::uint64_t first, std::size_t count, double rate) override;
  void await_published() override;
  double cpu_seconds() const override;

 private:
  const std::string channel_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Child> master_;
  struct Publisher;
  std::unique_ptr<Publisher> publisher_;
};

// The data of event `n`, published now.
std::string fanout_data(std::uint64_t n);

}  // namespace paynamed::bench
