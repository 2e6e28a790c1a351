#include "tests/bench/payments_scene.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/clock.hpp"
#include "tests/bench/names_file.hpp"

namespace paynamed::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kNames = 1'000;
constexpr const char* kKey = "bench-0123456789abcdef0123456789abcdef";
constexpr base::Duration kPatience{120'000};
// Seldom enough to leave the daemon its cores, and a small part of what is measured.
constexpr std::chrono::milliseconds kLook{5};

void write_secret(const fs::path& file, std::string_view text) {
  std::ofstream(file) << text << '\n';
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
}

fs::path names_file(const fs::path& folder) {
  return folder / "names.sqlite3";
}

}  // namespace

std::uint64_t seq_of(const std::string& position) {
  const auto at = position.find('-');
  std::uint64_t seq = 0;
  if (at != std::string::npos)
    std::from_chars(position.data() + at + 1, position.data() + position.size(), seq);
  return seq;
}

std::string member_of(const std::string& object, const std::string& name) {
  return std::string{std::string_view{boost::json::parse(object).at(name).as_string()}};
}

PaymentsScene::PaymentsScene(const Options& options, const fs::path& folder, const std::string& tables,
                             const std::function<void(const fs::path& state)>& prepare)
    : folder_(folder), socket_(folder / "lightning-rpc") {
  fs::remove_all(folder);
  fs::create_directories(folder);
  fill_names(names_file(folder).string(), kNames, kDomain, "");
  offers_ = offers_in(names_file(folder).string());
  std::vector<std::string> ids;
  for (const FileOffer& each : offers_) ids.push_back(each.offer_id);
  node_ = std::make_unique<InstantNode>(socket_, std::move(ids));
  const std::uint16_t port = free_port();
  const auto config = write_config(options, port, tables);
  const auto log = folder / "paynamed.log";
  fs::copy_file(names_file(folder), folder / "state.sqlite3");
  if (prepare) prepare(folder / "state.sqlite3");
  daemon_ = std::make_unique<Child>(
      std::vector<std::string>{options.daemon.string(), "run", "--config", config.string()}, log);
  wait_until_ready(*daemon_, port, log);
  client_ = std::make_unique<HttpClient>(port, kKey);
}

fs::path PaymentsScene::write_config(const Options& options, std::uint16_t port,
                                     const std::string& tables) const {
  write_secret(folder_ / "api.key", kKey);
  write_secret(folder_ / "tsig.secret", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
  write_secret(folder_ / "secrets.key", std::string(64, '5'));
  const std::string of_receivers =
      options.receivers.empty() ? "" : fmt::format(", \"{}\"", options.receivers.parent_path().string());
  const auto file = folder_ / "paynamed.toml";
  std::ofstream(file) << fmt::format(R"([daemon]
state = "state.sqlite3"
plugin_path = ["{}"{}]
secrets_key = {{ file = "secrets.key" }}
[log]
level = "warn"
[api]
listen = "127.0.0.1:{}"
requests_per_second = 1000000
request_burst = 1000000
key = {{ file = "api.key" }}
[monitor]
enabled = false
[domains."example.com"]
dns = "zone"
test = true
[plugins.zone]
module = "rfc2136"
server = "127.0.0.1"
tsig = {{ name = "bench.", algorithm = "hmac-sha256", secret = {{ file = "tsig.secret" }} }}
[plugins.node]
module = "cln"
transport = "socket"
socket = "{}"
network = "regtest"
{}
)",
                                     options.modules.string(), of_receivers, port, socket_.string(), tables);
  return file;
}

std::string PaymentsScene::fresh_file(const std::string& name) {
  const auto at = folder_ / name;
  fs::remove_all(at);
  fs::create_directories(at);
  fs::copy_file(names_file(folder_), at / "state.sqlite3");
  return (at / "state.sqlite3").string();
}

std::string PaymentsScene::head() {
  const auto reply = client_->get("/v1/events?limit=1");
  if (reply.status != 200) throw std::runtime_error("GET /v1/events answered " + reply.body);
  return member_of(reply.body, "head");
}

void PaymentsScene::await_events(const std::string& after, std::uint64_t count) {
  const base::SystemClock clock;
  const auto begun = clock.monotonic();
  const std::uint64_t wanted = seq_of(after) + count;
  for (std::uint64_t seq = 0; (seq = seq_of(head())) < wanted;) {
    if (clock.monotonic() - begun > kPatience) {
      throw std::runtime_error(fmt::format("{} of {} payments were not taken in; see {}", wanted - seq, count,
                                           (folder_ / "paynamed.log").string()));
    }
    std::this_thread::sleep_for(kLook);
  }
}

void PaymentsScene::await_taken_in(std::uint64_t count) {
  const base::SystemClock clock;
  const auto begun = clock.monotonic();
  for (std::uint64_t seen = 0; (seen = counted("paynamed_payments_total")) != count;) {
    if (seen > count || clock.monotonic() - begun > kPatience)
      throw std::runtime_error(fmt::format("{} of {} payments were taken in", seen, count));
    std::this_thread::sleep_for(kLook);
  }
}

std::uint64_t PaymentsScene::counted(const std::string& counter) {
  std::istringstream lines(client_->get("/metrics").body);
  const std::string name = counter + "{instance=\"node\"} ";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name)) return static_cast<std::uint64_t>(std::stod(line.substr(name.size())));
  }
  return 0;
}

}  // namespace paynamed::bench
