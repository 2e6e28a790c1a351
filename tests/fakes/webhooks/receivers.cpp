// A Notifier whose receivers do what their address says, and write down what came:
//
//   fake://takes/path/of/a/file     every event is taken
//   fake://takes_nothing/...        none is (500)
//   fake://takes_second/...         the second attempt at each event is taken, as long as this process lives
//   fake://hangs/...                no answer, until the plugin is stopped
//   fake://gone/...                 410
//   fake://throttles/...            429 at first, then they are taken
//   fake://is_locked/...            the operator has to mend something
//   fake://is_forbidden/...         an address that must not be called
//
// A line of the file is an attempt: what came of it ("taken", "refused", ...), its number, the monotonic
// clock's nanoseconds, the event; a space between two. It is written by one write() before the answer, so
// that a test that kills the daemon finds what was really sent. With an address that has no file nothing is
// written down.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <paynamed/notifier.hpp>
#include <set>
#include <vector>

namespace {

constexpr const char* kSchema = R"({"type": "object", "properties": {}})";
constexpr std::string_view kScheme = "fake://";

struct Address {
  std::string behaviour;
  std::string file;
};

Address parse(const std::string& text) {
  if (!text.starts_with(kScheme)) {
    throw paynamed::Error(paynamed::Code::kInvalidArgument, "The address does not begin with fake://.");
  }
  const std::string rest = text.substr(kScheme.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  return {rest.substr(0, slash), rest.substr(slash)};
}

class Receivers final : public paynamed::Notifier {
 public:
  Receivers(paynamed::Host host, const paynamed::Config&) : paynamed::Notifier(std::move(host)) {}

  void describe(DescribeNotifierRequest, paynamed::Reply<DescribeNotifierReply> reply) override {
    DescribeNotifierReply said;
    said.set_timeout_ms(5'000);
    reply.ok(said);
  }

  void check_target(CheckTargetRequest request, paynamed::Reply<CheckTargetReply> reply) override {
    parse(request.address());
    CheckTargetReply said;
    said.set_address(request.address());
    reply.ok(said);
  }

  void deliver(DeliverRequest request, paynamed::Reply<DeliverReply> reply) override {
    const Address address = parse(request.target().address());
    if (address.behaviour == "hangs") {
      write_down(address, "kept", request);
      hanging_.push_back(std::move(reply));
      return;
    }
    if (address.behaviour == "is_locked")
      return reply.fail(paynamed::Code::kFailedPrecondition, "The fake is locked.");
    if (address.behaviour == "is_forbidden")
      return reply.fail(paynamed::Code::kPermissionDenied, "The fake must not be called.");
    const bool is_second = !seen_.insert(request.target().id() + request.event_id()).second;
    DeliverReply said = answer_of(address.behaviour, is_second);
    const bool taken = said.outcome() == DeliverReply::DELIVERED;
    if (taken) seen_.erase(request.target().id() + request.event_id());
    write_down(address, taken ? "taken" : "refused", request);
    reply.ok(said);
  }

  void stop(std::function<void()> done) override {
    hanging_.clear();
    done();
  }

 private:
  static DeliverReply answer_of(const std::string& behaviour, bool is_second) {
    DeliverReply said;
    if (behaviour == "gone") {
      said.set_outcome(DeliverReply::GONE);
      said.set_status(410);
      said.set_reason("The receiver answered 410: it wants nothing any more.");
    } else if (behaviour == "takes_nothing" || (behaviour == "takes_second" && !is_second)) {
      said.set_outcome(DeliverReply::RETRY);
      said.set_status(500);
      said.set_reason("The receiver answered 500.");
      said.set_answer("out of order");
    } else if (behaviour == "throttles" && !is_second) {
      said.set_outcome(DeliverReply::RETRY);
      said.set_status(429);
      said.set_reason("The receiver answered 429.");
      said.set_throttled(true);
    } else {
      said.set_outcome(DeliverReply::DELIVERED);
      said.set_status(200);
    }
    return said;
  }

  static void write_down(const Address& address, const std::string& what, const DeliverRequest& request) {
    if (address.file.size() < 2) return;
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const std::string line = what + " " + std::to_string(request.attempt()) + " " +
                             std::to_string(std::chrono::nanoseconds(now).count()) + " " + request.event() +
                             "\n";
    const int file = ::open(address.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) throw paynamed::Error(paynamed::Code::kInternal, "The fake cannot write down what came.");
    const bool written = ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    ::close(file);
    if (!written) throw paynamed::Error(paynamed::Code::kInternal, "The fake cannot write down what came.");
  }

  std::set<std::string> seen_;
  std::vector<paynamed::Reply<DeliverReply>> hanging_;
};

}  // namespace

PAYNAMED_MODULE(Receivers, "receivers", "1.0.0", kSchema)
