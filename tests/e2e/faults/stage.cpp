#include "tests/e2e/faults/stage.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>

namespace paynamed::e2e {
namespace json = boost::json;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

namespace {

constexpr auto kPatience = 60s;

bool until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::sleep_for(50ms);
  }
  return false;
}

Parts parts_of(const Setting& setting) {
  Parts parts;
  parts.tables =
      "[monitor]\ninterval = \"2s\"\nsecond_look = \"1s\"\nqueries_per_second = 200\n"
      "[domains.\"fault.test\"]\ndns = \"zone\"\ntest = true\nttl = \"60s\"\n";
  parts.pipelines = register_pipeline({}, "args = { poll = \"100ms\" }");
  const std::string offer = "do = \"offer.create\"\n";
  parts.pipelines.insert(parts.pipelines.find(offer) + offer.size(),
                         fmt::format("args = {{ description = \"{}\" }}\n", setting.description));
  return parts;
}

}  // namespace

std::string txt(const std::string& owner, const std::string& value) {
  std::string record = "set " + owner + " 60 TXT";
  for (std::size_t at = 0; at < value.size(); at += 255) record += " \"" + value.substr(at, 255) + "\"";
  return record;
}

Stage::Stage(const Setting& setting) : is_delegated_signed_(setting.policy != "unsigned") {
  lab_.add_zone(kZone, setting.policy, setting.servers);
  Parts parts = parts_of(setting);
  parts.dns = at_place(setting.dns);
  scene_ = std::make_unique<Scene>(lab_, parts);
}

std::string Stage::place(const std::string& address) const {
  return fmt::format("{}:{}", address, lab_.port());
}

std::string Stage::at_place(const std::string& toml) const {
  std::string text = toml;
  for (std::size_t at = 0; (at = text.find("PORT", at)) != text.npos;)
    text.replace(at, 4, std::to_string(lab_.port()));
  return text;
}

void Stage::bind_serves(const std::vector<fakes::BindZone>& zones) {
  if (!bind_) bind_ = std::make_unique<fakes::BindServer>(lab_);
  bind_->serve(zones);
  auto& relay = relays_[kSecondAddress];
  if (!relay) {
    relay = std::make_unique<fakes::DnsRelay>(kSecondAddress, lab_.port(), "127.0.0.1", bind_->port());
  }
}

fakes::DnsRelay& Stage::relay_at(const std::string& address) {
  auto& relay = relays_[address];
  if (!relay)
    relay = std::make_unique<fakes::DnsRelay>(address, lab_.port(), lab_.addresses().front(), lab_.port());
  return *relay;
}

void Stage::delegate_signed_by(const std::vector<std::string>& signers) {
  std::vector<std::string> changes;
  if (is_delegated_signed_) changes.push_back(fmt::format("unset {} DS", kZone));
  for (const std::string& each : signers) changes.push_back(fmt::format("set {} 60 DS {}", kZone, each));
  lab_.edit("test.", changes);
  is_delegated_signed_ = !signers.empty();
}

void Stage::replace_by_wildcard(const std::string& name) {
  edit({txt(kWildcard, value_of(name)), "unset " + owner_name(name) + " TXT"});
}

std::string Stage::state_of(const std::string& name) const {
  const auto reply = scene_->send("GET", "/v1/names/" + name);
  return reply.status == 200 ? text(reply.json().as_object(), "state") : std::string{};
}

std::string Stage::value_of(const std::string& name) const {
  return text(scene_->get("/v1/names/" + name), "value");
}

void Stage::make_live(const std::string& name) {
  const std::string run = scene_->begin_registration(name);
  scene_->run_when(run, "completed");
  EXPECT_EQ(state_of(name), "live");
}

bool Stage::comes_to(const std::string& name, const std::string& state) {
  if (until([&] { return state_of(name) == state; })) return true;
  ADD_FAILURE() << name << " is '" << state_of(name) << "' and not '" << state << "'";
  return false;
}

bool Stage::sees_looks(const std::string& result, int more) {
  const double before = looks(result);
  if (until([&] { return looks(result) >= before + more; })) return true;
  ADD_FAILURE() << "the monitor did not find '" << result << "' " << more << " times";
  return false;
}

double Stage::looks(const std::string& result) const {
  const std::string metrics = scene_->send("GET", "/metrics").body;
  const std::string series = fmt::format("paynamed_monitor_looks_total{{result=\"{}\"}} ", result);
  const std::size_t at = metrics.find(series);
  return at == metrics.npos ? 0 : std::strtod(metrics.c_str() + at + series.size(), nullptr);
}

json::object Stage::only_event(const std::string& name, const std::string& type) const {
  std::vector<json::object> found;
  for (const json::object& event : scene_->events()) {
    if (text(event, "subject") == name && text(event, "type") == type)
      found.push_back(event.at("data").as_object());
  }
  EXPECT_EQ(found.size(), 1U) << type << " of " << name;
  return found.empty() ? json::object{} : found.front();
}

}  // namespace paynamed::e2e
