// The commands of paynamectl about webhooks and dead letters, as parts of the command line.
//
// Threads: one at a time.
#pragma once

#include <functional>
#include <string>

#include "ctl/webhooks.hpp"

namespace CLI {
class App;
}

namespace paynamed::ctl {

// What their options are read into.
struct WebhookLine {
  std::string id;
  CreateWebhookOption create;
  ChangeWebhookOption change;
  RotateWebhookOption rotate;
  DeliveriesOption deliveries;
  ReplayOption replay;
  std::string letter_type;
  std::uint32_t letter_limit = 100;
  std::vector<std::string> letter_types;
  bool letter_dry_run = false;
};

// Makes a subcommand that runs `command` when it is the innermost one.
using AddCommand = std::function<CLI::App*(CLI::App& to, const std::string& name, const std::string& what,
                                           std::function<Exit(Context&)> command)>;

// `line` outlives `app`.
void add_webhook_commands(CLI::App& app, WebhookLine& line, const AddCommand& add);

}  // namespace paynamed::ctl
