#include "tests/bench/daemon_probe.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <thread>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "tests/bench/child.hpp"
#include "tests/bench/names_file.hpp"
#include "tests/bench/report.hpp"

namespace paynamed::bench {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::string_view kKey = "bench-0123456789abcdef0123456789abcdef";
constexpr base::Duration kPatience{30'000};

double ms_between(base::MonotonicTime from, base::MonotonicTime to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

std::uint16_t free_port() {
  asio::io_context io;
  tcp::acceptor acceptor(io, tcp::endpoint{asio::ip::address_v4::loopback(), 0});
  return acceptor.local_endpoint().port();
}

std::filesystem::path write_config(const DaemonPaths& paths, const std::filesystem::path& state,
                                   std::uint16_t port) {
  std::ofstream(paths.folder / "api.key") << kKey << '\n';
  std::filesystem::permissions(paths.folder / "api.key",
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::ofstream(paths.folder / "tsig.secret") << "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n";
  std::filesystem::permissions(paths.folder / "tsig.secret",
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto file = paths.folder / "paynamed.toml";
  std::ofstream(file) << fmt::format(R"([daemon]
state = "{}"
plugin_path = ["{}"]
[log]
level = "warn"
[api]
listen = "127.0.0.1:{}"
key = {{ file = "api.key" }}
[domains."example.com"]
dns = "zone"
test = true
[plugins.zone]
module = "rfc2136"
server = "127.0.0.1"
tsig = {{ name = "bench.", algorithm = "hmac-sha256", secret = {{ file = "tsig.secret" }} }}
[plugins.node]
module = "sandbox"
key_file = "sandbox.key"
state_file = "sandbox.nodes"
)",
                                     state.string(), paths.modules.string(), port);
  return file;
}

// One HTTP/1.1 connection that is kept open.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(io_) {
    socket_.connect({asio::ip::address_v4::loopback(), port});
    socket_.set_option(tcp::no_delay{true});
  }
  // The status of the answer; its body is read and dropped.
  int get(const std::string& path) {
    asio::write(socket_, asio::buffer(fmt::format("GET {} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}"
                                                  "\r\n\r\n",
                                                  path, kKey)));
    const std::size_t head = asio::read_until(socket_, asio::dynamic_buffer(bytes_), "\r\n\r\n");
    const std::string_view text{bytes_.data(), head};
    int status = 0;
    std::from_chars(text.data() + 9, text.data() + text.size(), status);
    std::size_t body = 0;
    const auto at = text.find("Content-Length: ");
    if (at != std::string_view::npos) {
      std::from_chars(text.data() + at + 16, text.data() + text.size(), body);
    }
    if (bytes_.size() < head + body) {
      asio::read(socket_, asio::dynamic_buffer(bytes_), asio::transfer_exactly(head + body - bytes_.size()));
    }
    bytes_.erase(0, head + body);
    return status;
  }

 private:
  asio::io_context io_;
  tcp::socket socket_;
  std::string bytes_;
};

bool is_ready(std::uint16_t port) {
  try {
    return Client{port}.get("/readyz") == 200;
  } catch (const boost::system::system_error&) {
    return false;  // it does not listen yet
  }
}

}  // namespace

DaemonResult probe_daemon(const DaemonPaths& paths, const std::filesystem::path& state, std::uint64_t names,
                          std::size_t lookups) {
  const base::SystemClock clock;
  std::filesystem::create_directories(paths.folder);
  const std::uint16_t port = free_port();
  const auto config = write_config(paths, state, port);
  const auto log = paths.folder / "paynamed.log";

  const auto begin = clock.monotonic();
  Child child({paths.daemon.string(), "run", "--config", config.string()}, log);
  while (!is_ready(port)) {
    if (!child.running() || clock.monotonic() - begin > kPatience) {
      throw std::runtime_error("paynamed did not become ready; see " + log.string());
    }
    // Seldom enough to leave the daemon its core.
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  DaemonResult result;
  result.ready_ms = ms_between(begin, clock.monotonic());
  result.memory = memory_of(child.pid());

  Client client(port);
  base::SeededRandom random(1);
  std::vector<std::string> paths_asked;
  for (std::size_t i = 0; i < lookups; ++i)
    paths_asked.push_back("/v1/names/" + name_at(random.below(names)));
  for (double* pass : {&result.first_lookup_ms, &result.lookup_ms}) {
    std::vector<double> spent;
    for (const std::string& path : paths_asked) {
      const auto from = clock.monotonic();
      const int status = client.get(path);
      spent.push_back(ms_between(from, clock.monotonic()));
      if (status != 200) throw std::runtime_error(fmt::format("GET {} answered {}", path, status));
    }
    *pass = median(std::move(spent));
  }
  result.memory_after = memory_of(child.pid());
  return result;
}

}  // namespace paynamed::bench
