// EventServerCaseRun: what a case works with, and the list of what was found wrong.
//
// Threads: one, but for begin_drain().
#pragma once

#include <paynamed/plugin/v1/event_server.pb.h>

#include <future>
#include <string>
#include <vector>

#include "paynamed/testing/event_server_conformance.hpp"

namespace paynamed::testing {

class EventServerCaseRun {
 public:
  explicit EventServerCaseRun(EventServerSubject& subject) : subject_(subject) {}
  EventServerFailures run(const EventServerCase& which);

  EventServerSubject& subject() { return subject_; }

  // Starts a fresh server; its address.
  std::string start();
  Result<plugin::v1::StartServerReply> call_start();
  plugin::v1::ServerStatusReply status();
  std::future<Result<std::string>> begin_drain(std::chrono::milliseconds within);
  // A client with a credential of the tenant that follows.
  std::unique_ptr<EventFollower> follower(const EventFollower::Wish& wish,
                                          const std::string& tenant = kTenant);
  std::unique_ptr<EventFollower> connected(const std::string& tenant = kTenant);
  void append(std::size_t count);
  // Expects exactly these events next.
  void expect_seqs(EventFollower& follower, std::uint64_t first, std::uint64_t last);
  void expect_nothing(EventFollower& follower);

  // Notes what is wrong and goes on; require() ends the case.
  void expect(bool holds, const std::string& otherwise);
  void require(bool holds, const std::string& otherwise);

  static constexpr const char* kTenant = "default";
  static constexpr std::chrono::milliseconds kSoon{20'000};
  static constexpr std::chrono::milliseconds kMoment{300};

 private:
  template <class Message>
  Result<Message> call(const std::string& method, const google::protobuf::MessageLite& request) {
    const auto bytes = plugin_->call_all({{method, request.SerializeAsString(), {}, kSoon}}).at(0);
    if (!bytes.ok()) return bytes.error();
    Message message;
    if (!message.ParseFromString(bytes.value()))
      return Error(Code::kInternal, "The reply cannot be decoded.");
    return message;
  }

  EventServerSubject& subject_;
  PluginCaller* plugin_ = nullptr;
  std::string address_;
  EventServerFailures failures_;
};

}  // namespace paynamed::testing
