// Names of a file: registered by the true programs, with the client killed again and again.
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <chrono>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

class Bulk : public LabTest {};

std::string rows(const std::string& prefix, int count) {
  std::string text = "name,owner,reference\n";
  for (int i = 0; i < count; ++i) text += fmt::format("{0}{1}@example.test,o{1},r{1}\n", prefix, i);
  return text;
}

TEST_F(Bulk, AClientThatIsKilledGoesOnAndRegistersEveryNameOnce) {
  constexpr int kNames = 60;
  Scene scene{lab()};
  scene.daemon().start();
  const std::string file = (scene.folder() / "names.csv").string();
  write_file(file, rows("killed", kNames));
  const std::vector<std::string> words{PAYNAMECTL_PROGRAM,
                                       "--url",
                                       fmt::format("http://127.0.0.1:{}", scene.daemon().port()),
                                       "register",
                                       "--from",
                                       file,
                                       "--concurrency",
                                       "2",
                                       "--in-flight",
                                       "20"};
  const std::vector<std::string> environment{"PAYNAMED_API_KEY=" + scene.api_key()};
  for (int kill = 0; kill < 5; ++kill) {
    fakes::Child child{words, environment};
    // Somewhere between the first request and the last: when the state file grows.
    const auto size = [&] {
      return std::filesystem::exists(file + ".state") ? std::filesystem::file_size(file + ".state") : 0;
    };
    const auto before = size();
    while (size() <= before && !child.wait(std::chrono::milliseconds{2})) {
    }
    child.wait(std::chrono::milliseconds{30 * kill});
    child.signal(SIGKILL);
    child.wait(std::chrono::seconds{10});
  }
  const auto ended = fakes::run_program(words, environment, std::chrono::seconds{100});
  EXPECT_EQ(ended.exit_code, 0) << ended.errors << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("60 rows: 60 live, 0 undone, 0 refused, 0 paused"));

  const json::array names = scene.get("/v1/names?limit=500&domain=example.test").at("items").as_array();
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kNames));
  for (const auto& name : names) EXPECT_EQ(text(name.as_object(), "state"), "live");
  // One registration and one offer each.
  std::size_t accepted = 0;
  for (const json::object& event : scene.events())
    accepted += text(event, "type") == "run.accepted" ? 1U : 0U;
  EXPECT_EQ(accepted, static_cast<std::size_t>(kNames));
  EXPECT_EQ(scene.sandbox_offers().size(), static_cast<std::size_t>(kNames));
}

TEST_F(Bulk, WhatTheDaemonRefusesIsWrittenDownAndTheRestIsLive) {
  Scene scene{lab()};
  scene.daemon().start();
  ASSERT_EQ(scene.register_name("taken@example.test").status, 201);
  const std::string file = (scene.folder() / "names.jsonl").string();
  write_file(file,
             "{\"name\":\"fine@example.test\"}\n{\"name\":\"taken@example.test\",\"owner\":\"x\"}\n"
             "{\"name\":\"foreign@example.org\"}\n");
  const auto ended = scene.ctl({"register", "--from", file, "--json"});
  EXPECT_EQ(ended.exit_code, 1) << ended.errors;
  const json::object summary = json::parse(ended.output).as_object();
  EXPECT_EQ(summary.at("live").to_number<int>(), 1);
  EXPECT_EQ(summary.at("refused").to_number<int>(), 2);
  const std::string failures = read_file(file + ".failures.csv");
  EXPECT_THAT(failures, HasSubstr("taken@example.test,x,,,,,2,"));
  EXPECT_THAT(failures, HasSubstr("example.org is not a domain of this daemon"));
}

}  // namespace
}  // namespace paynamed::e2e
