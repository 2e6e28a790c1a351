#include "paynamed/testing/test_host_caller.hpp"

namespace paynamed::testing {

std::vector<Result<std::string>> TestHostCaller::call_all(const std::vector<PluginCall>& calls) {
  std::vector<PendingCall> open;
  for (const PluginCall& each : calls) {
    open.push_back(host_.start_bytes(instance_, each.method, each.request,
                                     {.idempotency_key = each.idempotency_key, .timeout = each.timeout}));
  }
  std::vector<Result<std::string>> answers;
  for (const PendingCall& each : open) answers.push_back(host_.wait_bytes(each));
  return answers;
}

void TestHostCaller::restart() {
  host_.stop(instance_);
  instance_ = make_();
}

std::string logged_text(const TestHost& host) {
  std::string text;
  for (const LogLine& each : host.logs()) text += each.message + "\n";
  return text;
}

}  // namespace paynamed::testing
