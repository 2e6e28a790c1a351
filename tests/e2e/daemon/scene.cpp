#include "tests/e2e/daemon/scene.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace paynamed::e2e {
namespace fs = std::filesystem;
namespace json = boost::json;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

namespace {

constexpr auto kPatience = 30s;
constexpr auto kLook = 50ms;

std::string stubs(const fakes::KnotLab& lab) {
  std::map<std::string, std::string> servers;
  for (const std::string& stub : lab.stubs()) {
    const std::size_t blank = stub.find(' ');
    std::string address = stub.substr(blank + 1);
    address.replace(address.find('@'), 1, ":");
    std::string& list = servers[stub.substr(0, blank)];
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", address);
  }
  std::string text = fmt::format("root_hints = [{}]\n", servers["."]);
  servers.erase(".");
  for (const auto& [zone, list] : servers)
    text += fmt::format("[[dns.stubs]]\nzone = \"{}\"\nservers = [{}]\n", zone, list);
  return text;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "paynamed-e2e-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed for " + pattern);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void write_file(const fs::path& file, const std::string& content) {
  std::ofstream stream{file, std::ios::binary};
  stream << content;
  if (!stream.flush()) throw std::runtime_error("cannot write " + file.string());
}

std::string read_file(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

std::string register_pipeline(const std::string& publish, const std::string& await) {
  return fmt::format(R"(
[[pipelines.register.steps]]
id = "check"
do = "domain.check"
[[pipelines.register.steps]]
id = "node"
do = "node.provision"
with = "node"
[[pipelines.register.steps]]
id = "offer"
do = "offer.create"
with = "node"
[[pipelines.register.steps]]
id = "publish"
do = "dns.publish"
{}
[[pipelines.register.steps]]
id = "await"
do = "dns.await"
{}
[[pipelines.register.steps]]
id = "prove"
do = "name.prove"
)",
                     publish, await);
}

Scene::Scene(const fakes::KnotLab& lab, Parts parts)
    : lab_(lab),
      api_key_("pn_test_key_of_" + folder_.path().filename().string()),
      daemon_(PAYNAMED_PROGRAM, folder_.path() / "paynamed.toml") {
  write_file(folder() / "api.key", api_key_ + "\n");
  fs::permissions(folder() / "api.key", fs::perms::owner_read | fs::perms::owner_write);
  write_config(parts);
}

Scene::~Scene() {
  if (testing::Test::HasFailure() || std::uncaught_exceptions() > 0)
    std::fprintf(stderr, "the daemon's log:\n%s", daemon_.log().c_str());
}

void Scene::write_config(const Parts& parts) {
  std::string config = fmt::format(
      R"([daemon]
state = "state.sqlite3"
stop_deadline = "{}"
{}
[log]
{}
[api]
listen = "{}"
key = {{ file = "api.key" }}
[dns]
trust_anchor = "{}"
authoritative_port = {}
query_timeout = "1s"
{}
{}
[plugins.zone]
module = "rfc2136"
server = "{}"
port = {}
tsig = {{ name = "{}", algorithm = "{}", secret = {{ file = "{}" }} }}
timeout = "5s"
{}
[plugins.node]
module = "sandbox"
key_file = "{}"
state_file = "{}"
{}
)",
      parts.stop_deadline, parts.daemon, parts.log, parts.listen, lab_.anchor_file().string(),
      parts.reachable_servers ? lab_.port() : std::uint16_t{1}, parts.dns,
      parts.reachable_servers ? stubs(lab_) : std::string{},
      parts.zone_port == 0 ? lab_.addresses().front() : std::string{"127.0.0.1"},
      parts.zone_port == 0 ? lab_.port() : parts.zone_port, lab_.tsig_name(), lab_.tsig_algorithm(),
      (lab_.directory() / "tsig.secret").string(), parts.zone, (folder() / "sandbox.key").string(),
      (folder() / "sandbox.state").string(), parts.node);
  for (const char* domain : {"example.test", "second.test", "unsigned.test", "bogus.test", "halfdown.test"}) {
    config += fmt::format("[domains.\"{}\"]\ndns = \"zone\"\ntest = true\nttl = \"{}\"\n{}\n", domain,
                          parts.ttl, parts.domain);
  }
  write_file(config_file(), config + parts.tables + parts.pipelines);
}

fakes::HttpReply Scene::send(const std::string& method, const std::string& target, const std::string& body,
                             const fakes::HttpClient::Headers& headers) const {
  return fakes::HttpClient{daemon_.port(), api_key_}.send(method, target, body, headers);
}

json::object Scene::get(const std::string& target) const {
  const fakes::HttpReply reply = send("GET", target);
  if (reply.status != 200) throw std::runtime_error(fmt::format("GET {}: {}", target, reply.body));
  return reply.json().as_object();
}

