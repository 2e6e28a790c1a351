// Every file of tests/config: each mistake is found at its place, and good files have none.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/config.hpp"
#include "config/source.hpp"
#include "pipeline/compiled.hpp"

namespace paynamed {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = PAYNAMED_CONFIG_TESTS;
const fs::path kExample = PAYNAMED_CONFIG_EXAMPLE;

// "12:9 error: unknown key"
struct Expected {
  std::string place;
  std::string severity;
  std::string message;
};

std::string read(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

std::vector<Expected> expectations(const std::string& text) {
  constexpr std::string_view kMark = "# expect: ";
  std::vector<Expected> expected;
  for (std::size_t at = text.find(kMark); at != text.npos; at = text.find(kMark, at + 1)) {
    const std::size_t begin = at + kMark.size();
    const std::string line = text.substr(begin, text.find_first_of("\r\n", begin) - begin);
    const std::size_t space = line.find(' ');
    const std::size_t colon = line.find(": ", space);
    expected.push_back(
        {line.substr(0, space), line.substr(space + 1, colon - space - 1), line.substr(colon + 2)});
  }
  return expected;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The instances as the two modules of the tests would make them.
std::map<std::string, pipeline::KnownInstance, std::less<>> instances_of(const config::Config& config) {
  std::map<std::string, pipeline::KnownInstance, std::less<>> instances;
  for (const config::Plugin& plugin : config.plugins) {
    if (plugin.module.value == "rfc2136") {
      instances[plugin.id] = {std::string{pipeline::kDnsProviderContract}, plugin.retired};
    } else if (plugin.module.value == "sandbox") {
      instances[plugin.id] = {std::string{pipeline::kNodeBackendContract}, plugin.retired};
    }
  }
  return instances;
}

config::Diagnostics check(const fs::path& file) {
  config::Diagnostics diagnostics;
  const config::Config config = config::load(file, diagnostics);
  (void)pipeline::compile(config, instances_of(config), diagnostics);
  return diagnostics;
}

std::string severity(const config::Diagnostic& diagnostic) {
  return diagnostic.severity == config::Diagnostic::Severity::kError ? "error" : "warning";
}

class BadFile : public testing::TestWithParam<fs::path> {};

TEST_P(BadFile, IsReportedAtEachPlaceAndNowhereElse) {
  const std::string text = read(GetParam());
  std::vector<Expected> expected = expectations(text);
  if (GetParam().stem() == "utf16") expected = {{"1:1", "error", "the file is UTF-16"}};
  ASSERT_FALSE(expected.empty()) << "the file does not say what is expected";
  const config::Diagnostics diagnostics = check(GetParam());
  const std::vector<config::Diagnostic> found = diagnostics.sorted();
  const std::string rendered = render(diagnostics, GetParam().filename(), text);
  ASSERT_EQ(found.size(), expected.size()) << rendered;
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(fmt::format("{}:{}", found[i].region.line, found[i].region.column), expected[i].place)
        << rendered;
    EXPECT_EQ(severity(found[i]), expected[i].severity) << rendered;
    EXPECT_THAT(found[i].message, testing::HasSubstr(expected[i].message)) << rendered;
  }
  EXPECT_THAT(rendered, testing::Not(testing::HasSubstr("hunter2"))) << "a secret is shown";
  EXPECT_THAT(render_json(diagnostics, "f"), testing::Not(testing::HasSubstr("hunter2")))
      << "a secret is shown";
}

std::string file_stem(const testing::TestParamInfo<fs::path>& info) {
  return info.param.stem().string();
}

INSTANTIATE_TEST_SUITE_P(All, BadFile, testing::ValuesIn(files_in(kFolder / "bad")), file_stem);

class GoodFile : public testing::TestWithParam<fs::path> {};

TEST_P(GoodFile, HasNoMistakeAndNoWarning) {
  const config::Diagnostics diagnostics = check(GetParam());
  EXPECT_EQ(render(diagnostics, GetParam().filename(), read(GetParam())), "");
}

INSTANTIATE_TEST_SUITE_P(All, GoodFile, testing::ValuesIn(files_in(kFolder / "good")), file_stem);

TEST(ExampleFile, HasNoMistakeAndNoWarning) {
  const config::Diagnostics diagnostics = check(kExample);
  EXPECT_EQ(render(diagnostics, kExample.filename(), read(kExample)), "");
}

TEST(BadFiles, AreAtLeastFortyFive) {
  EXPECT_GE(files_in(kFolder / "bad").size(), 45U);
}

}  // namespace
}  // namespace paynamed
