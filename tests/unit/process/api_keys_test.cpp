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

// An old key that was remembered for a second would be good for a second too long.
TEST(ApiKeys, OfAnotherConfigurationCountAtOnce) {
  const state::TemporaryDirectory directory;
  std::ofstream(directory.file("old.key")) << "pn_key_of_before\n";
  std::ofstream(directory.file("new.key")) << "pn_key_of_now\n";
  const auto with = [&](const std::string& file) {
    config::Diagnostics diagnostics;
    return config::parse("[daemon]\nstate = \"a\"\n[api]\nkey = { file = \"" + file + "\" }\n",
                         directory.file("paynamed.toml"), diagnostics);
  };
  base::ManualClock clock{base::WallTime{}};
  ApiKeys keys{with("old.key"), clock, observe::Log::none()};
  ASSERT_EQ(keys.current().size(), 1u);
  EXPECT_EQ(keys.current().front().key, "pn_key_of_before");
  keys.use(with("new.key"));
  ASSERT_EQ(keys.current().size(), 1u);
  EXPECT_EQ(keys.current().front().key, "pn_key_of_now");
}

}  // namespace
}  // namespace paynamed::process
