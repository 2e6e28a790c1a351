#include "state/webhook_table.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "state/node_table.hpp"
#include "state/rows.hpp"

namespace paynamed::state {
namespace {
namespace json = boost::json;

std::string text_of(const std::vector<base::Duration>& schedule) {
  std::vector<std::string> words;
  for (const base::Duration& wait : schedule) words.push_back(fmt::format("{}", wait.count()));
  return joined_words(words);
}

std::vector<base::Duration> schedule_of(std::string_view text) {
  std::vector<base::Duration> schedule;
  for (const std::string& word : words_of(text)) {
    std::int64_t wait = 0;
    std::from_chars(word.data(), word.data() + word.size(), wait);
    schedule.emplace_back(wait);
  }
  return schedule;
}

std::string text_of(const std::vector<WebhookSecret>& secrets) {
  json::array list;
  for (const WebhookSecret& secret : secrets) {
    json::object each{{"kind", static_cast<std::int64_t>(secret.kind)},
                      {"name", secret.name},
                      {"public_key", secret.public_key},
                      {"since", secret.since.time_since_epoch().count()}};
    if (secret.until) each["until"] = secret.until->time_since_epoch().count();
    list.push_back(std::move(each));
  }
  return json::serialize(list);
}

base::WallTime time_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return base::WallTime{base::Duration{value != nullptr && value->is_int64() ? value->get_int64() : 0}};
}

std::string text_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string{std::string_view{value->get_string()}}
                                                : std::string{};
}

// What text_of() wrote; a damaged text is no secret.
std::vector<WebhookSecret> secrets_of(std::string_view text) {
  std::vector<WebhookSecret> secrets;
  boost::system::error_code error;
  const json::value list = json::parse(text, error);
  if (error || !list.is_array()) return secrets;
  for (const json::value& value : list.get_array()) {
    const json::object* each = value.if_object();
    if (each == nullptr) continue;
    const json::value* kind = each->if_contains("kind");
    WebhookSecret secret;
    if (kind != nullptr && kind->is_int64() && kind->get_int64() == 1)
      secret.kind = WebhookSecret::Kind::kEd25519;
    secret.name = text_in(*each, "name");
    secret.public_key = text_in(*each, "public_key");
    secret.since = time_in(*each, "since");
    if (each->contains("until")) secret.until = time_in(*each, "until");
    secrets.push_back(std::move(secret));
  }
  return secrets;
}

}  // namespace

StoredWebhook read_webhook(const Statement& row, std::uint32_t epoch) {
  StoredWebhook stored;
  stored.key = row.integer(0);
  stored.tenant = row.integer(1);
  WebhookRow& webhook = stored.row;
  webhook.id = row.uuid(2);
  webhook.tenant = row.text(3);
  webhook.instance = row.text(4);
  webhook.settings.address = row.text(5);
  webhook.settings.description = row.text(6);
  webhook.settings.types = words_of(row.text(7));
  webhook.settings.names = words_of(row.text(8));
  webhook.settings.schedule = schedule_of(row.text(9));
  webhook.settings.concurrency = static_cast<std::uint32_t>(row.integer(10));
  webhook.settings.per_minute = static_cast<std::uint32_t>(row.integer(11));
  webhook.settings.ordered = row.integer(12) != 0;
  webhook.secrets = secrets_of(row.text(13));
  webhook.state = static_cast<WebhookState>(row.integer(14));
  webhook.created = row.time(15);
  webhook.updated = row.time(16);
  webhook.revision = row.count(17);
  webhook.cursor = {epoch, row.count(18)};
  webhook.reason = row.text(19);
  webhook.failing_since = row.optional_time(20);
  webhook.delivered = row.optional_time(21);
  webhook.told_failing = row.integer(22) != 0;
  webhook.told_dead_letter = row.integer(23) != 0;
  webhook.waiting = row.count(24);
  webhook.dead = row.count(25);
  return stored;
}

