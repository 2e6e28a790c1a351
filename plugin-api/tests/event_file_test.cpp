// The example of a Notifier passes the conformance suite.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "paynamed/testing/notifier_conformance_gtest.hpp"
#include "paynamed/testing/test_host_caller.hpp"

extern "C" const pn_module* paynamed_module(void);

namespace paynamed::testing {
namespace {

class Files final : public NotifierWorld {
 public:
  Files() {
    std::string pattern = (std::filesystem::temp_directory_path() / "paynamed-events-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no directory can be made");
    directory_ = pattern;
  }
  ~Files() override { std::filesystem::remove_all(directory_); }
  const std::filesystem::path& directory() const { return directory_; }

  std::vector<ReceivedEvent> received() override {
    std::vector<ReceivedEvent> events;
    std::ifstream file(directory_ / "shop.jsonl");
    const std::regex id(R"("id": "([^"]*)\")");
    for (std::string line; std::getline(file, line);) {
      std::smatch found;
      std::regex_search(line, found, id);
      events.push_back({found[1], line});
    }
    return events;
  }
  // Away is a directory that is not there.
  bool behave(Receiver how) override {
    if (how != Receiver::kTakes && how != Receiver::kIsAway) return false;
    const auto away = std::filesystem::path(directory_.string() + "-away");
    if (how == Receiver::kIsAway) {
      std::filesystem::rename(directory_, away);
    } else if (std::filesystem::exists(away)) {
      std::filesystem::rename(away, directory_);
    }
    return true;
  }

 private:
  std::filesystem::path directory_;
};

class EventFileSubject : public NotifierSubject {
 public:
  PluginCaller& plugin() override { return plugin_; }
  NotifierWorld& world() override { return files_; }
  plugin::v1::NotifierTarget target() override {
    plugin::v1::NotifierTarget target;
    target.set_id("t-1");
    target.set_address("shop");
    return target;
  }
  std::vector<std::string> bad_addresses() override {
    return {
        "", ".", "..", "a/b", "../etc/passwd", "Shop", "a b", std::string("a\0b", 3), std::string(65, 'a')};
  }
  std::string logged() override { return logged_text(host_); }
  std::vector<std::string> secrets() const override { return {}; }

 private:
  Files files_;
  TestHost host_;
  TestHostCaller plugin_{
      host_, [this] {
        return host_.create(*paynamed_module(), R"({"directory": ")" + files_.directory().string() + R"("})")
            .value();
      }};
};

PAYNAMED_NOTIFIER_CONFORMANCE(EventFileConformance, EventFileSubject)

}  // namespace
}  // namespace paynamed::testing
