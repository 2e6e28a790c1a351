// A program for tests: a notifier in the daemon's own plugin host, told by lines of JSON what to deliver.
//
//     webhook_sender MODULE TABLE     the configuration's table as JSON
//
// A line {"secret": HANDLE, "value": TEXT} keeps a secret; {"check": ADDRESS} and {"deliver": {...}} call the
// plugin and are answered by one line: the reply, or {"code": ..., "message": ...}. Ends when its standard
// input does.
#include <paynamed/plugin/v1/notifier.pb.h>

#include <boost/json.hpp>
#include <iostream>
#include <map>
#include <mutex>
#include <string>

#include "tests/fakes/plugin_host/hosted_plugin.hpp"

namespace {

namespace json = boost::json;
using paynamed::Result;
using paynamed::plugin::v1::CheckTargetReply;
using paynamed::plugin::v1::CheckTargetRequest;
using paynamed::plugin::v1::DeliverReply;
using paynamed::plugin::v1::DeliverRequest;
using paynamed::plugin::v1::SigningKey;

std::string text_in(const json::value& object, const char* key) {
  return std::string(object.at(key).as_string());
}

class Secrets {
 public:
  void keep(std::string handle, std::string value) {
    const std::lock_guard lock(mutex_);
    values_[std::move(handle)] = std::move(value);
  }
  paynamed::base::Result<std::string> read(std::string_view handle) {
    const std::lock_guard lock(mutex_);
    const auto found = values_.find(handle);
    if (found == values_.end())
      return paynamed::base::fail(paynamed::base::not_found("there is no such secret"));
    return found->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> values_;
};

Result<std::string> call(paynamed::fakes::HostedPlugin& plugin, const char* method, std::string request) {
  return plugin.call_all({{method, std::move(request), {}, std::chrono::seconds(30)}}).at(0);
}

json::object shown(const paynamed::Error& error) {
  return {{"code", static_cast<int>(error.code())}, {"message", error.message()}};
}

json::object check(paynamed::fakes::HostedPlugin& plugin, const json::value& address) {
  CheckTargetRequest request;
  request.set_address(std::string(address.as_string()));
  const auto bytes = call(plugin, "CheckTarget", request.SerializeAsString());
  if (!bytes.ok()) return shown(bytes.error());
  CheckTargetReply reply;
  reply.ParseFromString(*bytes);
  return {{"address", reply.address()}, {"warning", reply.warning()}};
}

json::object deliver(paynamed::fakes::HostedPlugin& plugin, const json::value& event) {
  DeliverRequest request;
  request.set_event_id(text_in(event, "id"));
  request.set_type("payment.received");
  request.set_event(text_in(event, "body"));
  request.set_attempt(1);
  request.mutable_target()->set_id("6f1d4d3e-0000-4000-8000-000000000001");
  request.mutable_target()->set_address(text_in(event, "address"));
  for (const auto& each : event.at("keys").as_array()) {
    auto& key = *request.mutable_target()->add_keys();
    key.set_kind(text_in(each, "kind") == "ed25519" ? SigningKey::ED25519 : SigningKey::HMAC_SHA256);
    key.set_handle(text_in(each, "handle"));
  }
  const auto bytes = call(plugin, "Deliver", request.SerializeAsString());
  if (!bytes.ok()) return shown(bytes.error());
  DeliverReply reply;
  reply.ParseFromString(*bytes);
  constexpr const char* kOutcomes[] = {"unknown", "delivered", "retry", "gone"};
  return {{"outcome", kOutcomes[reply.outcome()]},
          {"status", reply.status()},
          {"reason", reply.reason()},
          {"retry_after_ms", reply.retry_after_ms()},
          {"answer_bytes", reply.answer().size()},
          {"throttled", reply.throttled()}};
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "webhook_sender MODULE TABLE\n";
    return 2;
  }
  try {
    Secrets secrets;
    paynamed::fakes::Journal journal;
    paynamed::fakes::HostedPlugin plugin(arguments[1], json::parse(arguments[2]).as_object(), journal,
                                         [&](std::string_view handle) { return secrets.read(handle); });
    for (std::string line; std::getline(std::cin, line);) {
      const json::value asked = json::parse(line);
      const json::object& object = asked.as_object();
      if (object.contains("secret")) {
        secrets.keep(text_in(asked, "secret"), text_in(asked, "value"));
        continue;
      }
      const bool checks = object.contains("check");
      std::cout << json::serialize(checks ? check(plugin, object.at("check"))
                                          : deliver(plugin, object.at("deliver")))
                << std::endl;
    }
  } catch (const std::exception& failure) {
    std::cerr << "webhook_sender: " << failure.what() << "\n";
    return 1;
  }
  return 0;
}
