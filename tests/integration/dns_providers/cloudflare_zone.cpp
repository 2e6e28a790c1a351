#include "cloudflare_zone.hpp"

#include <stdlib.h>

#include <boost/json.hpp>
#include <fstream>
#include <stdexcept>

#include "tests/fakes/cloudflare/txt_text.hpp"

namespace paynamed::dns_providers {
namespace fs = std::filesystem;
namespace json = boost::json;
using fakes::FakeCloudflare;

namespace {

constexpr char kWrongToken[] = "token-of-a-stranger";

std::string without_dot(std::string name) {
  name.pop_back();
  return name;
}

fs::path make_directory() {
  std::string pattern = (fs::temp_directory_path() / "paynamed-cloudflare-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed for " + pattern);
  return pattern;
}

}  // namespace

std::vector<testing::PeerTxt> FakeZone::txt(const std::string& name) {
  std::vector<testing::PeerTxt> found;
  const auto state = state_of(name);
  for (const auto& each : state.at("records").as_array()) {
    if (each.at("type") != "TXT") continue;
    found.push_back({fakes::joined_txt(std::string(each.at("content").as_string())),
                     static_cast<std::uint32_t>(each.at("ttl").as_int64())});
  }
  return found;
}

void FakeZone::add_txt(const std::string& name, const std::string& value) {
  fake_.plant(without_dot(name), "TXT", "\"" + value + "\"");
}

void FakeZone::add_cname(const std::string& name, const std::string& target) {
  fake_.plant(without_dot(name), "CNAME", without_dot(target));
}

void FakeZone::clear(const std::string& name) {
  fake_.post("remove", json::object{{"zone", FakeCloudflare::kZone}, {"name", without_dot(name)}});
}

std::optional<std::uint64_t> FakeZone::version() {
  return static_cast<std::uint64_t>(state_of(apex()).at("version").as_int64());
}

void FakeZone::lose_next_write_reply() {
  json::object fault{{"kind", "lose_reply"}, {"method", "POST|PATCH|DELETE"}, {"path", "dns_records"}};
  fake_.order(std::move(fault));
}

void FakeZone::add_txt_after_next_write(const std::string& name, const std::string& value) {
  json::object record{
      {"name", without_dot(name)}, {"type", "TXT"}, {"content", "\"" + value + "\""}, {"ttl", 300}};
  fake_.order({{"kind", "plant"},
               {"method", "POST|PATCH|DELETE"},
               {"path", "dns_records"},
               {"zone", FakeCloudflare::kZone},
               {"record", std::move(record)}});
}

void FakeZone::throttle_next(int requests) {
  json::object fault{{"kind", "status"}, {"status", 429}, {"code", 10300}, {"count", requests}};
  fault["headers"] = json::object{{"retry-after", "1"}};
  fake_.order(std::move(fault));
}

void FakeZone::delay_writes(std::chrono::milliseconds time) {
  fake_.post("no_faults", json::object());
  if (time.count() == 0) return;
  fake_.order({{"kind", "slow"},
               {"method", "POST|PATCH|DELETE"},
               {"seconds", static_cast<double>(time.count()) / 1'000},
               {"count", 1'000'000}});
}

void FakeZone::delay_requests(std::chrono::milliseconds time) {
  fake_.post("delay", json::object{{"seconds", static_cast<double>(time.count()) / 1'000}});
}

json::value FakeZone::state_of(const std::string& name) const {
  return fake_.get("zone?zone=" + std::string(FakeCloudflare::kZone) + "&name=" + without_dot(name));
}

CloudflareZone::CloudflareZone(bool batch)
    : batch_(batch),
      directory_(make_directory()),
      fake_({"--quota", "20000"}),
      zone_(fake_),
      plugin_(CLOUDFLARE_MODULE, table(FakeCloudflare::kToken), journal_),
      second_(CLOUDFLARE_MODULE, table(FakeCloudflare::kToken), journal_),
      stranger_(CLOUDFLARE_MODULE, table(kWrongToken), journal_) {
  fake_.post("limit", json::object{{"most", 1'000'000}});
}

CloudflareZone::~CloudflareZone() {
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

std::vector<std::string> CloudflareZone::secrets() const {
  return {FakeCloudflare::kToken, kWrongToken};
}

json::object CloudflareZone::table(const std::string& token) const {
  const fs::path file = directory_ / token;
  std::ofstream(file) << token << "\n";
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  return {{"endpoint", fake_.endpoint()},
          {"batch", batch_},
          {"requests_per_5_minutes", 1'000'000},
          {"api_token", {{"file", file.string()}}}};
}

}  // namespace paynamed::dns_providers
