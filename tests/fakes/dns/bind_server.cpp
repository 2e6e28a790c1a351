#include "tests/fakes/dns/bind_server.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "tests/fakes/dns/free_port.hpp"

namespace paynamed::fakes {
namespace fs = std::filesystem;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

namespace {

constexpr auto kPatience = 30s;

void write(const fs::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace

BindServer::BindServer(const KnotLab& lab) : lab_(lab) {
  std::string pattern = (fs::temp_directory_path() / "paynamed-bind-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed for " + pattern);
  directory_ = pattern;
}

BindServer::~BindServer() {
  child_.reset();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void BindServer::serve(const std::vector<BindZone>& zones) {
  std::string log;
  const bool may_move = port_ == 0;
  // Somebody may take the port between our look and named's.
  for (int attempt = 0; attempt < 3; ++attempt) {
    stop();
    if (port_ == 0) port_ = free_port();
    write_configuration(zones);
    child_ = std::make_unique<Child>(
        std::vector<std::string>{"named", "-g", "-n", "1", "-c", (directory_ / "named.conf").string()},
        std::vector<std::string>{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"});
    if (wait_until_served(zones)) return;
    log = child_->errors();
    if (may_move) port_ = 0;
  }
  throw std::runtime_error("named does not serve its zones (Debian: package bind9); its log:\n" + log);
}

void BindServer::stop() {
  if (!child_) return;
  child_->signal(SIGTERM);
  child_->wait(kPatience);
  child_.reset();
}

void BindServer::write_configuration(const std::vector<BindZone>& zones) const {
  std::string text =
      fmt::format(R"(options {{
  directory "{0}";
  managed-keys-directory "{0}";
  pid-file none; session-keyfile none; lock-file none;
  listen-on port {1} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion no; dnssec-validation no; allow-query {{ any; }}; empty-zones-enable no; notify no;
  min-refresh-time 1; max-refresh-time 1; min-retry-time 1; max-retry-time 1; try-tcp-refresh no;
  masterfile-format text;
}};
controls {{ }};
key "{2}" {{ algorithm {3}; secret "{4}"; }};
)",
                  directory_.string(), port_, lab_.tsig_name(), lab_.tsig_algorithm(), lab_.tsig_secret());
  for (const BindZone& each : zones) {
    if (each.source == BindZone::Source::kText || each.source == BindZone::Source::kUpdated) {
      const fs::path file = directory_ / (each.zone + "zone");
      write(file, each.text);
      const bool updated = each.source == BindZone::Source::kUpdated;
      text += fmt::format(
          "zone \"{}\" {{ type primary; file \"{}\";{} }};\n", each.zone, file.string(),
          updated ? fmt::format(" allow-update {{ key \"{0}\"; }}; allow-transfer {{ key \"{0}\"; }};",
                                lab_.tsig_name())
                  : std::string());
      continue;
    }
    const bool reached = each.source == BindZone::Source::kPrimary;
    text += fmt::format(
        "zone \"{}\" {{ type secondary; file \"{}\"; primaries port {} {{ {} key \"{}\"; }}; }};\n",
        each.zone, copy_of(each.zone).string(), lab_.port(),
        reached ? lab_.addresses().front() : lab_.dead_address(), lab_.tsig_name());
  }
  write(directory_ / "named.conf", text);
}

bool BindServer::wait_until_served(const std::vector<BindZone>& zones) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (const BindZone& each : zones) {
    for (;;) {
      const Ended dig = run_program({"dig", "+norec", "+tries=1", "+time=1", "@127.0.0.1", "-p",
                                     std::to_string(port_), each.zone, "SOA"});
      if (dig.output.find("status: NOERROR") != dig.output.npos &&
          dig.output.find("flags: qr aa") != dig.output.npos)
        break;
      if (child_->wait(50ms) || std::chrono::steady_clock::now() > end) return false;
    }
  }
  // Another server may have the port, and answer.
  return !child_->wait(0ms);
}

void BindServer::keep_copy(const std::string& zone) const {
  fs::copy_file(copy_of(zone), copy_of(zone) += ".kept", fs::copy_options::overwrite_existing);
}

void BindServer::put_back_copy(const std::string& zone) const {
  fs::remove(copy_of(zone) += ".jnl");
  fs::copy_file(copy_of(zone) += ".kept", copy_of(zone), fs::copy_options::overwrite_existing);
}

fs::path BindServer::copy_of(const std::string& zone) const {
  return directory_ / (zone + "copy");
}

}  // namespace paynamed::fakes
