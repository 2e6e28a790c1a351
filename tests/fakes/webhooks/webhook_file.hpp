// A state file without its daemon: webhooks and events are put into it and deliveries read from it. And what
// receivers of the module `receivers` wrote down.
//
// Threads: one thread at a time; the daemon must not run while the file is open here.
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "state/sqlite_store.hpp"

namespace paynamed::fakes {

class WebhookFile {
 public:
  // Throws std::runtime_error when it cannot be opened.
  explicit WebhookFile(const std::filesystem::path& state);

  // Of the instance "hooks" and the tenant "default"; it begins before the first event. Throws.
  state::WebhookRow add(const std::string& address,
                        const std::function<void(state::WebhookRow&)>& change = {});
  // Events of the type custom.thing, about the subjects in turn. Throws.
  void happen(std::size_t events, const std::vector<std::string>& subjects);

  state::WebhookRow row(const state::WebhookRow& webhook);
  // The earliest first.
  std::vector<state::DeliveryRow> deliveries(const state::WebhookRow& webhook);
  std::vector<state::Event> events();
  state::SqliteStore& store() { return *store_; }

 private:
  boost::asio::io_context io_;
  base::SystemClock clock_;
  base::SystemRandom random_;
  std::unique_ptr<state::SqliteStore> store_;
};

struct Received {
  std::string what;  // "taken", "refused", "kept"
  int attempt = 0;
  base::MonotonicTime time;
  std::string id;
  std::string type;
  std::string subject;
  std::uint64_t seq = 0;
  std::string data;  // JSON
};
// All that is written by now; none when there is no file.
std::vector<Received> received(const std::filesystem::path& file);

}  // namespace paynamed::fakes
