// The invariants of fuzz targets: a broken one ends the process, which is what a fuzzer looks for.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace paynamed::fuzz {

inline void require(bool holds, const char* invariant) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", invariant);
  std::abort();
}

}  // namespace paynamed::fuzz
