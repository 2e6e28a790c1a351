// What paynamectl does with webhooks and dead letters.
//
// Threads: one at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ctl/commands.hpp"

namespace paynamed::ctl {

// What of a webhook an option sets; what is not given is not said.
struct WebhookSettingsOption {
  std::string address;
  std::optional<std::string> description;
  std::vector<std::string> types;
  std::vector<std::string> names;
  std::vector<std::string> schedule;  // the one word "default": the daemon's own
  std::optional<std::uint32_t> concurrency;
  std::optional<std::uint32_t> per_minute;  // 0: no limit
  bool ordered = false;
  bool unordered = false;
  bool all_types = false;
  bool all_names = false;
};

struct CreateWebhookOption {
  WebhookSettingsOption settings;
  std::string instance;
  bool asymmetric = false;
  std::string after;
  std::string key;          // Idempotency-Key
  std::string secret_file;  // where the secret goes instead of standard output
};

struct ChangeWebhookOption {
  std::string id;
  WebhookSettingsOption settings;
  std::uint64_t revision = 0;  // 0: any
};

struct RotateWebhookOption {
  std::string id;
  std::string grace;  // "": the daemon's default
  std::string key;
  std::string secret_file;
};

struct DeliveriesOption {
  std::string id;
  std::string position;  // of one delivery; "": a list
  std::string state;
  std::string type;
  std::string before;
  std::uint32_t limit = 100;
};

struct ReplayOption {
  std::string id;
  std::string event;
  std::string position;
  std::string from;
  std::string to;
  std::string since;
  std::string until;
  std::vector<std::string> types;
  std::string state;
  bool dry_run = false;
};

Exit list_webhooks(Context& context);
Exit show_webhook(Context& context, const std::string& id);
// Prints the secret, which nobody can ask for again, or writes it to a file that only its owner can read. The
// file is made first: kUsage, with nothing asked of the daemon, when it exists or cannot be made.
Exit create_webhook(Context& context, const CreateWebhookOption& option);
Exit change_webhook(Context& context, const ChangeWebhookOption& option);
// As create_webhook().
Exit rotate_webhook(Context& context, const RotateWebhookOption& option);
// kRefused when the receiver did not take it.
Exit test_webhook(Context& context, const std::string& id);
Exit pause_webhook(Context& context, const std::string& id);
Exit resume_webhook(Context& context, const std::string& id);
Exit delete_webhook(Context& context, const std::string& id);
Exit replay_webhook(Context& context, const ReplayOption& option);

// What became of events for a webhook; with a position, one of them and its attempts.
Exit show_deliveries(Context& context, const DeliveriesOption& option);
Exit list_dead_letters(Context& context, const std::string& type, std::uint32_t limit);
Exit replay_dead_letters(Context& context, const std::vector<std::string>& types, bool dry_run);

}  // namespace paynamed::ctl
