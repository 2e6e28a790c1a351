#include "ctl/webhook_line.hpp"

#include <CLI/CLI.hpp>

namespace paynamed::ctl {
namespace {

void add_id(CLI::App* verb, std::string& id) {
  verb->add_option("webhook", id, "the webhook's id")->required();
}

void add_key(CLI::App* verb, std::string& key) {
  verb->add_option("--idempotency-key", key, "the same key does it once");
}

void add_secret_file(CLI::App* verb, std::string& file) {
  verb->add_option("--secret-file", file, "write the secret to this new file instead of showing it");
}

void add_dry_run(CLI::App* verb, bool& dry_run) {
  verb->add_flag("--dry-run", dry_run, "only say how many it would be");
}

// What a new webhook and a change have in common.
void add_settings(CLI::App* verb, WebhookSettingsOption& settings) {
  verb->add_option("--description", settings.description, "a word for people");
  verb->add_option("--types", settings.types,
                   "only events of these types, separated by commas: payment.*,name.live")
      ->delimiter(',');
  verb->add_option("--names", settings.names, "only events about these payment names, separated by commas")
      ->delimiter(',');
  verb->add_option("--schedule", settings.schedule,
                   "the wait before each attempt, separated by commas: 0s,1m,1h; default: the daemon's own")
      ->delimiter(',');
  verb->add_option("--concurrency", settings.concurrency, "attempts at once; 0: the daemon's own")
      ->check(CLI::Range(0, 64));
  verb->add_option("--per-minute", settings.per_minute, "attempts in a minute; 0: no limit")
      ->check(CLI::Range(0, 60'000));
  verb->add_flag("--ordered", settings.ordered,
                 "send no event of a subject while an earlier one of it waits");
}

void add_create(CLI::App& webhooks, CreateWebhookOption& option, const AddCommand& add) {
  CLI::App* verb = add(webhooks, "create", "have events sent to an address",
                       [&option](Context& context) { return create_webhook(context, option); });
  verb->add_option("address", option.settings.address, "where to, as https://shop.example.com/hooks")
      ->required();
  add_settings(verb, option.settings);
  verb->add_option("--instance", option.instance, "the notifier that sends; the only one without it");
  verb->add_flag("--asymmetric", option.asymmetric, "sign with an ed25519 key (v1a) as well");
  verb->add_option("--after", option.after, "begin after this position; now without it");
  add_key(verb, option.key);
  add_secret_file(verb, option.secret_file);
}

void add_change(CLI::App& webhooks, ChangeWebhookOption& option, const AddCommand& add) {
  CLI::App* verb = add(webhooks, "change", "change what a webhook gets, and how",
                       [&option](Context& context) { return change_webhook(context, option); });
  add_id(verb, option.id);
  verb->add_option("--address", option.settings.address, "another address");
  add_settings(verb, option.settings);
  const auto excludes = [verb](const std::string& flag, const std::string& other) {
    verb->get_option(flag)->excludes(verb->get_option(other));
  };
  verb->add_flag("--unordered", option.settings.unordered, "events of a subject wait for none before them");
  excludes("--unordered", "--ordered");
  verb->add_flag("--all-types", option.settings.all_types, "events of all types");
  excludes("--all-types", "--types");
  verb->add_flag("--all-names", option.settings.all_names, "events about all names, and about none");
  excludes("--all-names", "--names");
  verb->add_option("--revision", option.revision, "only if it still has this revision");
}

void add_rotate(CLI::App& webhooks, RotateWebhookOption& option, const AddCommand& add) {
  CLI::App* verb = add(webhooks, "rotate", "make a new secret; the old one counts for a while",
                       [&option](Context& context) { return rotate_webhook(context, option); });
  add_id(verb, option.id);
  verb->add_option("--grace", option.grace, "how long the old one counts, 0s to 7d; 1d without it");
  add_key(verb, option.key);
  add_secret_file(verb, option.secret_file);
}

void add_deliveries(CLI::App& webhooks, DeliveriesOption& option, const AddCommand& add) {
  CLI::App* verb = add(webhooks, "deliveries", "list what became of events, or look at one",
                       [&option](Context& context) { return show_deliveries(context, option); });
  add_id(verb, option.id);
  verb->add_option("position", option.position, "one delivery with its attempts: 1-17");
  verb->add_option("--state", option.state, "only these: waiting, delivered, dead");
  verb->add_option("--type", option.type, "only of this type: payment.*");
  verb->add_option("--before", option.before, "only events before this position");
  verb->add_option("--limit", option.limit, "at most so many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
}

void add_replay(CLI::App& webhooks, ReplayOption& option, const AddCommand& add) {
  CLI::App* verb = add(webhooks, "replay", "send deliveries again",
                       [&option](Context& context) { return replay_webhook(context, option); });
  add_id(verb, option.id);
  CLI::Option* event = verb->add_option("--event", option.event, "the event with this id");
  CLI::Option* position =
      verb->add_option("--position", option.position, "the event at this position")->excludes(event);
  for (CLI::Option* end : {verb->add_option("--from", option.from, "events from this position on"),
                           verb->add_option("--to", option.to, "events up to this position")}) {
    end->excludes(event)->excludes(position);
  }
  verb->add_option("--since", option.since, "deliveries since this time: 2026-11-23T14:00:00.000Z");
  verb->add_option("--until", option.until, "deliveries until this time");
  verb->add_option("--types", option.types, "only of these types, separated by commas")->delimiter(',');
  verb->add_option("--state", option.state, "only these: dead, delivered; waiting: now instead of later");
  add_dry_run(verb, option.dry_run);
}

void add_dead_letters(CLI::App& app, WebhookLine& line, const AddCommand& add) {
  const auto list = [&line](Context& context) {
    return list_dead_letters(context, line.letter_type, line.letter_limit);
  };
  const auto add_filter = [&line](CLI::App* verb) {
    verb->add_option("--type", line.letter_type, "only of this type: payment.*");
    verb->add_option("--limit", line.letter_limit, "at most so many")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
  };
  CLI::App* letters = add(app, "deadletters", "list deliveries that were given up, or send them again", list);
  letters->require_subcommand(0, 1);
  add_filter(letters);
  add_filter(add(*letters, "list", "list them", list));
  CLI::App* replay = add(*letters, "replay", "send those of all webhooks again", [&line](Context& context) {
    return replay_dead_letters(context, line.letter_types, line.letter_dry_run);
  });
  replay->add_option("--types", line.letter_types, "only of these types, separated by commas")
      ->delimiter(',');
  add_dry_run(replay, line.letter_dry_run);
}

}  // namespace

void add_webhook_commands(CLI::App& app, WebhookLine& line, const AddCommand& add) {
  const auto list = [](Context& context) { return list_webhooks(context); };
  CLI::App* webhooks =
      add(app, "webhooks", "list webhooks, look at one, make, change, try or delete one", list);
  webhooks->require_subcommand(0, 1);
  add(*webhooks, "list", "list webhooks", list);
  const auto add_one = [&](const std::string& name, const std::string& what,
                           Exit (*command)(Context&, const std::string&)) {
    add_id(
        add(*webhooks, name, what, [&line, command](Context& context) { return command(context, line.id); }),
        line.id);
  };
  add_one("show", "show a webhook", &show_webhook);
  add_create(*webhooks, line.create, add);
  add_change(*webhooks, line.change, add);
  add_rotate(*webhooks, line.rotate, add);
  add_one("test", "send a test event and show what comes back", &test_webhook);
  add_one("pause", "send nothing more for now; events wait", &pause_webhook);
  add_one("resume", "go on; also when the daemon disabled it", &resume_webhook);
  add_one("delete", "forget a webhook with its secrets; what waits is not sent", &delete_webhook);
  add_deliveries(*webhooks, line.deliveries, add);
  add_replay(*webhooks, line.replay, add);
  add_dead_letters(app, line, add);
}

}  // namespace paynamed::ctl
