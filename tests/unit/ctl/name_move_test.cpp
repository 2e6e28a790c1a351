// `names move`: against a daemon in memory whose runs end when its events are read.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "command_fixture.hpp"
#include "ctl/name_move_plan.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(NodeTarget, AnAddressIsTakenInAnySpelling) {
  struct Case {
    const char* said;
    const char* node;
  };
  for (const Case& each : {Case{"cln/https://node7.example.com:3010", "https://node7.example.com:3010"},
                           Case{"cln/HTTPS://Node7.Example.com:3010/", "https://node7.example.com:3010"},
                           Case{"cln/https://node7.example.com", "https://node7.example.com:443"},
                           Case{"cln/grpc://[FD00:0::1]:9736", "grpc://[fd00::1]:9736"},
                           Case{"cln/alpha", "alpha"}, Case{"cln/", ""}, Case{"cln", ""}}) {
    const NodeTarget target = NodeTarget::from(each.said);
    EXPECT_EQ(target.instance, "cln") << each.said;
    EXPECT_EQ(target.node, each.node) << each.said;
  }
  const json::object name{
      {"source",
       json::object{{"kind", "node"}, {"instance", "cln"}, {"node", "https://node7.example.com:3010"}}}};
  EXPECT_TRUE(NodeTarget::from("cln/https://NODE7.example.com:3010/").has(name));
}

class NodeDaemon {
 public:
  struct Name {
    std::string state = "live";
    std::string kind = "node";
    std::string instance = "node";
    std::string node = "main";
    std::uint64_t revision = 7;
    std::string open_run;
  };
  // What becomes of the next run of a name; completed without one.
  enum class Fate { kUndone, kPaused, kPausedForGood };
  struct Run {
    std::string name;
    std::string instance;  // where it goes; empty: it stays where it is, as of a rotation
    std::string state = "running";
  };

  std::map<std::string, Name> names;
  std::map<std::string, Run> runs;
  std::map<std::string, Fate> fates;   // by name
  std::set<std::string> lost_replies;  // names whose first reply does not arrive
  std::size_t room = 1'000'000;        // runs at once; more are answered 503
  std::size_t most_open = 0;
  std::vector<HttpCall> puts;
  std::vector<std::string> cancelled;
  std::size_t calls = 0;

  void begin_rotation(const std::string& name) { begin(name, {}); }

