#include "tests/e2e/crash/stage.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <map>
#include <new>
#include <stdexcept>

namespace paynamed::crash {
namespace {

constexpr std::chrono::seconds kStopPatience{40};

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out(path);
  out << text;
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
  std::filesystem::permissions(path,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

// "zone address@port" of the lab as [[dns.stubs]].
std::string stubs_of(const fakes::KnotLab& lab) {
  std::map<std::string, std::string> servers;
  for (const std::string& stub : lab.stubs()) {
    const auto space = stub.find(' ');
    std::string address = stub.substr(space + 1);
    address.replace(address.find('@'), 1, ":");
    std::string& list = servers[stub.substr(0, space)];
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", address);
  }
  std::string out;
  for (const auto& [zone, list] : servers) {
    if (zone != ".") out += fmt::format("[[dns.stubs]]\nzone = \"{}\"\nservers = [{}]\n", zone, list);
  }
  return out;
}

base::FailpointControl* make_control(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ::ftruncate(file, sizeof(base::FailpointControl)) != 0) {
    throw std::runtime_error("cannot make " + path.string());
  }
  void* mapped = ::mmap(nullptr, sizeof(base::FailpointControl), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (mapped == MAP_FAILED) throw std::runtime_error("cannot map " + path.string());
  return new (mapped) base::FailpointControl;
}

}  // namespace

Stage::Stage(const fakes::KnotLab& lab, const Options& options) : lab_(lab) {
  std::string pattern = (std::filesystem::temp_directory_path() / "paynamed-crash-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed for " + pattern);
  directory_ = pattern;
  write_file(directory_ / "api.key", api_key_);
  write_file(directory_ / "wrong.secret", "d3JvbmcgYnV0IG9mIHRoZSByaWdodCBsZW5ndGggLi4=");
  write_file(directory_ / "paynamed.toml", configuration(options));
  process_.control = directory_ / "failpoint";
  process_.trace = directory_ / "passed";
  process_.directory = directory_;
  control_ = make_control(process_.control);
  write_file(process_.trace, {});
  process_.words = {PAYNAMED_CRASH_DAEMON, (directory_ / "paynamed.toml").string(), "--checkpoint-pages",
                    "12"};
  if (options.power_cut) process_.words.emplace_back("--power-cut");
  if (options.synchronous_off) process_.words.emplace_back("--synchronous-off");
}

Stage::~Stage() {
  daemon_.reset();
  ::munmap(control_, sizeof *control_);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string Stage::configuration(const Options& options) const {
  return fmt::format(R"(
[daemon]
state = "paynamed.sqlite3"
default_node = "node"
{daemon}
[log]
format = "json"
[api]
listen = "127.0.0.1:0"
key = {{ file = "api.key" }}
[dns]
trust_anchor = "{anchor}"
root_hints = ["127.0.0.1:{port}"]
authoritative_port = {port}
query_timeout = "300ms"
{stubs}
[domains."example.test"]
dns = "zone"
test = true
ttl = "60s"
{domain}
[domains."second.test"]
dns = "locked"
test = true
ttl = "60s"
[domains."halfdown.test"]
dns = "zone"
test = true
ttl = "60s"
[plugins.zone]
module = "rfc2136"
server = "127.0.0.1"
port = {update_port}
timeout = "1s"
tsig = {{ name = "paynamed.", algorithm = "hmac-sha256", secret = {{ file = "{secret}" }} }}
[plugins.locked]
module = "rfc2136"
server = "127.0.0.1"
port = {port}
timeout = "1s"
tsig = {{ name = "paynamed.", algorithm = "hmac-sha256", secret = {{ file = "wrong.secret" }} }}
[plugins.node]
module = "sandbox"
key_file = "{directory}/sandbox.key"
state_file = "{directory}/sandbox.nodes"
{node}
{more}
)",
                     fmt::arg("anchor", lab_.anchor_file().string()), fmt::arg("port", lab_.port()),
                     fmt::arg("stubs", stubs_of(lab_)),
                     fmt::arg("secret", (lab_.directory() / "tsig.secret").string()),
                     fmt::arg("directory", directory_.string()),
                     fmt::arg("update_port", options.update_port != 0 ? options.update_port : lab_.port()),
                     fmt::arg("node", options.node_settings), fmt::arg("domain", options.domain_settings),
                     fmt::arg("daemon", options.daemon_settings), fmt::arg("more", options.more));
}

bool Stage::start() {
  daemon_.reset();
  daemon_ = std::make_unique<DaemonProcess>(process_);
  return daemon_->ready();
}

std::string Stage::stop() {
  daemon_->send_signal(SIGTERM);
  const auto status = daemon_->wait(kStopPatience);
  if (!status) return "the daemon does not end on SIGTERM";
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return {};
  return fmt::format("SIGTERM ended the daemon with status {:#x}:\n{}", *status, daemon_->log());
}

void Stage::arm(const std::string& failpoint, int count) {
  control_->remaining = 0;
  if (failpoint.size() >= sizeof control_->name) throw std::logic_error("the failpoint's name is too long");
  std::memset(control_->name, 0, sizeof control_->name);
  std::memcpy(control_->name, failpoint.data(), failpoint.size());
  control_->remaining.store(count, std::memory_order_release);
}

bool Stage::disarm() {
  return control_->remaining.exchange(0) <= 0;
}

std::vector<std::string> Stage::passed() {
  std::ifstream in(process_.trace);
  in.seekg(trace_read_);
  std::vector<std::string> names;
  for (std::string line; std::getline(in, line);) {
    trace_read_ += static_cast<std::streamoff>(line.size()) + 1;
    names.push_back(line);
  }
  return names;
}

std::filesystem::path Stage::copy_state() {
  const std::filesystem::path to = directory_ / fmt::format("copy-{}", ++copies_);
  std::filesystem::remove_all(directory_ / fmt::format("copy-{}", copies_ - 1));
  std::filesystem::create_directory(to);
  for (const char* file : {"paynamed.sqlite3", "paynamed.sqlite3-wal", "paynamed.sqlite3-journal"}) {
    if (std::filesystem::exists(directory_ / file)) std::filesystem::copy_file(directory_ / file, to / file);
  }
  return to / "paynamed.sqlite3";
}

}  // namespace paynamed::crash
