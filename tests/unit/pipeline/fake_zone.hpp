// FakeZone: a DnsProvider in memory that is strict about its contract, and fails when a test says so.
//
// Threads: one.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "pipeline/actions/services.hpp"

namespace paynamed::plugin::v1 {
class PublishRequest;
class WithdrawRequest;
}  // namespace paynamed::plugin::v1

namespace paynamed::pipeline {

// What goes wrong with one call of a method.
struct Fault {
  enum class Kind {
    kNothingDone,  // refused before anything was changed
    kReplyLost,    // it was done, the caller does not learn of it
    kLate,         // the caller gave up; the request is done when the test says so
  };
  Kind kind = Kind::kNothingDone;
  base::Code code = base::Code::kUnavailable;
  base::Duration after{0};  // how long the call takes
};

// Answers of mutating methods by idempotency key: the same key gives the first answer and no new effect.
class KeptAnswers {
 public:
  // The first answer to the key; nothing for a new one. A key that comes with another request is a mistake.
  const base::Result<std::string>* find(const std::string& key, const std::string& request);
  void keep(const std::string& key, const std::string& request, base::Result<std::string> answer);
  std::vector<std::string> mistakes;

 private:
  struct Kept {
    std::string request;
    base::Result<std::string> answer;
  };
  std::map<std::string, Kept> kept_;
};

class FakeZone {
 public:
  base::Result<std::string> call(const PluginCall& call);
  // Does what kLate calls asked for, in their order, as if the packets came only now.
  void deliver_late();

  std::map<std::string, std::vector<std::string>> records;  // TXT values by owner name
  std::map<std::string, std::deque<Fault>> faults;          // by method; the next calls, in order
  std::function<void(const std::string& method)> before;    // what somebody else does just before a call
  std::uint32_t max_request_ms = 20'000;
  bool replaces_several = true;
  std::string change_id;    // of every publication
  int pending_answers = 0;  // how often SyncStatus says PENDING
  bool keeps_comments = false;
  std::map<std::string, std::string> comments;    // by owner name; set by Publish, where they are kept
  std::vector<std::vector<std::string>> history;  // what stood at a name after each change of ours
  std::vector<std::string> calls;                 // methods
  KeptAnswers kept;

 private:
  base::Result<std::string> perform(const std::string& method, const std::string& request);
  base::Result<std::string> publish(const plugin::v1::PublishRequest& request);
  base::Result<std::string> withdraw(const plugin::v1::WithdrawRequest& request);
  std::vector<PluginCall> late_;
};

}  // namespace paynamed::pipeline
