// What paynamectl does about the records of a zone: adoptions and repairs, also where answers are lost and
// where a plan is larger than one request.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <set>

#include "command_fixture.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

std::string key_of(const HttpCall& call) {
  for (const auto& [name, value] : call.headers) {
    if (name == "Idempotency-Key") return value;
  }
  return {};
}

// --- adoption

std::string entry(const std::string& user, const std::string& fingerprint) {
  return fmt::format(
      R"({{"name":"{0}@a.test","owner_name":"{0}.user._bitcoin-payment.a.test.","kind":"valid","take_over":false,)"
      R"("adoptable":"bitcoin:?lno=x","fingerprint":"{1}","message":"","records":[]}})",
      user, fingerprint);
}
std::string entries(const std::string& items) {
  return fmt::format(R"({{"items":[{}],"next":null,"total":1,"shows_aliases":true}})", items);
}

TEST_F(CommandTest, AnAdoptionThatIsSentAgainHasTheSameKey) {
  script.reply(200, entries(entry("alice", "f1")));
  script.reply(200, R"({"items":[],"head":"1-1"})");
  script.replies.emplace_back(base::fail(base::unavailable("connection reset")));
  script.reply(202, R"({"run":"r1","state":"completed"})");
  EXPECT_EQ(run({"names", "adopt", "a.test", "--names", "alice", "--owner", "o"}), 0) << err << out;
  ASSERT_THAT(script.calls, SizeIs(4));
  EXPECT_THAT(key_of(script.calls[2]), Not(IsEmpty()));
  EXPECT_EQ(key_of(script.calls[2]), key_of(script.calls[3]));
  EXPECT_LE(key_of(script.calls[2]).size(), 255U);
}

TEST_F(CommandTest, EachAdoptionHasAKeyOfItsOwnAndMayWait) {
  script.reply(200, entries(entry("alice", "f1") + "," + entry("bob", "f1") + "," + entry("carol", "f3")));
  script.reply(200, R"({"items":[],"head":"1-1"})");
  for (const char* each : {"r1", "r2", "r3"})
    script.reply(202, fmt::format(R"({{"run":"{}","state":"completed"}})", each));
  EXPECT_EQ(run({"names", "adopt", "a.test", "--all", "--owner", "o"}), 0) << err << out;
  std::set<std::string> keys;
  for (std::size_t i = 2; i < script.calls.size(); ++i) {
    keys.insert(key_of(script.calls[i]));
    EXPECT_THAT(script.calls[i].body, HasSubstr(R"("priority":"bulk")"));
  }
  EXPECT_THAT(keys, SizeIs(3));
}

TEST_F(CommandTest, ADryRunOfAnAdoptionSaysWhatWouldBeDoneAsJsonToo) {
  script.reply(200, entries(entry("alice", "f1")));
  EXPECT_EQ(run({"--json", "names", "adopt", "a.test", "--names", "alice,bob", "--owner", "o", "--dry-run"}),
            1);
  const json::value shown = json::parse(out);
  ASSERT_THAT(shown.at("would_adopt").as_array(), SizeIs(1));
  EXPECT_EQ(shown.at("would_adopt").at(0).at("name").as_string(), "alice@a.test");
  ASSERT_THAT(shown.at("left").as_array(), SizeIs(1));
  EXPECT_EQ(shown.at("left").at(0).at("name").as_string(), "bob");
}

// --- repairs

// A daemon with names whose records are wrong. It begins at most 500 repairs of the plan that was named.
class DriftingDaemon final : public Connection {
 public:
  std::map<std::string, std::string> found;  // what stands at a name that is wrong
  std::set<std::string> hopeless;            // their repairs are turned back
  bool needs_force = false;
  std::size_t room = 500;
  std::vector<bool> forced;               // of each request
  std::function<void()> after_the_first;  // what others do then
  std::size_t calls = 0;

