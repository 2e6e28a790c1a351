#include "tests/fakes/daemon/daemon_process.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace paynamed::fakes {
namespace {

// What the line of log has that says that the daemon serves, in the two formats.
constexpr std::string_view kReady = "ready api=";
// What a build with tests says before it ends because of an event (state/event_check.hpp).
constexpr std::string_view kBrokenEvent = "does not keep proto/events.schema.json";
constexpr std::string_view kReadyJson = R"("message":"ready","api":")";

}  // namespace

DaemonProcess::DaemonProcess(std::filesystem::path program, std::filesystem::path config,
                             std::vector<std::string> environment)
    : program_(std::move(program)), config_(std::move(config)), environment_(std::move(environment)) {}

DaemonProcess::~DaemonProcess() {
  end_if_it_wrote_a_broken_event();
}

// A test that kills its daemons would take the end of such a one for nothing special.
void DaemonProcess::end_if_it_wrote_a_broken_event() const {
  if (last_log().find(kBrokenEvent) == std::string::npos) return;
  std::fprintf(stderr, "a daemon of this test wrote a broken event; its log:\n%s", last_log().c_str());
  std::abort();
}

void DaemonProcess::launch() {
  if (child_) {
    kill();
    end_if_it_wrote_a_broken_event();
    earlier_log_ = log();
  }
  port_ = 0;
  child_ = std::make_unique<Child>(
      std::vector<std::string>{program_.string(), "run", "--config", config_.string()}, environment_);
}

bool DaemonProcess::wait_ready(std::chrono::milliseconds most) {
  if (!child_ || !child_->wait_for_text({kReady, kReadyJson}, most)) return false;
  const std::string log = child_->errors();
  const bool json = log.find(kReadyJson) != log.npos;
  const std::string_view mark = json ? kReadyJson : kReady;
  const std::size_t begin = log.find(mark) + mark.size();
  const std::size_t colon = log.rfind(':', log.find_first_of(json ? "\"" : " \n", begin));
  std::from_chars(log.data() + colon + 1, log.data() + log.size(), port_);
  return port_ != 0;
}

void DaemonProcess::start() {
  launch();
  if (!wait_ready()) throw std::runtime_error("paynamed did not become ready; its log:\n" + last_log());
}

int DaemonProcess::terminate(std::chrono::milliseconds most) {
  child_->signal(SIGTERM);
  const auto code = child_->wait(most);
  if (!code)
    throw std::runtime_error(
        fmt::format("paynamed did not end {} ms after SIGTERM; its log:\n{}", most.count(), last_log()));
  return *code;
}

void DaemonProcess::kill() {
  if (!child_) return;
  child_->signal(SIGKILL);
  child_->wait(std::chrono::seconds{10});
}

std::optional<int> DaemonProcess::wait(std::chrono::milliseconds most) {
  return child_->wait(most);
}

bool DaemonProcess::wait_for_log(std::string_view text, std::chrono::milliseconds most) {
  return child_->wait_for_text({text}, most);
}

std::string DaemonProcess::last_log() const {
  return child_ ? child_->output() + child_->errors() : std::string{};
}

std::string DaemonProcess::log() const {
  return earlier_log_ + last_log();
}

}  // namespace paynamed::fakes
