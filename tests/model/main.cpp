// The model-based test of payments.
//
//   payments_model [--seed N | --seeds A-B] [--steps M] [--modules FOLDER] [--expect TEXT]...
//
// Plays each seed. Exit code 0 when the daemon was as the model says in all of them, 1 with what it was not
// and the command that plays it again. With --expect it is the other way round, for daemons with a planted
// mistake: one seed has to find one, and what it finds has to contain one of the texts.
#include <dlfcn.h>
#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "tests/model/play/player.hpp"

namespace paynamed::model {
namespace {

struct Options {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
  std::uint64_t steps = 500;
  std::string modules = PAYNAMED_MODULES;
  std::vector<std::string> expected;
};

struct Found {
  std::string what;
  std::uint64_t step = 0;
  std::string trace;
  std::string log;
};

struct Folder {
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "paynamed-model-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

std::optional<Found> play(const Options& options, std::uint64_t seed, std::uint64_t steps) {
  void* memory = ::mmap(nullptr, sizeof(World), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("no memory to share");
  World* world = new (memory) World;
  std::optional<Found> found;
  {
    const Folder folder;
    Player player({seed, steps, options.modules, folder.path.string()}, *world);
    try {
      player.play();
    } catch (const Finding& finding) {
      found = Found{finding.what(), player.steps_done(), player.trace(), player.daemon_log()};
    }
  }
  ::munmap(memory, sizeof(World));
  return found;
}

// The fewest steps after which it is still found, as far as halving finds them.
Found shrunk(const Options& options, std::uint64_t seed, Found found) {
  std::uint64_t good = 0;
  std::uint64_t bad = std::min(found.step, options.steps);
  while (bad - good > 1) {
    const std::uint64_t middle = good + (bad - good) / 2;
    if (auto again = play(options, seed, middle)) {
      found = *std::move(again);
      bad = middle;
    } else {
      good = middle;
    }
  }
  found.step = bad;
  return found;
}

bool is_expected(const Options& options, const std::string& what) {
  for (const std::string& each : options.expected) {
    if (what.find(each) != std::string::npos) return true;
  }
  return false;
}

int play_all(const Options& options) {
  for (std::uint64_t seed = options.first; seed <= options.last; ++seed) {
    auto found = play(options, seed, options.steps);
    if (!found) continue;
    if (is_expected(options, found->what)) {
      fmt::print("seed {} found the mistake after {} steps: {}\n", seed, found->step, found->what);
      return 0;
    }
    if (options.expected.empty()) found = shrunk(options, seed, *std::move(found));
    fmt::print(
        "{}\n\nthe last steps:\n{}\n\nthe daemon's log:\n{}\n\n{}\n\nagain: payments_model --seed {} --steps "
        "{} --modules {}\n",
        found->what, found->trace, found->log, found->what, seed, found->step, options.modules);
    return 1;
  }
  const std::uint64_t seeds = options.last - options.first + 1;
  fmt::print("{} steps over {} seeds: nothing found\n", seeds * options.steps, seeds);
  return options.expected.empty() ? 0 : 1;
}

std::optional<Options> read(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string word = argv[i];
    const std::string value = argv[i + 1];
    if (word == "--seed") {
      options.first = options.last = std::stoull(value);
    } else if (word == "--seeds" && value.find('-') != std::string::npos) {
      options.first = std::stoull(value);
      options.last = std::stoull(value.substr(value.find('-') + 1));
    } else if (word == "--steps") {
      options.steps = std::stoull(value);
    } else if (word == "--modules") {
      options.modules = value;
    } else if (word == "--expect") {
      options.expected.push_back(value);
    } else {
      return std::nullopt;
    }
  }
  if (argc % 2 == 0) return std::nullopt;
  return options;
}

}  // namespace
}  // namespace paynamed::model

int main(int argc, char** argv) {
  const auto options = paynamed::model::read(argc, argv);
  if (!options) {
    std::fputs(
        "usage: payments_model [--seed N | --seeds A-B] [--steps M] [--modules FOLDER] [--expect TEXT]...\n",
        stderr);
    return 64;
  }
  ::signal(SIGPIPE, SIG_IGN);
  // So that a daemon, which is a fork, finds its plugin in memory.
  const std::string module = options->modules + "/cln.so";
  if (::dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL) == nullptr) {
    std::fprintf(stderr, "payments_model: %s\n", ::dlerror());
    return 66;
  }
  try {
    return paynamed::model::play_all(*options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "payments_model: %s\n", error.what());
    return 70;
  }
}