fakes::HttpReply Scene::register_name(const std::string& name, const std::string& owner,
                                      const std::string& source) const {
  json::object body{{"name", name}, {"owner", owner}};
  if (!source.empty()) body["source"] = json::parse(source);
  return send("POST", "/v1/names", json::serialize(body), {{"Prefer", "wait=30"}});
}

std::string Scene::begin_registration(const std::string& name) const {
  const auto reply = send("POST", "/v1/names", fmt::format(R"({{"name": "{}", "owner": "somebody"}})", name));
  if (reply.status != 202) throw std::runtime_error(fmt::format("POST {}: {}", name, reply.body));
  return text(reply.json().as_object(), "run");
}

json::object Scene::run(const std::string& id) const {
  return get("/v1/runs/" + id);
}

json::object Scene::step(const std::string& run_id, const std::string& step_id) const {
  const json::object whole = run(run_id);
  for (const auto& each : whole.at("steps").as_array()) {
    if (text(each.as_object(), "id") == step_id) return each.as_object();
  }
  throw std::runtime_error("the run has no step " + step_id);
}

json::object Scene::run_when(const std::string& id,
                             const std::function<bool(const json::object&)>& condition) const {
  json::object last;
  for (auto waited = 0ms; waited < kPatience; waited += kLook) {
    last = run(id);
    if (condition(last)) return last;
    std::this_thread::sleep_for(kLook);
  }
  ADD_FAILURE() << "the run never came to this point: " << json::serialize(last);
  return last;
}

json::object Scene::run_when(const std::string& id, const std::string& state) const {
  return run_when(id, [&](const json::object& each) { return text(each, "state") == state; });
}

std::vector<json::object> Scene::events() const {
  const json::object page = get("/v1/events?limit=1000");
  std::vector<json::object> all;
  for (const auto& each : page.at("items").as_array()) all.push_back(each.as_object());
  return all;
}

std::vector<std::string> Scene::event_types(const std::string& name) const {
  std::vector<std::string> types;
  for (const json::object& event : events()) {
    if (text(event, "subject") == name) types.push_back(text(event, "type"));
  }
  return types;
}

std::vector<std::string> Scene::offer_states(const std::string& name) const {
  std::vector<std::string> states;
  const json::object shown = get("/v1/names/" + name);
  for (const auto& each : shown.at("offers").as_array()) states.push_back(text(each.as_object(), "state"));
  return states;
}

fakes::Ended Scene::ctl(std::vector<std::string> arguments) const {
  std::vector<std::string> words{PAYNAMECTL_PROGRAM, "--url",
                                 fmt::format("http://127.0.0.1:{}", daemon_.port()), "--key-file",
                                 (folder() / "api.key").string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return fakes::run_program(std::move(words));
}

std::vector<std::pair<std::string, bool>> Scene::sandbox_offers() const {
  std::vector<std::pair<std::string, bool>> offers;
  std::istringstream ledger{read_file(folder() / "sandbox.state")};
  for (std::string line; std::getline(ledger, line);) {
    const json::object change = json::parse(line).as_object();
    if (const auto* made = change.if_contains("offer_made"))
      offers.emplace_back(text(made->as_object(), "offer_id"), true);
    if (const auto* switched = change.if_contains("offer_switched")) {
      for (auto& [id, active] : offers) {
        if (id == text(switched->as_object(), "offer_id"))
          active = switched->as_object().at("active").as_bool();
      }
    }
  }
  return offers;
}

std::vector<std::string> txt_at(const fakes::KnotLab& lab, const std::string& address,
                                const std::string& name) {
  const auto dig = fakes::run_program({"dig", "+short", "+tcp", "+tries=1", "+time=5", "@" + address, "-p",
                                       std::to_string(lab.port()), owner_name(name), "TXT"});
  if (dig.exit_code != 0) throw std::runtime_error("dig: " + dig.output + dig.errors);
  std::vector<std::string> values;
  std::istringstream lines{dig.output};
  for (std::string line; std::getline(lines, line);) {
    std::string value;
    for (std::size_t at = line.find('"'); at != line.npos;) {
      const std::size_t end = line.find('"', at + 1);
      value += line.substr(at + 1, end - at - 1);
      at = line.find('"', end + 1);
    }
    values.push_back(value);
  }
  return values;
}

std::string owner_name(const std::string& name) {
  const std::size_t at = name.find('@');
  return name.substr(0, at) + ".user._bitcoin-payment." + name.substr(at + 1) + ".";
}

std::string text(const json::object& object, const std::string& key) {
  const auto* value = object.if_contains(key);
  return value && value->is_string() ? std::string{value->as_string()} : std::string{};
}

}  // namespace paynamed::e2e