  base::Result<HttpReply> send(const HttpCall& call) {
    // Whoever asks so often never ends.
    if (++calls > 20'000) return HttpReply{401, {}, R"({"detail":"asked for ever"})"};
    if (call.target == "/v1/plugins") return HttpReply{200, {}, plugins()};
    if (call.target.starts_with("/v1/events")) return events(call.target);
    if (call.target.starts_with("/v1/names?")) return list(call.target);
    if (call.target.starts_with("/v1/runs/")) return of_run(call);
    const std::string name = name_in(call.target);
    if (!names.contains(name)) return HttpReply{404, {}, R"({"detail":"there is no such name"})"};
    if (call.method == "GET") return HttpReply{200, {}, json::serialize(shown(name))};
    return put(name, call);
  }

 private:
  static std::string plugins() {
    return R"({"items":[{"id":"zone","contract":"DnsProvider","retired":false},)"
           R"({"id":"node","contract":"NodeBackend","retired":false},)"
           R"({"id":"node2","contract":"NodeBackend","retired":false},)"
           R"({"id":"old","contract":"NodeBackend","retired":true}],"next":null})";
  }
  static std::string name_in(const std::string& target) {
    std::string name = target.substr(std::string{"/v1/names/"}.size());
    name = name.substr(0, name.find('/'));
    if (const auto at = name.find("%40"); at != name.npos) name.replace(at, 3, "@");
    return name;
  }
  json::object shown(const std::string& text) const {
    const Name& name = names.at(text);
    json::object source{{"kind", name.kind}};
    if (name.kind == "node") {
      source["instance"] = name.instance;
      source["node"] = name.node;
    }
    return {{"name", text},
            {"state", name.state},
            {"source", std::move(source)},
            {"revision", name.revision},
            {"open_run", name.open_run.empty() ? json::value(nullptr) : json::value(name.open_run)}};
  }
  HttpReply list(const std::string& target) const {
    const auto cursor = target.find("cursor=");
    const std::string after = cursor == target.npos ? std::string{} : target.substr(cursor + 7);
    json::array items;
    std::string next;
    for (const auto& [name, row] : names) {
      const std::string plain = name.substr(0, name.find('@'));
      if (plain <= after) continue;
      // Pages of three.
      if (items.size() == 3) {
        next = std::string{items.back().at("name").as_string()};
        next = next.substr(0, next.find('@'));
        break;
      }
      items.push_back(shown(name));
    }
    const json::object page{{"items", std::move(items)},
                            {"next", next.empty() ? json::value(nullptr) : json::value(next)}};
    return {200, {}, json::serialize(page)};
  }
  base::Result<HttpReply> put(const std::string& name, const HttpCall& call) {
    puts.push_back(call);
    const std::string key = call.headers.front().second;
    if (const auto known = keys_.find(key); known != keys_.end()) {
      const Run& run = runs.at(known->second);
      return HttpReply{202, {}, fmt::format(R"({{"run":"{}","state":"{}"}})", known->second, run.state)};
    }
    Name& row = names.at(name);
    const json::value body = json::parse(call.body);
    if (open() >= room)
      return HttpReply{503, {{"retry-after", "2"}}, R"({"detail":"too many runs are open"})"};
    if (!row.open_run.empty())
      return HttpReply{409, {}, fmt::format(R"({{"detail":"it has an open run","run":"{}"}})", row.open_run)};
    if (body.at("revision").to_number<std::uint64_t>() != row.revision)
      return HttpReply{412, {}, R"({"detail":"it has another revision"})"};
    const std::string run = begin(name, std::string{body.at("instance").as_string()});
    keys_[key] = run;
    if (lost_replies.erase(name) > 0) return base::fail(base::unavailable("connection reset"));
    return HttpReply{202, {}, fmt::format(R"({{"run":"{}","state":"running"}})", run)};
  }
  std::string begin(const std::string& name, const std::string& instance) {
    const std::string run = fmt::format("run-{}", runs.size());
    runs[run] = {name, instance};
    names.at(name).open_run = run;
    ++names.at(name).revision;
    most_open = std::max(most_open, open());
    return run;
  }
  std::size_t open() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(names, [](const auto& each) { return !each.second.open_run.empty(); }));
  }
  HttpReply of_run(const HttpCall& call) {
    std::string id = call.target.substr(std::string{"/v1/runs/"}.size());
    id = id.substr(0, id.find('/'));
    Run& run = runs.at(id);
    if (call.method == "POST") {
      cancelled.push_back(id);
      if (fates.contains(run.name) && fates.at(run.name) == Fate::kPausedForGood)
        return {409, {}, R"({"detail":"the record is proven already"})"};
      fates[run.name] = Fate::kUndone;
      run.state = "running";
      return {202, {}, "{}"};
    }
    return {200, {}, fmt::format(R"({{"id":"{}","state":"{}","reason":null}})", id, run.state)};
  }
  void advance() {
    for (auto& [id, run] : runs) {
      if (run.state != "running") continue;
      Name& row = names.at(run.name);
      const auto fate = fates.find(run.name);
      if (fate == fates.end()) {
        run.state = "completed";
        if (!run.instance.empty()) row.instance = run.instance, row.kind = "node", row.node = "main";
      } else {
        run.state = fate->second == Fate::kUndone ? "compensated" : "paused";
        if (fate->second == Fate::kUndone) fates.erase(fate);
      }
      if (run.state != "paused") row.open_run.clear();
      ++row.revision;
      events_.push_back(fmt::format(R"({{"type":"run.{}","run":"{}","data":{{"reason":"{} because"}}}})",
                                    run.state, id, run.state));
    }
  }
  HttpReply events(const std::string& target) {
    const auto at = target.find("after=1-");
    const bool reads = at != target.npos;
    if (reads) advance();
    const std::size_t first = reads ? std::stoul(target.substr(at + 8)) : events_.size();
    std::string items;
    for (std::size_t i = first; i < events_.size(); ++i) items += (items.empty() ? "" : ",") + events_[i];
    return {
        200, {}, fmt::format(R"({{"items":[{0}],"next":"1-{1}","head":"1-{1}"}})", items, events_.size())};
  }

  std::vector<std::string> events_;
  std::map<std::string, std::string> keys_;
};

