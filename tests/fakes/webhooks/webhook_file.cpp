#include "tests/fakes/webhooks/webhook_file.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace paynamed::fakes {
namespace {

constexpr std::size_t kAtOnce = 500;
constexpr std::uint32_t kPage = 1'000;

template <class Value>
Value run(boost::asio::io_context& io, boost::asio::awaitable<base::Result<Value>> work) {
  std::optional<base::Result<Value>> result;
  boost::asio::co_spawn(io, std::move(work),
                        [&](std::exception_ptr, base::Result<Value> value) { result = std::move(value); });
  io.restart();
  io.run();
  if (!result || !*result)
    throw std::runtime_error("the state file: " + (result ? result->error().to_string() : "no result"));
  if constexpr (!std::is_void_v<Value>) return std::move(**result);
}

std::string text_in(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

}  // namespace

WebhookFile::WebhookFile(const std::filesystem::path& state) {
  state::SqliteStore::Settings settings;
  settings.path = state.string();
  auto opened = state::SqliteStore::open(std::move(settings), clock_);
  if (!opened) throw std::runtime_error("the state file: " + opened.error().to_string());
  store_ = *std::move(opened);
}

state::WebhookRow WebhookFile::add(const std::string& address,
                                   const std::function<void(state::WebhookRow&)>& change) {
  state::NewWebhook wish;
  wish.webhook.id = base::Uuid::v7(clock_.wall(), random_);
  wish.webhook.tenant = "default";
  wish.webhook.instance = "hooks";
  wish.webhook.settings.address = address;
  wish.webhook.created = wish.webhook.updated = clock_.wall();
  wish.from_now = false;
  if (change) change(wish.webhook);
  const std::string id = wish.webhook.id.to_string();
  wish.event = {"webhook.created",
                1,
                id,
                base::Uuid::v7(clock_.wall(), random_),
                clock_.wall(),
                R"({"webhook":")" + id + R"(","host":"shop.example.com"})"};
  return run(io_, store_->create_webhook(std::move(wish))).webhook;
}

void WebhookFile::happen(std::size_t events, const std::vector<std::string>& subjects) {
  for (std::size_t done = 0; done < events;) {
    std::vector<state::NewEvent> news;
    for (const std::size_t end = std::min(done + kAtOnce, events); done < end; ++done) {
      news.push_back({"custom.thing", 1, subjects[done % subjects.size()],
                      base::Uuid::v7(clock_.wall(), random_), clock_.wall(),
                      R"({"run":"01a21f2d-1143-7dd5-a63d-f8591fb55418","name":"nobody@example.com"})"});
    }
    run(io_, store_->append("default", std::move(news)));
  }
}

state::WebhookRow WebhookFile::row(const state::WebhookRow& webhook) {
  auto found = store_->load_webhook(webhook.id);
  if (!found || !*found) throw std::runtime_error("the webhook is not there");
  return **std::move(found);
}

std::vector<state::DeliveryRow> WebhookFile::deliveries(const state::WebhookRow& webhook) {
  std::vector<state::DeliveryRow> all;
  for (std::uint64_t after = 0;;) {
    auto page = store_->deliveries_after(webhook.id, after, kPage);
    if (!page) throw std::runtime_error("deliveries: " + page.error().to_string());
    if (page->empty()) return all;
    after = page->back().seq;
    std::ranges::move(*page, std::back_inserter(all));
  }
}

std::vector<state::Event> WebhookFile::events() {
  std::vector<state::Event> all;
  for (state::Position after;;) {
    auto page = store_->events_after("default", after, kPage);
    if (!page) throw std::runtime_error("events: " + page.error().to_string());
    if (page->events.empty()) return all;
    after = page->next;
    std::ranges::move(page->events, std::back_inserter(all));
  }
}

std::vector<Received> received(const std::filesystem::path& file) {
  std::vector<Received> all;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    std::istringstream words{line};
    Received each;
    std::int64_t nanoseconds = 0;
    words >> each.what >> each.attempt >> nanoseconds;
    each.time = base::MonotonicTime{std::chrono::nanoseconds{nanoseconds}};
    const auto begin = line.find('{');
    const boost::json::object event = boost::json::parse(line.substr(begin)).as_object();
    each.id = text_in(event, "id");
    each.type = text_in(event, "type");
    each.subject = text_in(event, "subject");
    each.seq = std::stoull(text_in(event, "seq"));
    each.data = boost::json::serialize(event.at("data"));
    all.push_back(std::move(each));
  }
  return all;
}

}  // namespace paynamed::fakes
