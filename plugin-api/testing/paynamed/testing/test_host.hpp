// TestHost: a daemon in memory, to test a plugin without one. It has a virtual clock, a table of secrets and
// scripted services, and keeps what the plugin logged, measured and observed.
//
//     paynamed::testing::TestHost host;
//     host.set_secret("token", "s3cret");
//     auto acme = host.create<Acme>(R"({"server": "127.0.0.1", "api_token": "token"})");
//     ASSERT_TRUE(acme.ok()) << acme.error().message();
//     auto reply = host.call<PublishReply>(*acme, "Publish", request, {.idempotency_key = "k1"});
//
// It watches the plugin: a second answer to a call, an answer after stop, a function on the strand that takes
// longer than 2 seconds, a call that is never answered. Each becomes a line in violations(); those that
// nobody took by take_violations() end the process with that line when the TestHost goes.
//
// Threads: the thread that calls these functions is the strand of every instance; use one. The plugin's own
// threads may call into the host at any time. Work for the strand runs only inside create, call, wait,
// advance, run and stop.
#pragma once

#include <google/protobuf/message_lite.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "paynamed/error.hpp"
#include "paynamed/host.hpp"
#include "paynamed/module.hpp"

namespace paynamed::testing {

struct LogLine {
  Level level;
  std::uint64_t call_id;  // 0: of no call
  std::string message;
};

struct MetricSample {
  std::int32_t kind;  // PN_COUNTER, PN_GAUGE, PN_HISTOGRAM
  std::string name;
  std::map<std::string, std::string> labels;
  double value;
};

struct Observation {
  std::string type;
  std::string json;
};

struct CallOptions {
  std::string idempotency_key = {};
  // On the virtual clock, which moves only by advance() or when a waiting call() finds nothing to do but a
  // timer.
  std::chrono::milliseconds timeout{30'000};
  std::string correlation_id = {};
  std::string traceparent = {};
  bool background = false;
};

// A configured plugin inside a TestHost; owned by it.
class Instance;

// A call that is under way. Cheap to copy.
class PendingCall {
 public:
  struct State;  // for the implementation
  std::uint64_t id() const;
  bool done() const;
  // Only when done().
  const Result<std::string>& bytes() const;

 private:
  friend class TestHost;
  explicit PendingCall(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

class TestHost {
 public:
  TestHost();
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;
  // Stops and destroys what still runs.
  ~TestHost();

  // Makes an instance of a plugin class, or of a module that was loaded by other means. The JSON is given as
  // it is: the daemon's check against the schema does not happen here. Error: what the plugin's constructor
  // threw.
  template <class Class>
  Result<Instance*> create(std::string_view config_json) {
    static const pn_module module = detail::module_of<Class>("test", "0", "{}");
    return create(module, config_json);
  }
  Result<Instance*> create(const pn_module& module, std::string_view config_json);

  // Calls and waits for the answer; other work of the strand runs meanwhile, and the virtual clock goes to
  // the next timer when nothing else happens. When `timeout` passes on the virtual clock the plugin gets a
  // cancel, as in the daemon, and still has to answer. A plugin that has not answered after 10 real seconds
  // is a violation, and the result is DEADLINE_EXCEEDED.
  template <class ReplyMessage>
  Result<ReplyMessage> call(Instance* instance, std::string_view method,
                            const google::protobuf::MessageLite& request, const CallOptions& options = {}) {
    return decode<ReplyMessage>(call_bytes(instance, method, request.SerializeAsString(), options));
  }
  Result<std::string> call_bytes(Instance* instance, std::string_view method, std::string_view request,
                                 const CallOptions& options = {});

  // Calls and returns at once; run(), advance() or wait() let it go on.
  PendingCall start(Instance* instance, std::string_view method, const google::protobuf::MessageLite& request,
                    const CallOptions& options = {});
  PendingCall start_bytes(Instance* instance, std::string_view method, std::string_view request,
                          const CallOptions& options = {});
  template <class ReplyMessage>
  Result<ReplyMessage> wait(const PendingCall& call) {
    return decode<ReplyMessage>(wait_bytes(call));
  }
  Result<std::string> wait_bytes(const PendingCall& call);
  void cancel(Instance* instance, const PendingCall& call);

  // Stops and destroys one instance; waits at most 10 real seconds for its threads, longer is a violation.
  void stop(Instance* instance);

  // Runs what is ready on the strand and returns; a timer that is not due stays.
  void run();
  // Moves the virtual clock and runs what becomes due, in order.
  void advance(std::chrono::milliseconds by);
  std::chrono::sys_time<std::chrono::milliseconds> wall() const;
  void set_wall(std::chrono::sys_time<std::chrono::milliseconds> wall);

  // What pn.secret/1 gives for a handle; an unset one gives NOT_FOUND.
  void set_secret(std::string handle, std::string value);
  // Answers `service` `method` of the host from now on; replaces an earlier script. Called on the strand.
  using Service = std::function<Result<std::string>(std::string_view request, const Call::Info& info)>;
  void set_service(std::string service, std::string method, Service script);

  // Copies of what was captured so far.
  std::vector<LogLine> logs() const;
  std::vector<MetricSample> metrics() const;
  std::vector<Observation> observations() const;
  // The sum of a counter over all labels, or the last value of a gauge.
  double metric(std::string_view name) const;
  // Whether a captured log line contains `part`; for the test that no secret was printed.
  bool logged(std::string_view part) const;

  std::vector<std::string> take_violations();

  class Core;  // for the implementation

 private:
  template <class ReplyMessage>
  static Result<ReplyMessage> decode(const Result<std::string>& bytes) {
    if (!bytes.ok()) return bytes.error();
    ReplyMessage message;
    if (!message.ParseFromString(bytes.value())) {
      return Error(Code::kInternal, "The plugin's reply could not be decoded.");
    }
    return message;
  }

  std::shared_ptr<Core> core_;
};

}  // namespace paynamed::testing
