#include "base/failpoint.hpp"

#ifdef PAYNAMED_FAILPOINTS

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

namespace paynamed::base {
namespace {

struct Armed {
  std::string name;
  std::atomic<long> remaining{0};
  int trace = -1;

  Armed() {
    if (const char* text = std::getenv("PAYNAMED_FAILPOINT")) {
      const std::string_view spec{text};
      const auto colon = spec.rfind(':');
      name = spec.substr(0, colon);
      remaining = colon == std::string_view::npos ? 1 : std::atol(text + colon + 1);
    }
    if (const char* file = std::getenv("PAYNAMED_FAILPOINT_TRACE")) {
      trace = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
  }
};

Armed& armed() {
  static Armed instance;
  return instance;
}

}  // namespace

void pass_failpoint(const char* name) noexcept {
  Armed& state = armed();
  if (state.trace >= 0) {
    const std::string line = std::string{name} + "\n";
    [[maybe_unused]] const auto written = ::write(state.trace, line.data(), line.size());
  }
  if (!state.name.empty() && state.name == name && state.remaining.fetch_sub(1) == 1) ::raise(SIGKILL);
}

}  // namespace paynamed::base

#endif
