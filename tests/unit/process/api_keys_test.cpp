// Where API keys are read from.
#include "process/api_keys.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/state/state_fixture.hpp"

namespace paynamed::process {
namespace {

namespace fs = std::filesystem;

// However the configuration itself was named.
TEST(ApiKeys, ARelativePathIsRelativeToTheFolderOfTheConfiguration) {
  const state::TemporaryDirectory directory;
  std::ofstream(directory.file("api.key")) << "pn_key_0123456789abcdef\n";
  std::ofstream(directory.file("paynamed.toml"))
      << "[daemon]\nstate = \"state.sqlite3\"\n[api]\nkey = { file = \"api.key\" }\n";
  const fs::path absolute = directory.file("paynamed.toml");
  for (const fs::path& named : {absolute, fs::relative(absolute)}) {
    config::Diagnostics diagnostics;
    const config::Config config = config::load(named, diagnostics);
    base::SystemClock clock;
    ApiKeys keys{config, clock, observe::Log::none()};
    const auto found = keys.current();
    ASSERT_EQ(found.size(), 1u) << named;
    EXPECT_EQ(found.front().tenant, "default");
  }
}

}  // namespace
}  // namespace paynamed::process
