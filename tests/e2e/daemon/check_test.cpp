// `paynamed check` on every file of tests/config, with the true modules.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

const fs::path kFolder = fs::path{PAYNAMED_SOURCE_DIR} / "tests/config";

// "12:9 error: unknown key"
struct Expected {
  std::string place;
  std::string severity;
  std::string message;
};

std::vector<Expected> expectations(const fs::path& file) {
  if (file.stem() == "utf16") return {{"1:1", "error", "the file is UTF-16"}};
  constexpr std::string_view kMark = "# expect: ";
  const std::string content = read_file(file);
  std::vector<Expected> expected;
  for (std::size_t at = content.find(kMark); at != content.npos; at = content.find(kMark, at + 1)) {
    const std::size_t begin = at + kMark.size();
    const std::string line = content.substr(begin, content.find_first_of("\r\n", begin) - begin);
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

std::vector<fs::path> bad_files() {
  std::vector<fs::path> files = files_in(kFolder / "bad");
  const std::vector<fs::path> of_modules = files_in(kFolder / "bad/modules");
  files.insert(files.end(), of_modules.begin(), of_modules.end());
  return files;
}

std::vector<fs::path> good_files() {
  std::vector<fs::path> files = files_in(kFolder / "good");
  for (const fs::path& shipped : files_in(fs::path{PAYNAMED_SOURCE_DIR} / "config")) files.push_back(shipped);
  return files;
}

fakes::Ended check(const fs::path& file, bool as_json) {
  std::vector<std::string> words{PAYNAMED_PROGRAM, "check", "--config", file.string()};
  if (as_json) words.emplace_back("--json");
  return fakes::run_program(std::move(words));
}

TEST(Check, NamesEveryMistakeOfABadFileAtItsPlace) {
  for (const fs::path& file : bad_files()) {
    SCOPED_TRACE(fs::relative(file, kFolder).string());
    const std::vector<Expected> expected = expectations(file);
    ASSERT_FALSE(expected.empty()) << "the file does not say what is expected";
    const fakes::Ended ended = check(file, false);
    EXPECT_EQ(ended.exit_code, 78) << ended.output;
    EXPECT_EQ(ended.errors, "");
    std::size_t at = 0;
    for (const Expected& each : expected) {
      // What concerns the whole file has no place in it.
      const std::string place = each.place == "0:0" ? "" : ":" + each.place;
      const std::string line = fmt::format("{}{}: {}: ", file.string(), place, each.severity);
      at = ended.output.find(line, at);
      ASSERT_NE(at, ended.output.npos) << "no '" << line << "', or not in this order:\n" << ended.output;
      const std::size_t begin = at + line.size();
      at = ended.output.find('\n', begin);
      EXPECT_THAT(ended.output.substr(begin, at - begin), HasSubstr(each.message));
    }
    std::size_t said = 0;
    for (at = ended.output.find(file.string() + ":"); at != ended.output.npos;
         at = ended.output.find(file.string() + ":", at + 1))
      ++said;
    EXPECT_EQ(said, expected.size()) << "it says more than there is:\n" << ended.output;
    EXPECT_THAT(ended.output, Not(HasSubstr("hunter2"))) << "a secret is shown";
  }
}

// What is found is the same; how it is said is looked at in some of the files.
TEST(Check, SaysTheSameToPrograms) {
  constexpr std::size_t kEach = 5;
  const std::vector<fs::path> files = bad_files();
  for (std::size_t i = 0; i < files.size(); i += kEach) {
    const fs::path& file = files[i];
    SCOPED_TRACE(fs::relative(file, kFolder).string());
    const std::vector<Expected> expected = expectations(file);
    const fakes::Ended ended = check(file, true);
    EXPECT_EQ(ended.exit_code, 78);
    EXPECT_THAT(ended.output, Not(HasSubstr("hunter2"))) << "a secret is shown";
    boost::system::error_code error;
    const json::value document = json::parse(ended.output, error);
    ASSERT_FALSE(error) << ended.output;
    EXPECT_EQ(text(document.as_object(), "file"), file.string());
    const json::array& found = document.at("diagnostics").as_array();
    ASSERT_EQ(found.size(), expected.size()) << ended.output;
    for (std::size_t place = 0; place < found.size(); ++place) {
      const json::object& each = found[place].as_object();
      EXPECT_EQ(fmt::format("{}:{}", each.at("line").as_int64(), each.at("column").as_int64()),
                expected[place].place);
      EXPECT_EQ(text(each, "severity"), expected[place].severity);
      EXPECT_THAT(text(each, "message"), HasSubstr(expected[place].message));
    }
  }
}

TEST(Check, HasNothingToSayOfAGoodFile) {
  const std::vector<fs::path> files = good_files();
  EXPECT_GE(files.size(), 8U);
  for (const fs::path& file : files) {
    const fakes::Ended ended = check(file, false);
    EXPECT_EQ(ended.exit_code, 0) << file << ": " << ended.output;
    EXPECT_EQ(ended.output, file.string() + ": ok\n");
  }
}

TEST(Check, CoversAtLeastFortyMistakes) {
  EXPECT_GE(bad_files().size(), 40U);
}

// A daemon with such a file must not start, and must say the same.
TEST(Check, IsWhatRunDoesFirst) {
  const fs::path file = kFolder / "bad/with_unknown.toml";
  const auto ended = fakes::run_program({PAYNAMED_PROGRAM, "run", "--config", file.string()});
  EXPECT_EQ(ended.exit_code, 78);
  EXPECT_THAT(ended.errors, HasSubstr(expectations(file).front().place + ": error: "));
  EXPECT_FALSE(fs::exists(kFolder / "bad/paynamed.db"));
}

}  // namespace
}  // namespace paynamed::e2e
