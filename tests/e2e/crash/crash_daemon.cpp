// The daemon with another disk below it: the true paynamed with its true plugins, for tests that end it at
// any moment.
//
//   crash_daemon CONFIG [--power-cut] [--synchronous-off] [--checkpoint-pages N]
//
// With --power-cut the state file lies on a disk that has what was synced and nothing else, so that the end
// of this process is the power cut.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string_view>

#include "process/commands.hpp"
#include "process/exit_code.hpp"
#include "tests/fakes/power_cut_vfs.hpp"

int main(int argc, char** argv) {
  std::filesystem::path config;
  paynamed::state::SqliteStore::Settings settings;
  std::optional<paynamed::fakes::PowerCutVfs> disk;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--power-cut") {
      settings.vfs = disk.emplace("power-cut").name();
    } else if (word == "--synchronous-off") {
      settings.synchronous_off_for_tests = true;
    } else if (word == "--checkpoint-pages" && i + 1 < argc) {
      settings.checkpoint_pages = std::atoi(argv[++i]);
    } else if (!word.starts_with("--") && config.empty()) {
      config = word;
    } else {
      std::cerr << "crash_daemon: unknown word " << word << '\n';
      return paynamed::process::kExitUsage;
    }
  }
  return paynamed::process::run(config, std::move(settings));
}