class NameMoveTest : public CommandTest {
 protected:
  NodeDaemon daemon;
  std::vector<std::string> questions;
  std::optional<bool> answer;  // nothing: nobody can be asked

  void give(int count) {
    for (int i = 0; i < count; ++i) daemon.names[fmt::format("n{:04}@a.test", i)] = {};
  }
  int move(std::vector<std::string> more) {
    std::vector<std::string> words{"paynamectl", "names", "move"};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    struct Shared final : Connection {
      explicit Shared(NodeDaemon& d) : daemon(d) {}
      base::Result<HttpReply> send(const HttpCall& call) override { return daemon.send(call); }
      NodeDaemon& daemon;
    };
    std::function<bool(std::string_view)> confirm;
    if (answer) {
      confirm = [this](std::string_view question) {
        questions.emplace_back(question);
        return *answer;
      };
    }
    out.clear();
    err.clear();
    return run_command_line(
        static_cast<int>(argv.size()), argv.data(),
        [this](Url, std::string) { return std::make_unique<Shared>(daemon); }, clock, style,
        [this](std::string_view text) { out += text; }, [this](std::string_view text) { err += text; },
        [this](base::Duration d) {
          pauses.push_back(d);
          clock.advance(d);
        },
        confirm);
  }
  static std::vector<std::string> sent_to(const std::vector<HttpCall>& puts) {
    std::vector<std::string> targets;
    for (const HttpCall& put : puts) targets.push_back(put.method + " " + put.target);
    return targets;
  }
};

TEST_F(NameMoveTest, AllNodeNamesOfADomainMoveAndAgainNothingIsLeftToDo) {
  give(40);
  daemon.names["owned@a.test"].kind = "external";
  daemon.names["gone@a.test"].state = "quarantined";
  daemon.names["there@a.test"].instance = "node2";
  EXPECT_EQ(move({"--to-node", "node2", "--domain", "a.test", "--yes"}), 0) << err << out;
  EXPECT_THAT(out, HasSubstr("40 of 40 moved"));
  EXPECT_THAT(out, HasSubstr("1 names were at 'node2' already"));
  EXPECT_THAT(err, HasSubstr("left: owned@a.test: its offer comes from its owner"));
  EXPECT_THAT(err, HasSubstr("of 40 done: "));
  EXPECT_EQ(daemon.names["owned@a.test"].kind, "external");
  for (const HttpCall& put : daemon.puts) {
    EXPECT_EQ(put.body, R"({"instance":"node2","priority":"bulk","node":true,"revision":7})");
  }
  daemon.puts.clear();
  EXPECT_EQ(move({"--to-node", "node2", "--domain", "a.test", "--yes"}), 0) << err << out;
  EXPECT_THAT(daemon.puts, IsEmpty());
  EXPECT_THAT(out, HasSubstr("41 names were at 'node2' already"));
}

