// paynamed_bench: see scripts/bench.
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <exception>
#include <string_view>
#include <vector>

#include "tests/bench/benchmarks.hpp"
#include "tests/bench/machine.hpp"

namespace {

constexpr const char* kUsage =
    "usage: paynamed_bench runs|names|proofs|monitor|payments|webhooks --folder DIR [--rounds N] [--json] "
    "[--daemon PATH --modules DIR] [--receivers MODULE]\n";

}  // namespace

int main(int argc, char** argv) {
  using namespace paynamed::bench;
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  Options options;
  std::string_view what;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    const std::string_view next = i + 1 < arguments.size() ? arguments[i + 1] : "";
    if (word == "--json") {
      options.json = true;
      continue;
    }
    if (!word.starts_with("--")) {
      what = word;
      continue;
    }
    ++i;
    if (word == "--folder") {
      options.folder = std::filesystem::absolute(next);
    } else if (word == "--daemon") {
      options.daemon = next;
    } else if (word == "--modules") {
      options.modules = next;
    } else if (word == "--receivers") {
      options.receivers = next;
    } else if (word == "--rounds") {
      std::from_chars(next.data(), next.data() + next.size(), options.rounds);
    }
  }
  if (options.folder.empty() || options.rounds < 1 ||
      (what != "runs" && what != "names" && what != "proofs" && what != "monitor" && what != "payments" &&
       what != "webhooks" && what != "ready")) {
    std::fputs(kUsage, stderr);
    return 64;
  }
  try {
    if (what == "ready") {
      serve_ready(options.folder);
      return 0;
    }
    std::filesystem::create_directories(options.folder);
    if (what == "proofs") {
      bench_proofs(options);
      return 0;
    }
    if (filesystem_of(options.folder) == "tmpfs") {
      fmt::print(stderr, "{} is in memory, where nothing is durable; give a folder on a disk\n",
                 options.folder.string());
      return 1;
    }
    if (what == "runs") bench_runs(options);
    if (what == "names") bench_names(options);
    if (what == "monitor") bench_monitor(options);
    if (what == "payments") bench_payments(options);
    if (what == "webhooks") bench_webhooks(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "paynamed_bench: {}\n", error.what());
    return 1;
  }
  return 0;
}
