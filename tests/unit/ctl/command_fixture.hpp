// Command lines against a daemon that answers from a list.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "ctl/command_line.hpp"

namespace paynamed::ctl {

struct Script {
  std::deque<base::Result<HttpReply>> replies;
  std::vector<HttpCall> calls;
  std::string key;

  void reply(unsigned status, std::string body) {
    replies.emplace_back(HttpReply{status, {}, std::move(body)});
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (const HttpCall& call : calls) out.push_back(call.method + " " + call.target);
    return out;
  }
};

class ScriptedConnection final : public Connection {
 public:
  explicit ScriptedConnection(Script& script) : script_(script) {}
  base::Result<HttpReply> send(const HttpCall& call) override {
    script_.calls.push_back(call);
    if (script_.replies.empty()) return base::fail(base::unavailable("cannot reach the daemon"));
    auto reply = std::move(script_.replies.front());
    script_.replies.pop_front();
    return reply;
  }

 private:
  Script& script_;
};

class CommandTest : public ::testing::Test {
 protected:
  Script script;
  base::ManualClock clock{*base::from_rfc3339("2026-11-23T12:00:00.000Z")};
  std::string out;
  std::string err;
  std::vector<base::Duration> pauses;
  Style style{false, false, 0, false};

  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "paynamectl");
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    out.clear();
    err.clear();
    script.calls.clear();
    return run_command_line(
        static_cast<int>(argv.size()), argv.data(),
        [this](Url, std::string key) {
          script.key = std::move(key);
          return std::make_unique<ScriptedConnection>(script);
        },
        clock, style, [this](std::string_view text) { out += text; },
        [this](std::string_view text) { err += text; }, [this](base::Duration d) { pauses.push_back(d); });
  }
};

}  // namespace paynamed::ctl