  base::Result<HttpReply> send(const HttpCall& call) override {
    // Whoever asks so often never ends.
    if (++calls > 2'000) return HttpReply{401, {}, R"({"detail":"asked for ever"})"};
    if (call.target.starts_with("/v1/events")) return events(call.target);
    if (call.method == "GET") return HttpReply{200, {}, json::serialize(plan())};
    const json::value body = json::parse(call.body);
    forced.push_back(body.at("force").as_bool());
    if (body.at("fingerprint").as_string() != fingerprint())
      return HttpReply{409, {}, R"({"detail":"the plan is another one by now"})"};
    if (needs_force && !forced.back()) return HttpReply{409, {}, R"({"detail":"say force"})"};
    HttpReply reply = begin();
    if (forced.size() == 1 && after_the_first) after_the_first();
    return reply;
  }

 private:
  HttpReply begin() {
    json::array begun;
    for (const auto& [name, there] : found) {
      if (begun.size() == room) break;
      const std::string run = "run-" + name;
      begun.push_back(json::object{{"name", name}, {"run", run}});
      const char* type = hopeless.contains(name) ? "run.compensated" : "run.completed";
      ended_.push_back(fmt::format(R"({{"type":"{}","run":"{}","data":{{"reason":"because"}}}})", type, run));
    }
    const std::size_t left = found.size() - begun.size();
    for (const json::value& each : begun) {
      const std::string name{each.at("name").as_string()};
      if (!hopeless.contains(name)) found.erase(name);
    }
    return {
        202, {}, json::serialize(json::object{{"begun", begun}, {"refused", json::array{}}, {"left", left}})};
  }
  std::string fingerprint() const {
    std::string all;
    for (const auto& [name, there] : found) all += name + there + " ";
    return all;
  }
  json::object plan() const {
    json::array items;
    for (const auto& [name, there] : found) {
      if (items.size() == 5'000) break;
      items.push_back(json::object{{"name", name},
                                   {"kind", "changed"},
                                   {"action", "repair"},
                                   {"wanted", "ours"},
                                   {"found", json::array{there}},
                                   {"message", "m"},
                                   {"served", nullptr}});
    }
    return {{"items", std::move(items)},
            {"total", found.size()},
            {"names", 100'000},
            {"busy", 0},
            {"changes", found.size()},
            {"needs_force", needs_force},
            {"fingerprint", fingerprint()}};
  }
  HttpReply events(const std::string& target) {
    const auto at = target.find("after=1-");
    const std::size_t first = at == target.npos ? ended_.size() : std::stoul(target.substr(at + 8));
    std::string items;
    for (std::size_t i = first; i < ended_.size(); ++i) items += (items.empty() ? "" : ",") + ended_[i];
    return {200, {}, fmt::format(R"({{"items":[{0}],"next":"1-{1}","head":"1-{1}"}})", items, ended_.size())};
  }

  std::vector<std::string> ended_;
};

class DriftTest : public CommandTest {
 protected:
  DriftingDaemon daemon;

  void drift(int count, const std::string& there = "other") {
    for (int i = 0; i < count; ++i) daemon.found[fmt::format("n{:05}@a.test", i)] = there;
  }
  int apply(std::vector<const char*> more = {}) {
    std::vector<const char*> argv{"paynamectl", "drift", "a.test", "--apply"};
    argv.insert(argv.end(), more.begin(), more.end());
    struct Shared final : Connection {
      explicit Shared(DriftingDaemon& d) : daemon(d) {}
      base::Result<HttpReply> send(const HttpCall& call) override { return daemon.send(call); }
      DriftingDaemon& daemon;
    };
    out.clear();
    err.clear();
    return run_command_line(
        static_cast<int>(argv.size()), argv.data(),
        [this](Url, std::string) { return std::make_unique<Shared>(daemon); }, clock, style,
        [this](std::string_view text) { out += text; }, [this](std::string_view text) { err += text; },
        [this](base::Duration d) { pauses.push_back(d); });
  }
};

TEST_F(DriftTest, MoreThanOneRequestTakesIsRepaired) {
  drift(1'200);
  EXPECT_EQ(apply(), 0) << err;
  EXPECT_THAT(daemon.found, IsEmpty());
  EXPECT_THAT(out, HasSubstr("1200 of 1200 repaired"));
}

TEST_F(DriftTest, ForceIsWhatTheUserSaid) {
  drift(1'200);
  EXPECT_EQ(apply(), 0) << err;
  EXPECT_THAT(daemon.forced, testing::Each(false));
  daemon.forced.clear();
  drift(1'200);
  daemon.needs_force = true;
  EXPECT_EQ(apply({"--force"}), 0) << err;
  EXPECT_THAT(daemon.forced, testing::Each(true));
}

TEST_F(DriftTest, WhatNeedsForceOnlyLaterIsRefused) {
  drift(600);
  daemon.after_the_first = [this] { daemon.needs_force = true; };
  EXPECT_EQ(apply(), 1);
  EXPECT_THAT(daemon.found, SizeIs(100));
  EXPECT_THAT(out, HasSubstr("500 of 500 repaired"));
}

TEST_F(DriftTest, AnotherValueThanWasShownIsNotReplaced) {
  drift(600);
  daemon.after_the_first = [this] { daemon.found["n00550@a.test"] = "somebody's new one"; };
  EXPECT_EQ(apply(), 1);
  EXPECT_THAT(err, HasSubstr("what is left is not what was shown"));
  EXPECT_EQ(daemon.found["n00550@a.test"], "somebody's new one");
}

TEST_F(DriftTest, ANameThatWasNotShownIsNotRepaired) {
  drift(5'600);
  EXPECT_EQ(apply(), 1);
  EXPECT_THAT(err, HasSubstr("what is left is not what was shown"));
  EXPECT_THAT(daemon.found, SizeIs(600));
}

TEST_F(DriftTest, WhereNoneIsRepairedTheRestIsLeft) {
  drift(1'200);
  for (const auto& [name, there] : daemon.found) daemon.hopeless.insert(name);
  EXPECT_EQ(apply(), 1);
  EXPECT_EQ(daemon.forced.size(), 1U);
  EXPECT_THAT(err, HasSubstr("none of these was repaired"));
}

TEST_F(DriftTest, WithoutRoomItWaitsAndGivesUpInTheEnd) {
  drift(3);
  daemon.room = 0;
  EXPECT_EQ(apply(), 1);
  EXPECT_THAT(err, HasSubstr("other runs take all places"));
  EXPECT_LE(daemon.forced.size(), 40U);
}

}  // namespace
}  // namespace paynamed::ctl
