#include "process/descriptor_limit.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace paynamed::process {
namespace {

// Where there is no bound, this is one.
constexpr rlim_t kEnough = 1'048'576;

}  // namespace

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t most = std::min(limit.rlim_max, kEnough);
  if (limit.rlim_cur >= most) return;
  limit.rlim_cur = most;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace paynamed::process
