// Bulk registration: the rows' forms and mistakes, and the registration against a daemon that answers as the
// real one does, also when it is busy, away or killed.
#include <fmt/format.h>

#include <sys/resource.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "command_fixture.hpp"
#include "ctl/bulk_rows.hpp"
#include "ctl/bulk_state.hpp"
#include "ctl/timeline.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// --- rows

struct RowCase {
  std::string rule;
  std::string text;
  std::vector<std::string> rows;  // bodies, or "LINE: part of the mistake"
};

std::vector<std::string> read_all(const std::string& text) {
  std::istringstream stream{text};
  BulkRows rows{stream, "example.com"};
  std::vector<std::string> out;
  while (auto row = rows.next()) {
    out.push_back(*row ? fmt::format("{} {}", (*row)->line, body_of(**row))
                       : fmt::format("{}: {}", rows.line(), row->error().message()));
  }
  return out;
}

class RowsTest : public ::testing::TestWithParam<RowCase> {};

TEST_P(RowsTest, AreReadByTheRule) {
  const std::vector<std::string> found = read_all(GetParam().text);
  ASSERT_EQ(found.size(), GetParam().rows.size()) << ::testing::PrintToString(found);
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_THAT(found[i], HasSubstr(GetParam().rows[i]));
}

const std::string kBadOffer = "lno1qqqq";