WebhookTable::WebhookTable(Connection& connection)
    : connection_(&connection),
      find_(connection, PAYNAMED_WEBHOOKS "WHERE w.id = ?"),
      count_(connection, "SELECT count(*) FROM webhooks WHERE tenant = ?"),
      insert_(connection,
              "INSERT INTO webhooks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      insert_standing_(connection, "INSERT INTO webhook_standings VALUES (?, ?, '', NULL, NULL, 0, 0, 0, 0)"),
      update_(connection,
              "UPDATE webhooks SET address = ?, description = ?, types = ?, names = ?, schedule = ?, "
              "concurrency = ?, per_minute = ?, ordered = ?, secrets = ?, state = ?, updated = ?, "
              "revision = ? WHERE key = ?"),
      erase_(connection, "DELETE FROM webhooks WHERE key = ?"),
      erase_standing_(connection, "DELETE FROM webhook_standings WHERE webhook = ?"),
      put_deleted_(connection, "INSERT INTO deleted_webhooks VALUES (?)"),
      next_deleted_(connection, "SELECT webhook FROM deleted_webhooks LIMIT 1"),
      forget_deleted_(connection, "DELETE FROM deleted_webhooks WHERE webhook = ?"),
      put_standing_(connection,
                    "UPDATE webhook_standings SET cursor = ?, reason = ?, failing_since = ?, delivered = ?, "
                    "told_failing = ?, told_dead_letter = ? WHERE webhook = ?"),
      next_events_(
          connection,
          "SELECT e.seq, t.name FROM events e CROSS JOIN event_types t ON t.key = e.type WHERE e.tenant "
          "= ? AND e.seq > ? ORDER BY e.seq LIMIT ?"),
      count_deliveries_(connection,
                        "UPDATE webhook_standings SET waiting = max(waiting + ?, 0), dead = max(dead + ?, 0) "
                        "WHERE webhook = ?"),
      find_key_(connection, "SELECT webhook, request_hash FROM webhook_keys WHERE tenant = ? AND key = ?"),
      put_key_(connection, "INSERT INTO webhook_keys VALUES (?, ?, ?, ?)") {}

base::Result<void> WebhookTable::load() {
  const auto epoch = connection_->integer("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'epoch'");
  if (!epoch) return base::fail(epoch.error());
  epoch_ = static_cast<std::uint32_t>(*epoch);
  return {};
}

base::Result<std::optional<StoredWebhook>> WebhookTable::find(const base::Uuid& id) {
  return at_most_one<StoredWebhook>(find_, find_.first(id),
                                    [this](const Statement& row) { return read_webhook(row, epoch_); });
}

base::Result<std::uint64_t> WebhookTable::count(TenantKey tenant) {
  const auto row = count_.first(tenant);
  if (!row) return base::fail(row.error());
  const std::uint64_t webhooks = count_.count(0);
  count_.reset();
  return webhooks;
}

base::Result<void> WebhookTable::insert(TenantKey tenant, const WebhookRow& webhook) {
  const WebhookSettings& settings = webhook.settings;
  const std::string types = joined_words(settings.types);
  const std::string names = joined_words(settings.names);
  const std::string schedule = text_of(settings.schedule);
  const std::string secrets = text_of(webhook.secrets);
  auto done = insert_.run(webhook.id, tenant, webhook.instance, settings.address, settings.description, types,
                          names, schedule, settings.concurrency, settings.per_minute, settings.ordered,
                          secrets, webhook.state, webhook.created, webhook.updated, webhook.revision);
  if (!done) return done;
  return insert_standing_.run(sqlite3_last_insert_rowid(connection_->raw()), webhook.cursor.seq);
}

base::Result<void> WebhookTable::update(WebhookKey key, const WebhookRow& webhook) {
  const WebhookSettings& settings = webhook.settings;
  const std::string types = joined_words(settings.types);
  const std::string names = joined_words(settings.names);
  const std::string schedule = text_of(settings.schedule);
  const std::string secrets = text_of(webhook.secrets);
  return update_.run(settings.address, settings.description, types, names, schedule, settings.concurrency,
                     settings.per_minute, settings.ordered, secrets, webhook.state, webhook.updated,
                     webhook.revision, key);
}

base::Result<void> WebhookTable::erase(WebhookKey key) {
  if (auto done = erase_.run(key); !done) return done;
  if (auto done = erase_standing_.run(key); !done) return done;
  return put_deleted_.run(key);
}

base::Result<void> WebhookTable::put_standing(WebhookKey key, const WebhookRow& webhook) {
  return put_standing_.run(webhook.cursor.seq, webhook.reason, webhook.failing_since, webhook.delivered,
                           webhook.told_failing, webhook.told_dead_letter, key);
}

base::Result<std::uint64_t> WebhookTable::pass_unwanted(const StoredWebhook& webhook, std::uint32_t most) {
  std::uint64_t passed = webhook.row.cursor.seq;
  auto row = next_events_.first(webhook.tenant, passed, most);
  for (; row && *row; row = next_events_.next()) {
    if (wants_type(webhook.row.settings.types, next_events_.text(1))) break;
    passed = next_events_.count(0);
  }
  if (!row) return base::fail(row.error());
  next_events_.reset();
  return passed;
}

base::Result<void> WebhookTable::count_deliveries(WebhookKey key, std::int64_t waiting, std::int64_t dead) {
  if (waiting == 0 && dead == 0) return {};
  return count_deliveries_.run(waiting, dead, key);
}

base::Result<std::optional<WebhookKey>> WebhookTable::next_deleted() {
  return at_most_one<WebhookKey>(next_deleted_, next_deleted_.first(),
                                 [](const Statement& row) { return row.integer(0); });
}

base::Result<void> WebhookTable::forget_deleted(WebhookKey key) {
  return forget_deleted_.run(key);
}

base::Result<std::optional<WebhookStore::WebhookKeyUse>> WebhookTable::find_key(TenantKey tenant,
                                                                                std::string_view key) {
  return at_most_one<WebhookStore::WebhookKeyUse>(
      find_key_, find_key_.first(tenant, key), [](const Statement& row) {
        return WebhookStore::WebhookKeyUse{row.uuid(0), std::string{row.text(1)}};
      });
}

base::Result<void> WebhookTable::put_key(TenantKey tenant, const NewWebhook& webhook) {
  return put_key_.run(tenant, webhook.idempotency_key, webhook.request_hash, webhook.webhook.id);
}

}  // namespace paynamed::state
