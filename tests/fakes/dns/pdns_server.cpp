#include "tests/fakes/dns/pdns_server.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/fakes/dns/free_port.hpp"

namespace paynamed::fakes {
namespace fs = std::filesystem;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

namespace {

constexpr char kSchema[] = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";
constexpr auto kPatience = 30s;
constexpr int kStarts = 3;

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  if (!in)
    throw std::runtime_error("cannot read " + file.string() + " (Debian: package pdns-backend-sqlite3)");
  return text.str();
}

}  // namespace

const std::string& PdnsServer::api_key() {
  static const std::string key = "pdns-key-9d2c41f0";
  return key;
}

PdnsServer::PdnsServer() {
  std::string pattern = (fs::temp_directory_path() / "paynamed-pdns-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed for " + pattern);
  directory_ = pattern;
  make_database();
  std::string log;
  // Somebody may take a port between our look and the server's.
  for (int attempt = 0; attempt < kStarts; ++attempt) {
    port_ = free_port();
    api_port_ = free_port();
    if (start()) return;
    log = child_->output() + child_->errors();
    child_.reset();
  }
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
  throw std::runtime_error("pdns_server does not answer (Debian: package pdns-server); its log:\n" + log);
}

PdnsServer::~PdnsServer() {
  if (child_) {
    child_->signal(SIGTERM);
    child_->wait(kPatience);
    child_.reset();
  }
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void PdnsServer::make_database() const {
  sqlite3* database = nullptr;
  const std::string file = (directory_ / "pdns.sqlite3").string();
  const bool made =
      sqlite3_open(file.c_str(), &database) == SQLITE_OK &&
      sqlite3_exec(database, "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr) == SQLITE_OK &&
      sqlite3_exec(database, text_of(kSchema).c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
  const std::string why = made ? std::string() : sqlite3_errmsg(database);
  sqlite3_close(database);
  if (!made) throw std::runtime_error("no database for PowerDNS: " + why);
}

void PdnsServer::write_configuration() const {
  std::ofstream out(directory_ / "pdns.conf");
  out << fmt::format(R"(launch=gsqlite3
gsqlite3-database={0}/pdns.sqlite3
gsqlite3-dnssec=yes
gsqlite3-pragma-synchronous=0
local-address=127.0.0.1
local-port={1}
socket-dir={0}
daemon=no
guardian=no
disable-syslog=yes
webserver=yes
webserver-address=127.0.0.1
webserver-port={2}
webserver-allow-from=127.0.0.0/8
webserver-loglevel=none
api=yes
api-key={3}
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
zone-metadata-cache-ttl=0
domain-metadata-cache-ttl=0
security-poll-suffix=
)",
                     directory_.string(), port_, api_port_, api_key());
  if (!out.flush()) throw std::runtime_error("cannot write pdns.conf");
}

bool PdnsServer::start() {
  write_configuration();
  child_ =
      std::make_unique<Child>(std::vector<std::string>{"pdns_server", "--config-dir=" + directory_.string()},
                              std::vector<std::string>{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"});
  // The web server listens before the threads that answer DNS are there.
  if (!child_->wait_for_text({"ready to distribute questions"}, kPatience)) return false;
  try {
    api("GET", "");
  } catch (const std::exception&) {
    return false;
  }
  return !child_->wait(0ms);
}

void PdnsServer::add_zone(const std::string& zone, const std::vector<std::string>& servers, bool is_signed) {
  boost::json::object body;
  body["name"] = zone;
  body["kind"] = "Native";
  boost::json::array names;
  for (const std::string& each : servers) names.emplace_back(each);
  body["nameservers"] = std::move(names);
  body["dnssec"] = is_signed;
  api("POST", "/zones", boost::json::serialize(body));
}

void PdnsServer::pdnsutil(std::vector<std::string> words) const {
  words.insert(words.begin(), {"pdnsutil", "--config-dir=" + directory_.string()});
  const Ended ended = run_program(words, {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"});
  if (ended.exit_code != 0) {
    throw std::runtime_error(fmt::format("{}: {}{}", fmt::join(words, " "), ended.output, ended.errors));
  }
}

HttpReply PdnsServer::api(const std::string& method, const std::string& target,
                          const std::string& body) const {
  HttpReply reply = HttpClient(api_port_).send(method, "/api/v1/servers/localhost" + target, body,
                                               {{"X-API-Key", api_key()}});
  if (reply.status < 200 || reply.status > 299) {
    throw std::runtime_error(fmt::format("{} {}: HTTP {} {}", method, target, reply.status, reply.body));
  }
  return reply;
}

}  // namespace paynamed::fakes
