#include "base/failpoint.hpp"

#ifdef PAYNAMED_FAILPOINTS

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace paynamed::base {
namespace {

FailpointControl* map_control(const char* file) {
  const int descriptor = ::open(file, O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  void* mapped = ::mmap(nullptr, sizeof(FailpointControl), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  return mapped == MAP_FAILED ? nullptr : static_cast<FailpointControl*>(mapped);
}

struct Armed {
  std::string name;
  std::atomic<long> remaining{0};
  FailpointControl* control = nullptr;  // for the life of the process
  int trace = -1;

  Armed() {
    if (const char* text = std::getenv("PAYNAMED_FAILPOINT")) {
      const std::string_view spec{text};
      const auto colon = spec.rfind(':');
      name = spec.substr(0, colon);
      remaining = colon == std::string_view::npos ? 1 : std::atol(text + colon + 1);
    }
    if (const char* file = std::getenv("PAYNAMED_FAILPOINT_CONTROL")) control = map_control(file);
    if (const char* file = std::getenv("PAYNAMED_FAILPOINT_TRACE")) {
      trace = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
  }
};

Armed& armed() {
  static Armed instance;
  return instance;
}

bool controlled(FailpointControl& control, const char* name) {
  if (control.remaining.load(std::memory_order_acquire) <= 0) return false;
  if (std::strncmp(control.name, name, sizeof control.name) != 0) return false;
  return control.remaining.fetch_sub(1, std::memory_order_acq_rel) == 1;
}

}  // namespace

void pass_failpoint(const char* name) noexcept {
  Armed& state = armed();
  if (state.trace >= 0) {
    const std::string line = std::string{name} + "\n";
    [[maybe_unused]] const auto written = ::write(state.trace, line.data(), line.size());
  }
  const bool now = !state.name.empty() && state.name == name && state.remaining.fetch_sub(1) == 1;
  if (now || (state.control != nullptr && controlled(*state.control, name))) ::raise(SIGKILL);
}

}  // namespace paynamed::base

#endif
