// The true daemon watches many names of one zone at a real Knot server on this machine, and nothing but the
// two cores holds it back.
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/clock.hpp"
#include "base/name.hpp"
#include "net/dns_wire.hpp"
#include "tests/bench/benchmarks.hpp"
#include "tests/bench/child.hpp"
#include "tests/bench/http_client.hpp"
#include "tests/bench/machine.hpp"
#include "tests/bench/must.hpp"
#include "tests/bench/names_file.hpp"
#include "tests/bench/report.hpp"

namespace paynamed::bench {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
namespace json = boost::json;
using asio::ip::udp;

constexpr const char* kZone = "example.test";
constexpr std::uint64_t kNames = 40'000;
// 10,000 names a second are due: more than are reached, so that the schedule never waits.
constexpr const char* kInterval = "4s";
constexpr base::Duration kWindow{5'000};  // a round
constexpr base::Duration kFirstPass{300'000};
constexpr std::size_t kQuestions = 20'000;  // of the bare client, a round
constexpr std::size_t kAtOnce = 64;         // as the monitor
constexpr const char* kKey = "bench-0123456789abcdef0123456789abcdef";

double seconds_of(base::MonotonicTime from, base::MonotonicTime to) {
  return std::chrono::duration<double>(to - from).count();
}

std::string owner_of(std::uint64_t number) {
  return must(base::Name::parse(name_at(number, "", kZone))).owner_name();
}

// Of a process so far, both of its own and in the kernel for it.
double cpu_seconds(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  // proc(5): utime and stime are fields 14 and 15; the second one, in parentheses, may have blanks.
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// The lab of scripts/dns-lab with a TXT record for every name.
class Lab {
 public:
  explicit Lab(const fs::path& folder)
      : folder_(folder), server_(command(folder), folder.parent_path() / "lab.log") {
    while (server_.read_line().find("ready: port") == std::string::npos) {
    }
    std::ifstream file(folder / "lab.json");
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    const json::object lab = json::parse(text).as_object();
    port_ = lab.at("port").to_number<std::uint16_t>();
    for (const auto& address : lab.at("addresses").as_array()) addresses_.emplace_back(address.as_string());
  }
  std::uint16_t port() const { return port_; }
  const std::vector<std::string>& addresses() const { return addresses_; }
  const fs::path& folder() const { return folder_; }
  pid_t pid() const { return server_.pid(); }

 private:
  static std::vector<std::string> command(const fs::path& folder) {
    const fs::path records = folder.parent_path() / "records";
    std::ofstream file(records);
    const std::string& value = record_value();
    for (std::uint64_t i = 0; i < kNames; ++i) {
      file << fmt::format("{} 60 TXT \"{}\" \"{}\"\n", owner_of(i), value.substr(0, 255), value.substr(255));
    }
    return {PAYNAMED_DNS_LAB, "start", folder.string(), "--foreground", "--records", records.string()};
  }

  const fs::path folder_;
  Child server_;
  std::uint16_t port_ = 0;
  std::vector<std::string> addresses_;
};

// Questions a second of a client that does nothing with the answers.
double bare_questions(const Lab& lab) {
  asio::io_context io;
  udp::socket socket(io);
  socket.connect({asio::ip::make_address(lab.addresses().front()), lab.port()});
  base::SeededRandom random(1);
  std::vector<std::vector<std::uint8_t>> packets;
  for (std::size_t i = 0; i < kQuestions; ++i) {
    net::DnsQuestion question{owner_of(i), net::DnsType::kTxt, false};
    packets.push_back(must(net::encode_query(std::move(question), {}, random)).wire);
  }
  std::array<std::uint8_t, 4096> answer{};
  const base::SystemClock clock;
  const auto from = clock.monotonic();
  for (std::size_t sent = 0, received = 0; received < kQuestions;) {
    for (; sent < kQuestions && sent - received < kAtOnce; ++sent) socket.send(asio::buffer(packets[sent]));
    socket.receive(asio::buffer(answer));
    ++received;
  }
  return static_cast<double>(kQuestions) / seconds_of(from, clock.monotonic());
}

fs::path write_config(const Options& options, const Lab& lab, const fs::path& folder, std::uint16_t port) {
  const auto key_file = folder / "api.key";
  std::ofstream(key_file) << kKey << '\n';
  fs::permissions(key_file, fs::perms::owner_read | fs::perms::owner_write);
  std::string servers;
  for (const std::string& address : lab.addresses())
    servers += fmt::format("{}\"{}:{}\"", servers.empty() ? "" : ", ", address, lab.port());
  std::string stubs;
  for (const char* zone : {"test.", "example.test."})
    stubs += fmt::format("[[dns.stubs]]\nzone = \"{}\"\nservers = [{}]\n", zone, servers);
  const auto file = folder / "paynamed.toml";
  std::ofstream(file) << fmt::format(R"([daemon]
state = "state.sqlite3"
plugin_path = ["{}"]
[log]
level = "warn"
[api]
listen = "127.0.0.1:{}"
key = {{ file = "api.key" }}
[dns]
trust_anchor = "{}"
root_hints = [{}]
authoritative_port = {}
{}
[monitor]
interval = "{}"
second_look = "1s"
queries_per_second = 1000000
[domains."{}"]
dns = "zone"
test = true
[plugins.zone]
module = "rfc2136"
server = "127.0.0.1"
port = {}
tsig = {{ name = "paynamed.", algorithm = "hmac-sha256", secret = {{ file = "{}" }} }}
[plugins.node]
module = "sandbox"
key_file = "{}"
state_file = "{}"
)",
                                     options.modules.string(), port, (lab.folder() / "root.anchor").string(),
                                     servers, lab.port(), stubs, kInterval, kZone, lab.port(),
                                     (lab.folder() / "tsig.secret").string(),
                                     (folder / "sandbox.key").string(), (folder / "sandbox.nodes").string());
  return file;
}

struct Looks {
  double fine = 0;
  double wrong = 0;
  double unknown = 0;
};

Looks looks_of(HttpClient& client) {
  std::istringstream lines(client.get("/metrics").body);
  Looks looks;
  for (std::string line; std::getline(lines, line);) {
    for (const auto& [result, count] : {std::pair{"fine", &looks.fine}, std::pair{"wrong", &looks.wrong},
                                        std::pair{"unknown", &looks.unknown}}) {
      const std::string name = fmt::format("paynamed_monitor_looks_total{{result=\"{}\"}} ", result);
      if (line.starts_with(name)) *count = std::stod(line.substr(name.size()));
    }
  }
  return looks;
}

struct Measured {
  double first_pass_per_s = 0;  // each name's proof is stored
  std::vector<double> names_per_s;
  std::vector<double> bare_per_s;
  std::vector<double> daemon_us;  // of processor a look
  std::vector<double> server_us;
  Memory memory;
};

Measured measure(const Options& options, const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  fill_names((folder / "state.sqlite3").string(), kNames, kZone);
  const Lab lab(folder / "lab");
  Measured measured;
  for (int round = 0; round < options.rounds; ++round) measured.bare_per_s.push_back(bare_questions(lab));

  const std::uint16_t port = free_port();
  const auto config = write_config(options, lab, folder, port);
  const auto log = folder / "paynamed.log";
  const base::SystemClock clock;
  Child daemon({options.daemon.string(), "run", "--config", config.string()}, log);
  wait_until_ready(daemon, port, log);
  HttpClient client(port, kKey);
  const auto begun = clock.monotonic();
  for (;;) {
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    if (looks_of(client).fine >= static_cast<double>(kNames)) break;
    if (!daemon.running() || clock.monotonic() - begun > kFirstPass)
      throw std::runtime_error("the names were not all looked at; see " + log.string());
  }
  measured.first_pass_per_s = static_cast<double>(kNames) / seconds_of(begun, clock.monotonic());
  for (int round = 0; round < options.rounds; ++round) {
    const double daemon_cpu = cpu_seconds(daemon.pid());
    const double server_cpu = cpu_seconds(lab.pid());
    const auto from = clock.monotonic();
    const Looks before = looks_of(client);
    std::this_thread::sleep_for(kWindow);
    const Looks after = looks_of(client);
    if (after.wrong > before.wrong)
      throw std::runtime_error("a look found a name wrong; see " + log.string());
    const double looks = after.fine - before.fine;
    measured.names_per_s.push_back(looks / seconds_of(from, clock.monotonic()));
    measured.daemon_us.push_back((cpu_seconds(daemon.pid()) - daemon_cpu) / looks * 1e6);
    measured.server_us.push_back((cpu_seconds(lab.pid()) - server_cpu) / looks * 1e6);
  }
  measured.memory = memory_of(daemon.pid());
  return measured;
}

}  // namespace

void bench_monitor(const Options& options) {
  if (options.daemon.empty()) throw std::runtime_error("monitor needs --daemon and --modules");
  const auto where = machine(options.folder);
  const Measured measured = measure(options, fs::absolute(options.folder) / "monitor");
  const double rate = median(measured.names_per_s);
  const std::vector<Target> targets{
      {"live names looked at, each with its proof, a second", rate, 2'000, false}};
  if (!options.json) {
    fmt::print("{}{:>12.0f} names/s  ({:.0f} while their proofs were stored; {} names)\n",
               machine_text(where), rate, measured.first_pass_per_s, kNames);
    fmt::print("{:>12.0f} bare questions/s to the same server: {:.3f} x\n", median(measured.bare_per_s),
               rate / median(measured.bare_per_s));
    fmt::print("{:>12.0f} us of processor a look in paynamed, {:.0f} us in the server; {:.0f} MB\n{}",
               median(measured.daemon_us), median(measured.server_us), measured.memory.resident_mb,
               targets_text(targets));
    return;
  }
  json::object report;
  report["benchmark"] = "monitor";
  report["machine"] = where;
  report["rounds"] = options.rounds;
  report["names"] = kNames;
  report["names_per_s"] = rounded(rate);
  report["first_pass_names_per_s"] = rounded(measured.first_pass_per_s);
  report["bare_questions_per_s"] = rounded(median(measured.bare_per_s));
  report["ratio_bare"] = rounded(rate / median(measured.bare_per_s));
  report["daemon_cpu_us"] = rounded(median(measured.daemon_us));
  report["server_cpu_us"] = rounded(median(measured.server_us));
  report["rss_mb"] = rounded(measured.memory.resident_mb);
  report["targets"] = targets_json(targets);
  fmt::print("{}\n", json::serialize(report));
}

}  // namespace paynamed::bench