TEST_F(NameMoveTest, NamesAreSaidInAListOrAFileOnceEach) {
  give(3);
  daemon.names["owned@a.test"].kind = "external";
  EXPECT_EQ(move({"--to-node", "node2/second", "--names", "n0000,N0000@A.test,owned@a.test", "--domain",
                  "a.test", "--yes"}),
            0)
      << err << out;
  EXPECT_THAT(sent_to(daemon.puts),
              ElementsAre("PUT /v1/names/n0000@a.test/source", "PUT /v1/names/owned@a.test/source"));
  EXPECT_THAT(daemon.puts.front().body, HasSubstr(R"("node":"second")"));

  const auto file = std::filesystem::temp_directory_path() / fmt::format("paynamectl-names-{}", ::getpid());
  std::ofstream{file} << "# those\n\n  n0001@a.test \r\nn0002@a.test\nmissing@a.test\n";
  daemon.puts.clear();
  EXPECT_EQ(move({"--to-node", "node2", "--names-from", file.string(), "--yes"}), 1) << "one is missing";
  std::filesystem::remove(file);
  EXPECT_THAT(daemon.puts, SizeIs(2));
  EXPECT_THAT(err, HasSubstr("left: missing@a.test: there is no such name"));
}

TEST_F(NameMoveTest, ADryRunSaysWhatWouldMoveAndSendsNothing) {
  give(2);
  EXPECT_EQ(move({"--to-node", "node2", "--domain", "a.test", "--dry-run"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("n0001@a.test"));
  EXPECT_THAT(out, HasSubstr("2 names move to 'node2', 0 are there already, 0 stay"));
  EXPECT_EQ(move({"--to-node", "node2", "--domain", "a.test", "--dry-run", "--json"}), 0) << err;
  const json::value shown = json::parse(out);
  EXPECT_THAT(shown.at("would_move").as_array(), SizeIs(2));
  EXPECT_EQ(shown.at("would_move").at(0).at("from").as_string(), "node/main");
  EXPECT_THAT(daemon.puts, IsEmpty());
}

TEST_F(NameMoveTest, NothingMovesUnlessTheUserAgrees) {
  give(2);
  EXPECT_EQ(move({"--to-node", "node2", "--domain", "a.test"}), 2);
  EXPECT_THAT(err, HasSubstr("--yes"));
  answer = false;
  EXPECT_EQ(move({"--to-node", "node2", "--domain", "a.test"}), 2);
  EXPECT_THAT(questions, SizeIs(1));
  EXPECT_THAT(daemon.puts, IsEmpty());
  answer = true;
  EXPECT_EQ(move({"--to-node", "node2", "--domain", "a.test"}), 0);
  EXPECT_THAT(daemon.puts, SizeIs(2));
}

TEST_F(NameMoveTest, WhatIsNoNodeIsRefusedBeforeAnythingIsSent) {
  give(1);
  for (const char* target : {"zone", "old", "nowhere"}) {
    EXPECT_EQ(move({"--to-node", target, "--domain", "a.test", "--yes"}), 2) << target;
    EXPECT_THAT(err, HasSubstr("there are: node, node2"));
  }
  EXPECT_EQ(move({"--to-node", "node2", "--yes"}), 2) << "which names?";
  EXPECT_THAT(daemon.puts, IsEmpty());
}

TEST_F(NameMoveTest, WhatFailsIsNamedWithItsReason) {
  give(4);
  daemon.fates["n0001@a.test"] = NodeDaemon::Fate::kUndone;
  EXPECT_EQ(move({"--to-node", "node2", "--domain", "a.test", "--yes"}), 4);
  EXPECT_THAT(out, HasSubstr("compensated because"));
  EXPECT_THAT(out, HasSubstr("3 of 4 moved"));
  EXPECT_EQ(move({"--to-node", "node2", "--domain", "a.test", "--yes", "--json"}), 0) << "again";
  const json::value told = json::parse(out);
  EXPECT_EQ(told.at("moved").to_number<int>(), 1);
  EXPECT_EQ(told.at("there").to_number<int>(), 3);
}

TEST_F(NameMoveTest, WhatPausesIsTurnedBack) {
  give(3);
  daemon.fates["n0001@a.test"] = NodeDaemon::Fate::kPaused;
  daemon.fates["n0002@a.test"] = NodeDaemon::Fate::kPausedForGood;
  EXPECT_EQ(move({"--to-node", "node2", "--domain", "a.test", "--yes", "--json"}), 4) << err;
  EXPECT_THAT(daemon.cancelled, SizeIs(2));
  const json::value told = json::parse(out);
  std::map<std::string, std::pair<std::string, std::string>> ends;
  for (const json::value& item : told.at("items").as_array()) {
    if (item.at("reason").is_string())
      ends[std::string{item.at("name").as_string()}] = {std::string{item.at("state").as_string()},
                                                        std::string{item.at("reason").as_string()}};
  }
  EXPECT_EQ(ends["n0001@a.test"], (std::pair<std::string, std::string>{"compensated", "paused because"}));
  EXPECT_EQ(ends["n0002@a.test"].first, "paused");
  EXPECT_THAT(ends["n0002@a.test"].second, HasSubstr("cannot be turned back: the record is proven already"));
}

TEST_F(NameMoveTest, ALostReplyMakesNoSecondRun) {
  give(3);
  daemon.lost_replies = {"n0000@a.test", "n0002@a.test"};
  EXPECT_EQ(move({"--to-node", "node2", "--domain", "a.test", "--yes"}), 0) << err << out;
  EXPECT_THAT(daemon.runs, SizeIs(3));
  EXPECT_THAT(daemon.puts, SizeIs(5));
}

TEST_F(NameMoveTest, NoMoreRunsAreOpenThanIsSaidNorThanTheDaemonHasRoomFor) {
  give(100);
  EXPECT_EQ(move({"--to-node", "node2", "--domain", "a.test", "--yes", "--in-flight", "10"}), 0) << err;
  EXPECT_EQ(daemon.most_open, 10U);
  daemon.most_open = 0;
  daemon.room = 7;
  EXPECT_EQ(move({"--to-node", "node", "--domain", "a.test", "--yes"}), 0) << err;
  EXPECT_EQ(daemon.most_open, 7U);
  EXPECT_THAT(pauses, testing::Contains(base::Duration{2'000})) << "as long as the daemon says";
}

TEST_F(NameMoveTest, ARunOfSomebodyElseIsWaitedForAndTheNameMovesThen) {
  give(2);
  daemon.begin_rotation("n0001@a.test");
  EXPECT_EQ(move({"--to-node", "node2", "--domain", "a.test", "--yes"}), 0) << err << out;
  EXPECT_EQ(daemon.names["n0001@a.test"].instance, "node2");
  EXPECT_THAT(out, HasSubstr("2 of 2 moved"));
}

TEST_F(NameMoveTest, APausedRunOfSomebodyElseIsLeftToThem) {
  give(1);
  daemon.begin_rotation("n0000@a.test");
  daemon.runs.begin()->second.state = "paused";
  EXPECT_EQ(move({"--to-node", "node2", "--domain", "a.test", "--yes"}), 4) << err << out;
  EXPECT_THAT(daemon.cancelled, IsEmpty());
  EXPECT_THAT(out, HasSubstr("paused"));
}

TEST_F(NameMoveTest, AnEarlierMoveThatIsStillUnderWayIsFollowed) {
  give(1);
  daemon.begin_rotation("n0000@a.test");
  daemon.runs.begin()->second.instance = "node2";
  EXPECT_EQ(move({"--to-node", "node2", "--domain", "a.test", "--yes"}), 0) << err << out;
  EXPECT_THAT(daemon.runs, SizeIs(1)) << "it is not done twice";
  EXPECT_THAT(out, HasSubstr("1 of 1 moved"));
}

}  // namespace
}  // namespace paynamed::ctl