INSTANTIATE_TEST_SUITE_P(
    Bulk, RowsTest,
    ::testing::Values(
        RowCase{"CsvHasAHead",
                "name,owner\nalice@example.com,o1\n",
                {R"(2 {"name":"alice@example.com","owner":"o1","priority":"bulk"})"}},
        RowCase{"ColumnsInAnyOrderAndCase",
                "Owner,NAME\no1,alice@example.com",
                {R"(2 {"name":"alice@example.com","owner":"o1","priority":"bulk"})"}},
        RowCase{"ByteOrderMarkAndCarriageReturns",
                "\xEF\xBB\xBFname\r\nalice@example.com\r\n",
                {R"(2 {"name":"alice@example.com","priority":"bulk"})"}},
        RowCase{"QuotedFields",
                "name,reference\nalice,\"a, \"\"b\"\"\"\n",
                {R"(2 {"name":"alice@example.com","reference":"a, \"b\"","priority":"bulk"})"}},
        RowCase{"AQuotedLineBreakIsNoNewRow",
                "name,reference\nalice,\"a\nb\"\nbob,c\n",
                {"2: 'reference' must have",
                 R"(4 {"name":"bob@example.com","reference":"c","priority":"bulk"})"}},
        RowCase{"EmptyLinesArePassedOver",
                "name\n\nalice\n  \nbob\n",
                {R"(3 {"name":"alice@example.com","priority":"bulk"})",
                 R"(5 {"name":"bob@example.com","priority":"bulk"})"}},
        RowCase{"NamesGetTheDomainAndLowerCase",
                "name\nAlice\n",
                {R"({"name":"alice@example.com","priority":"bulk"})"}},
        RowCase{"ANodeOfCsv",
                "name,node\na,true\nb,n7\nc,\n",
                {R"("source":{"node":true})", R"("source":{"node":"n7"})",
                 R"(4 {"name":"c@example.com","priority":"bulk"})"}},
        RowCase{"ColumnsOfFailuresArePassedOver",
                "name,line,run,state,reason\na,7,r,refused,taken\n",
                {R"(2 {"name":"a@example.com","priority":"bulk"})"}},
        RowCase{"AnUnknownColumn", "name,email\na,b\n", {"1: the column 'email' is not known"}},
        RowCase{"AColumnTwice", "name,name\na,b\n", {"1: the head has the column 'name' twice"}},
        RowCase{"NoColumnName", "alice@example.com\n", {"1: the column 'alice@example.com' is not known"}},
        RowCase{"TooFewFields",
                "name,owner\na\nb,o\n",
                {"2: the row has 1 fields", R"({"name":"b@example.com")"}},
        RowCase{"AnOpenQuote", "name\n\"alice\n", {"2: a quoted field is not closed"}},
        RowCase{"TextBehindAQuote", "name\n\"a\"b\nc\n", {"2: behind a closing quote", "c@example.com"}},
        RowCase{"AQuoteInAField", "name\na\"b\n", {"2: a field with a quote must be quoted"}},
        RowCase{"NoName", "name,owner\n,o\n", {"2: the row has no name"}},
        RowCase{"ABadName", "name\nal ice\nbob\n", {"2: ", "bob@example.com"}},
        RowCase{"ABadOffer", "name,offer\na," + kBadOffer + "\n", {"2: "}},
        RowCase{"ABadUri", "name,uri\na,bitcoin:?lno=x\n", {"2: "}},
        RowCase{"TwoSources", "name,uri,node\na,bitcoin:?lno=x,true\n", {"2: only one of 'node'"}},
        RowCase{
            "ALongOwner", "name,owner\na," + std::string(257, 'o') + "\n", {"2: 'owner' must have at most"}},
        RowCase{"AnOwnerThatIsNoUtf8", "name,owner\na,\xFF\n", {"2: 'owner' is no UTF-8 text"}},
        RowCase{"AReferenceThatIsNoUtf8",
                "name,reference\na,\xC3\nb,\xC3\xA9\n",
                {"2: 'reference' is no UTF-8 text", "b@example.com"}},
        RowCase{"ALineWithoutEnd",
                "name\n" + std::string(70'000, 'a') + "\nbob\n",
                {"2: the line is longer", "bob@example.com"}},
        RowCase{"JsonLines",
                "{\"name\":\"a\",\"owner\":\"o\"}\n\n{\"name\":\"b\",\"source\":{\"node\":true}}\n",
                {R"(1 {"name":"a@example.com","owner":"o","priority":"bulk"})",
                 R"(3 {"name":"b@example.com","source":{"node":true},"priority":"bulk"})"}},
        RowCase{"JsonLinesFlat", "{\"name\":\"a\",\"node\":\"n1\"}", {R"("source":{"node":"n1"})"}},
        RowCase{"JsonWithAnotherMember",
                "{\"name\":\"a\",\"email\":\"b\"}\n{\"name\":\"b\"}",
                {"1: 'email' is not known", "b@example.com"}},
        RowCase{"JsonOfAnotherType", "{\"name\":7}", {"1: 'name' must be a text"}},
        RowCase{"JsonThatIsNone", "{\"name\":\n", {"1: the line is no JSON object"}},
        RowCase{"JsonSourceTwice", "{\"name\":\"a\",\"node\":true,\"source\":{}}", {"1: 'source' must be"}}),
    [](const auto& one) { return one.param.rule; });

TEST(BulkRows, WithoutADomainANameHasToHaveOne) {
  std::istringstream stream{"name\nalice\n"};
  BulkRows rows{stream, {}};
  const auto row = rows.next();
  ASSERT_TRUE(row);
  ASSERT_FALSE(*row);
  EXPECT_THAT(row->error().message(), HasSubstr("give --domain"));
}

// --- the registration

// Accepts names, ends their runs as told, and checks what the real one checks: keys and what they were used
// for.
class FakeDaemon final {
 public:
  std::map<std::string, std::string> names;                         // to their run
  std::map<std::string, std::string> states;                        // of runs
  std::map<std::string, std::pair<std::string, std::string>> keys;  // to body and run
  std::vector<std::string> events;
  std::size_t posts = 0;
  std::size_t reads_of_runs = 0;
  std::size_t room = 1'000'000;  // runs that may be open
  std::size_t ends_a_look = 5;   // runs that end between two looks at the events
  std::function<std::string(const std::string&)> end_of = [](const std::string&) { return "completed"; };
  std::function<std::optional<base::Result<HttpReply>>(std::size_t post)> before;  // instead of an answer
  std::function<std::optional<base::Result<HttpReply>>(std::size_t post)>
      after;  // it was done, and this is said
  std::function<std::optional<base::Result<HttpReply>>(std::size_t read)> before_run;

  static constexpr std::size_t kMostLooks = 5'000;
  std::size_t looks = 0;

  base::Result<HttpReply> answer(const HttpCall& call) {
    if (call.method == "POST") return accept(call);
    if (call.target.starts_with("/v1/events")) return events_after(call.target);
    ++reads_of_runs;
    if (before_run) {
      if (auto instead = before_run(reads_of_runs)) return *instead;
    }
    const std::string run = call.target.substr(std::string{"/v1/runs/"}.size());
    return HttpReply{200, {}, fmt::format(R"({{"state":"{}","reason":null}})", states[run])};
  }

 private:
  base::Result<HttpReply> accept(const HttpCall& call) {
    const std::size_t post = posts++;
    if (before) {
      if (auto instead = before(post)) return *instead;
    }
    std::string key;
    for (const auto& [name, value] : call.headers) {
      if (name == "Idempotency-Key") key = value;
    }
    EXPECT_FALSE(key.empty());
    if (const auto used = keys.find(key); used != keys.end()) {
      EXPECT_EQ(used->second.first, call.body);
      return accepted(used->second.second, {{"idempotency-replayed", "true"}});
    }
    const std::string name{json::parse(call.body).at("name").as_string()};
    if (names.contains(name)) return HttpReply{409, {}, R"({"detail":"the name is taken"})"};
    if (open() >= room)
      return HttpReply{503, {{"retry-after", "2"}}, R"({"detail":"too many runs are open"})"};
    const std::string run = fmt::format("run-{}", names.size());
    names[name] = run;
    states[run] = "running";
    keys[key] = {call.body, run};
    if (after) {
      if (auto instead = after(post)) return *instead;
    }
    return accepted(run, {});
  }
  HttpReply accepted(const std::string& run, std::map<std::string, std::string> headers) {
    return {202, std::move(headers),
            fmt::format(R"({{"run":"{}","state":"{}","reason":null}})", run, states[run])};
  }
  std::size_t open() const {
    std::size_t count = 0;
    for (const auto& [run, state] : states) count += state == "running" ? 1U : 0U;
    return count;
  }
  HttpReply events_after(const std::string& target) {
    // Whoever asks so often waits for what never comes.
    if (++looks > kMostLooks) return {401, {}, R"({"detail":"asked for ever"})"};
    const auto at = target.find("after=1-");
    const std::size_t first = at == target.npos ? 0 : std::stoul(target.substr(at + 8));
    std::size_t left = target.find("after=") == target.npos ? 0 : ends_a_look;
    for (auto& [run, state] : states) {
      if (left == 0 || state != "running") continue;
      --left;
      state = end_of(run);
      events.push_back(
          fmt::format(R"({{"type":"run.{}","run":"{}","data":{{"reason":"because"}}}})", state, run));
    }
    std::string items;
    for (std::size_t i = first; i < events.size(); ++i) items += (items.empty() ? "" : ",") + events[i];
    return {200, {}, fmt::format(R"({{"items":[{0}],"next":"1-{1}","head":"1-{1}"}})", items, events.size())};
  }
};

class FakeConnection final : public Connection {
 public:
  explicit FakeConnection(FakeDaemon& daemon) : daemon_(daemon) {}
  base::Result<HttpReply> send(const HttpCall& call) override { return daemon_.answer(call); }

 private:
  FakeDaemon& daemon_;
};

class BulkTest : public ::testing::Test {
 protected:
  FakeDaemon daemon;
  base::ManualClock clock{*base::from_rfc3339("2026-11-23T12:00:00.000Z")};
  std::filesystem::path folder;
  std::string out;
  std::string err;
  base::Duration paused{0};

  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "bulk-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string file() const { return (folder / "names.csv").string(); }
  void write(const std::string& text) { std::ofstream{file()} << text; }
  void write_names(int count) {
    std::string text = "name,owner\n";
    for (int i = 0; i < count; ++i) text += fmt::format("n{}@example.com,o{}\n", i, i);
    write(text);
  }
  std::string failures() const {
    std::ifstream stream{file() + ".failures.csv"};
    return {std::istreambuf_iterator<char>{stream}, {}};
  }
  int run(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"paynamectl", "register", "--from", file()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    out.clear();
    err.clear();
    return run_command_line(
        static_cast<int>(argv.size()), argv.data(),
        [this](Url, std::string) { return std::make_unique<FakeConnection>(daemon); }, clock, {},
        [this](std::string_view text) { out += text; }, [this](std::string_view text) { err += text; },
        [this](base::Duration d) {
          paused += d;
          clock.advance(d);
        });
  }
};

TEST_F(BulkTest, EveryRowBecomesALiveName) {
  write_names(250);
  EXPECT_EQ(run(), 0) << err;
  EXPECT_EQ(daemon.names.size(), 250U);
  EXPECT_THAT(out, HasSubstr("250 rows: 250 live, 0 undone, 0 refused, 0 paused\n"));
  EXPECT_EQ(daemon.reads_of_runs, 0U);
  EXPECT_FALSE(std::filesystem::exists(file() + ".failures.csv"));
}

TEST_F(BulkTest, MistakesAreAllToldWithTheirLinesAndNothingIsSent) {
  write("name,owner\na@example.com,x\nb b@example.com,x\na@example.com,y\nc@example.com\n");
  EXPECT_EQ(run(), 2);
  EXPECT_EQ(daemon.posts, 0U);
  EXPECT_THAT(err, HasSubstr("line 3: "));
  EXPECT_THAT(err, HasSubstr("line 4: the name stands in line 2 already\n"));
  EXPECT_THAT(err, HasSubstr("line 5: the row has 1 fields"));
  EXPECT_THAT(err, HasSubstr("3 mistakes; nothing was sent"));
  EXPECT_EQ(run({"--json"}), 2);
  EXPECT_EQ(json::parse(out).at("mistakes").as_array().size(), 3U);
  write("name\n");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(err, HasSubstr("the file has no row"));
}

TEST_F(BulkTest, CheckOnlyChecks) {
  write_names(3);
  EXPECT_EQ(run({"--check"}), 0);
  EXPECT_EQ(out, "3 rows, none with a mistake\n");
  EXPECT_EQ(daemon.posts, 0U);
  EXPECT_FALSE(std::filesystem::exists(file() + ".state"));
}

TEST_F(BulkTest, WhatFailsIsWrittenDownWithItsReason) {
  write(
      "name,owner\nlive@example.com,a\nundone@example.com,\"b,c\"\ntaken@example.com,d\npaused@example.com,"
      "e\n");
  daemon.names["taken@example.com"] = "other";
  daemon.end_of = [this](const std::string& run) {
    return daemon.names["undone@example.com"] == run   ? "compensated"
           : daemon.names["paused@example.com"] == run ? "paused"
                                                       : "completed";
  };
  EXPECT_EQ(run({"--json"}), 1);
  EXPECT_EQ(json::parse(out),
            json::parse(fmt::format(
                R"({{"rows":4,"live":1,"undone":1,"refused":1,"paused":1,"failures":"{0}.failures.csv",)"
                R"("state":"{0}.state"}})",
                file())));
  EXPECT_THAT(failures(), HasSubstr("name,owner,reference,node,uri,offer,line,run,state,reason\n"));
  EXPECT_THAT(failures(), HasSubstr("taken@example.com,d,,,,,4,,refused,the name is taken\n"));
  EXPECT_THAT(failures(), HasSubstr("undone@example.com,\"b,c\",,,,,3,run-2,undone,because\n"));
  EXPECT_THAT(failures(), HasSubstr("paused@example.com,e,,,,,5,run-3,paused,because\n"));
  EXPECT_THAT(failures(), Not(HasSubstr("live@example.com,a")));
}

TEST_F(BulkTest, FailuresCanBeGivenToFromAgain) {
  write_names(2);
  daemon.names["n1@example.com"] = "other";
  EXPECT_EQ(run(), 1);
  daemon.names.erase("n1@example.com");
  std::filesystem::rename(file() + ".failures.csv", file());
  std::filesystem::remove(file() + ".state");
  EXPECT_EQ(run(), 0) << err;
  EXPECT_TRUE(daemon.names.contains("n1@example.com"));
}

TEST_F(BulkTest, NoMoreRunsAreOpenThanAreAllowed) {
  write_names(60);
  std::size_t most = 0;
  daemon.end_of = [&](const std::string&) {
    std::size_t open = 0;
    for (const auto& [run, state] : daemon.states) open += state == "running" ? 1U : 0U;
    // The one that ends now counts no more.
    most = std::max(most, open + 1);
    return "completed";
  };
  EXPECT_EQ(run({"--in-flight", "10"}), 0) << err;
  EXPECT_EQ(daemon.names.size(), 60U);
  EXPECT_LE(most, 11U);
  EXPECT_GE(most, 5U);
}

TEST_F(BulkTest, WithoutRoomItWaitsAsLongAsTheDaemonSays) {
  write_names(40);
  daemon.room = 3;
  daemon.ends_a_look = 1;
  EXPECT_EQ(run(), 0) << err;
  EXPECT_EQ(daemon.names.size(), 40U);
  EXPECT_GE(paused, base::Duration{2'000});
  EXPECT_THAT(err, HasSubstr("waiting: too many runs are open"));
  // Batches become small, so that little is sent in vain.
  EXPECT_LT(daemon.posts, 40U * 6);
}

TEST_F(BulkTest, AskingTooOftenIsNoFailure) {
  write_names(30);
  daemon.before = [](std::size_t post) -> std::optional<base::Result<HttpReply>> {
    if (post % 3 != 1) return std::nullopt;
    return HttpReply{429, {{"retry-after", "1"}}, R"({"detail":"this key asks too often"})"};
  };
  EXPECT_EQ(run(), 0) << err;
  EXPECT_EQ(daemon.names.size(), 30U);
}

TEST_F(BulkTest, ALostReplyIsAskedForUnderTheSameKey) {
  write_names(20);
  daemon.after = [](std::size_t post) -> std::optional<base::Result<HttpReply>> {
    if (post % 4 == 0) return base::fail(base::unavailable("connection reset"));
    if (post % 4 == 1) return HttpReply{500, {}, "{}"};
    return std::nullopt;
  };
  EXPECT_EQ(run(), 0) << err;
  EXPECT_EQ(daemon.names.size(), 20U);
  EXPECT_EQ(daemon.keys.size(), 20U);
  EXPECT_THAT(out, HasSubstr("20 live"));
}

TEST_F(BulkTest, ADaemonThatStaysAwayEndsItAndTheSameCommandGoesOn) {
  write_names(100);
  bool away = false;
  daemon.before = [&](std::size_t post) -> std::optional<base::Result<HttpReply>> {
    if (post < 37 && !away) return std::nullopt;
    away = true;
    return base::fail(base::unavailable("cannot reach the daemon"));
  };
  EXPECT_EQ(run(), 3);
  EXPECT_THAT(err, HasSubstr("go on with the same command; nothing is done twice"));
  EXPECT_EQ(daemon.names.size(), 37U);
  daemon.before = nullptr;
  const std::size_t before = daemon.posts;
  EXPECT_EQ(run(), 0) << err;
  EXPECT_EQ(daemon.names.size(), 100U);
  EXPECT_EQ(daemon.posts - before, 63U);
  EXPECT_THAT(out, HasSubstr("100 rows: 100 live"));
}

// As after kill -9: the state is cut off anywhere, or lost.
TEST_F(BulkTest, WhereverItWasKilledNothingIsDoneTwice) {
  write_names(30);
  ASSERT_EQ(run(), 0) << err;
  std::ifstream stream{file() + ".state"};
  const std::string whole{std::istreambuf_iterator<char>{stream}, {}};
  stream.close();
  ASSERT_GT(whole.size(), 500U);
  for (std::size_t size = 0; size <= whole.size(); size += 41) {
    std::ofstream{file() + ".state", std::ios::trunc} << whole.substr(0, size);
    EXPECT_EQ(run(), 0) << size << ": " << err;
    EXPECT_THAT(out, HasSubstr("30 rows: 30 live, 0 undone, 0 refused, 0 paused")) << size;
  }
  std::filesystem::remove(file() + ".state");
  EXPECT_EQ(run(), 0) << err;
  EXPECT_EQ(daemon.names.size(), 30U);
  EXPECT_EQ(daemon.keys.size(), 30U);
}

TEST_F(BulkTest, TheStateOfOtherRowsIsRefused) {
  write_names(3);
  ASSERT_EQ(run(), 0);
  write_names(4);
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(err, HasSubstr("is the state of other rows"));
  EXPECT_EQ(run({"--state", file() + ".other"}), 1) << "the names are taken by other keys";
}

TEST_F(BulkTest, AnotherLogMeansThatEachRunIsAskedForOnce) {
  write_names(10);
  daemon.ends_a_look = 0;
  bool gone = false;
  FakeDaemon& fake = daemon;
  struct Gone final : Connection {
    Gone(FakeDaemon& d, bool& g) : daemon(d), gone(g) {}
    base::Result<HttpReply> send(const HttpCall& call) override {
      if (call.target.find("after=") == call.target.npos || gone) return daemon.answer(call);
      if (daemon.names.size() < 10) return daemon.answer(call);
      gone = true;
      for (auto& [run, state] : daemon.states) state = "completed";
      return HttpReply{410, {}, R"({"detail":"not of this log"})"};
    }
    FakeDaemon& daemon;
    bool& gone;
  };
  const std::vector<const char*> argv{"paynamectl", "register", "--from", nullptr};
  std::vector<const char*> words = argv;
  const std::string path = file();
  words[3] = path.c_str();
  EXPECT_EQ(
      run_command_line(
          4, words.data(), [&](Url, std::string) { return std::make_unique<Gone>(fake, gone); }, clock, {},
          [this](std::string_view text) { out += text; }, [this](std::string_view text) { err += text; },
          [this](base::Duration d) { clock.advance(d); }),
      0)
      << err;
  EXPECT_TRUE(gone);
  EXPECT_EQ(daemon.reads_of_runs, 10U);
  EXPECT_THAT(out, HasSubstr("10 live"));
}

TEST_F(BulkTest, GivenAgainItDoesNotWaitForPausedRuns) {
  write_names(5);
  daemon.end_of = [](const std::string&) { return "paused"; };
  ASSERT_EQ(run(), 4) << err;
  for (int again = 0; again < 2; ++again) {
    daemon.looks = 0;
    EXPECT_EQ(run(), 4) << err;
    EXPECT_THAT(out, HasSubstr("5 rows: 0 live, 0 undone, 0 refused, 5 paused"));
  }
  // Somebody saw to them meanwhile.
  for (auto& [run, state] : daemon.states) state = "completed";
  EXPECT_EQ(run(), 0) << err;
  EXPECT_THAT(out, HasSubstr("5 live"));
}

TEST_F(BulkTest, ARunThatCannotBeAskedForIsAskedLater) {
  write_names(5);
  daemon.end_of = [](const std::string&) { return "paused"; };
  ASSERT_EQ(run(), 4) << err;
  daemon.before_run = [](std::size_t read) -> std::optional<base::Result<HttpReply>> {
    if (read % 3 == 0) return HttpReply{503, {}, "{}"};
    if (read % 3 == 1) return base::fail(base::unavailable("connection reset"));
    return std::nullopt;
  };
  EXPECT_EQ(run(), 4) << err;
  EXPECT_THAT(out, HasSubstr("5 paused"));
}

TEST_F(BulkTest, PausedRunsThatTakeAllPlacesEndIt) {
  write_names(30);
  daemon.end_of = [](const std::string&) { return "paused"; };
  EXPECT_EQ(run({"--in-flight", "10"}), 4) << err;
  EXPECT_THAT(err, HasSubstr("10 runs are paused and take all places"));
  EXPECT_THAT(out, HasSubstr("30 rows: 0 live, 0 undone, 0 refused, 10 paused"));
  EXPECT_EQ(daemon.names.size(), 10U);
  for (auto& [run, state] : daemon.states) state = "completed";
  daemon.end_of = [](const std::string&) { return "completed"; };
  EXPECT_EQ(run({"--in-flight", "10"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("30 live"));
}

TEST_F(BulkTest, TheStateOfAnotherDaemonOrDomainIsRefused) {
  write("name\nalice\n");
  ASSERT_EQ(run({"--domain", "example.com"}), 0) << err;
  EXPECT_EQ(run({"--domain", "example.org"}), 2);
  EXPECT_THAT(err, HasSubstr("is the state of names with --domain example.com; give another with --state"));
  EXPECT_EQ(run({"--domain", "example.com", "--url", "http://127.0.0.1:8081"}), 2);
  EXPECT_THAT(err, HasSubstr("is the state of names at another daemon (http://127.0.0.1:8080)"));
  EXPECT_EQ(run({"--domain", "example.com", "--url", "http://127.0.0.1:8080/"}), 0) << err;
}

TEST_F(BulkTest, TheSameRowsWithAnotherDomainHaveOtherKeys) {
  write("name\nalice\n");
  ASSERT_EQ(run({"--domain", "example.com"}), 0) << err;
  std::filesystem::remove(file() + ".state");
  EXPECT_EQ(run({"--domain", "example.org"}), 0) << err;
  EXPECT_TRUE(daemon.names.contains("alice@example.org"));
  EXPECT_EQ(daemon.keys.size(), 2U);
}

TEST_F(BulkTest, RowsThatAreAddedMeanwhileAreNotSent) {
  write_names(200);
  daemon.before = [this](std::size_t post) -> std::optional<base::Result<HttpReply>> {
    if (post == 0)
      std::ofstream{file(), std::ios::app} << std::string(100'000, '\n') << "late@example.com,o\n";
    return std::nullopt;
  };
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(err, HasSubstr("has other rows than when it was checked"));
  EXPECT_FALSE(daemon.names.contains("late@example.com"));
}

TEST_F(BulkTest, AMillionMistakesAreCounted) {
  std::string text = "name\n";
  for (int i = 0; i < 3'000; ++i) text += "a b\n";
  write(text);
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(err, HasSubstr("line 1001: "));
  EXPECT_THAT(err, Not(HasSubstr("line 1002: ")));
  EXPECT_THAT(err, HasSubstr("and 2000 more\npaynamectl: 3000 mistakes; nothing was sent"));
  EXPECT_EQ(run({"--json"}), 2);
  EXPECT_EQ(json::parse(out).at("mistakes").as_array().size(), 1'000U);
  EXPECT_EQ(json::parse(out).at("total").to_number<int>(), 3'000);
}

TEST_F(BulkTest, AStateFileThatCannotBeWrittenIsNoMistakeOfTheCommandLine) {
  write_names(100);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  // Room for the head, and for some rows.
  rlimit small = before;
  small.rlim_cur = 500;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const int exit = run();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(exit, 3);
  EXPECT_THAT(err, HasSubstr("the state file cannot be written"));
  EXPECT_EQ(run(), 0) << err;
  EXPECT_THAT(out, HasSubstr("100 live"));
}

TEST_F(BulkTest, AWrongKeyEndsItAtOnce) {
  write_names(3);
  daemon.before = [](std::size_t) {
    return std::optional<base::Result<HttpReply>>{
        HttpReply{401, {}, R"({"detail":"this API key is not known"})"}};
  };
  EXPECT_EQ(run(), 1);
  EXPECT_THAT(err, HasSubstr("this API key is not known"));
}

TEST_F(BulkTest, OptionsThatContradictEachOtherAreRefused) {
  write_names(1);
  EXPECT_EQ(run({"alice@example.com"}), 2);
  EXPECT_EQ(run({"--in-flight", "0"}), 2);
  const std::vector<const char*> argv{"paynamectl", "register", "--check"};
  EXPECT_EQ(run_command_line(
                3, argv.data(), [this](Url, std::string) { return std::make_unique<FakeConnection>(daemon); },
                clock, {}, [](std::string_view) {}, [](std::string_view) {}, [](base::Duration) {}),
            2);
}

}  // namespace
}  // namespace paynamed::ctl
