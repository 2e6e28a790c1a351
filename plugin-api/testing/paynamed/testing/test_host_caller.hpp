// TestHostCaller: a PluginCaller whose plugin runs in a TestHost.
//
//     TestHostCaller plugin(host, [&] { return host.create<Acme>(config).value(); });
//
// Threads: those of the TestHost: one, which is the strand of every instance.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "paynamed/testing/plugin_caller.hpp"
#include "paynamed/testing/test_host.hpp"

namespace paynamed::testing {

class TestHostCaller final : public PluginCaller {
 public:
  // `host` outlives it. `make` makes an instance in it; called at once and at each restart.
  TestHostCaller(TestHost& host, std::function<Instance*()> make)
      : host_(host), make_(std::move(make)), instance_(make_()) {}

  std::vector<Result<std::string>> call_all(const std::vector<PluginCall>& calls) override;
  void restart() override;
  void pass(std::chrono::milliseconds time) override { host_.advance(time); }

 private:
  TestHost& host_;
  std::function<Instance*()> make_;
  Instance* instance_;
};

// Every line that the host has captured, for logged() of a conformance subject.
std::string logged_text(const TestHost& host);

}  // namespace paynamed::testing
