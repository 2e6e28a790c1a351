#include "process/webhook_api.hpp"

#include <algorithm>

namespace paynamed::process {
namespace {

std::vector<std::string> notifiers(host::PluginHost& host) {
  std::vector<std::string> ids;
  for (const host::Instance* instance : host.list()) {
    if (instance->contract() == "Notifier" && !instance->retired()) ids.push_back(instance->id());
  }
  std::ranges::sort(ids);
  return ids;
}

}  // namespace

std::unique_ptr<delivery::Webhooks> make_webhooks(const WebhookApiParts& parts) {
  delivery::CallPlugin call_plugin = [&calls = parts.calls](pipeline::PluginCall call) {
    return calls.call(std::move(call));
  };
  return std::make_unique<delivery::Webhooks>(delivery::Webhooks::Dependencies{
      parts.store, parts.store, parts.vault, parts.clock, parts.random, parts.log, std::move(call_plugin),
      [&host = parts.host] { return notifiers(host); }, parts.changed});
}

}  // namespace paynamed::process
