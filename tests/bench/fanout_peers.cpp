#include "tests/bench/fanout_peers.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/random.hpp"
#include "events/served_event.hpp"
#include "tests/bench/machine.hpp"

namespace paynamed::bench {
namespace {

constexpr char kNginx[] = "/usr/sbin/nginx";
constexpr char kNchan[] = "/usr/lib/nginx/modules/ngx_nchan_module.so";

constexpr std::string_view kUpgrade =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

// utime and stime of a process (proc(5)), and of its children that live.
double cpu_of(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  double sum = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
  for (std::string child; children >> child;) sum += cpu_of(child);
  return sum;
}

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(socket);
    return -1;
  }
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return socket;
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

// What our server sends for the same event, so that both carry the same bytes.
std::string frame_text(std::uint64_t n) {
  static base::SystemRandom random;
  state::Event event;
  event.seq = n;
  event.type = "payment.received";
  event.subject = "alice@example.com";
  event.time = base::WallTime{base::Duration{1'700'000'000'000}};
  event.id = base::Uuid::v7(event.time, random);
  event.data = fanout_data(n);
  return R"({"subscription":1,"event":)" + events::to_event_json(event, "default", 1) + "}";
}

}  // namespace

std::string fanout_data(std::uint64_t n) {
  return fmt::format(
      R"({{"n":{},"t":{},"name":"alice@example.com","amount_msat":"21000000","method":"bolt12",)"
      R"("offer_id":"4b9a2f0c1d8e7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b","network":"bitcoin","livemode":true}})",
      n, monotonic_ns());
}

// ---- Ours ----

OurPeer::OurPeer(const Options& options, std::filesystem::path folder)
    : options_(options), folder_(std::move(folder)) {
  std::filesystem::remove_all(folder_);
  std::filesystem::create_directories(folder_);
  start();
}

void OurPeer::start() {
  child_ = std::make_unique<Child>(
      std::vector<std::string>{"/proc/self/exe", "events", "--folder", folder_.string(), "--modules",
                               options_.modules.string(), "--number", std::to_string(port_)},
      folder_ / "server.log");
  const std::string line = child_->read_line();
  std::from_chars(line.data(), line.data() + line.size(), port_);
}

FanoutClient::Wish OurPeer::wish() const {
  FanoutClient::Wish wish;
  wish.port = port_;
  wish.request = fmt::format(
      "GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer key\r\n{}\r\n", kUpgrade);
  wish.message = R"({"id":1,"subscribe":{}})";
  wish.answer = R"("subscribed")";
  return wish;
}

FanoutClient::Wish OurPeer::wish_after(std::uint64_t n) const {
  FanoutClient::Wish asked = wish();
  asked.message = fmt::format(R"({{"id":1,"subscribe":{{"position":"1-{}"}}}})", n);
  asked.answer = R"("recovered":true)";
  asked.seen = n;
  return asked;
}

void OurPeer::publish(std::uint64_t first, std::size_t count, double rate) {
  child_->write_line(fmt::format("{} {} {}", first, count, rate));
}

void OurPeer::await_published() {
  child_->read_line();
}

double OurPeer::cpu_seconds() const {
  return cpu_of(std::to_string(child_->pid()));
}

double OurPeer::resident_mb() const {
  return memory_of(child_->pid()).resident_mb;
}

// ---- nchan ----

struct NchanPeer::Publisher {
  explicit Publisher(int given) : socket(given) {}
  ~Publisher() {
    ::shutdown(socket, SHUT_RDWR);
    writer = {};
    reader = {};
    ::close(socket);
  }
  void read_answers(std::size_t count);

  const int socket;
  std::string failure;  // of the reader, when it has ended
  std::jthread writer;
  std::jthread reader;
};

// While requests are written, so that nginx never waits for us.
void NchanPeer::Publisher::read_answers(std::size_t count) {
  std::size_t seen = 0;
  std::string text;
  std::array<char, 65'536> bytes{};
  while (seen < count) {
    const ssize_t size = ::recv(socket, bytes.data(), bytes.size(), 0);
    if (size <= 0) {
      failure = "nginx ended the publisher's connection";
      return;
    }
    text.append(bytes.data(), static_cast<std::size_t>(size));
    constexpr std::string_view kStatus = "HTTP/1.1 ";
    std::size_t at = 0;
    for (std::size_t next = text.find(kStatus); next != text.npos && text.size() - next > kStatus.size();
         next = text.find(kStatus, at)) {
      if (text[next + kStatus.size()] != '2') failure = "nginx refused an event";
      ++seen;
      at = next + kStatus.size();
    }
    // What may be the begin of a status line.
    text.erase(0, std::max(at, text.size() - std::min(text.size(), kStatus.size())));
  }
}

NchanPeer::NchanPeer(std::filesystem::path folder, std::string channel)
    : channel_(std::move(channel)), port_(free_port()) {
  if (!std::filesystem::exists(kNginx) || !std::filesystem::exists(kNchan))
    throw std::runtime_error("nginx with nchan is not installed: run scripts/setup");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto config = folder / "nginx.conf";
  std::ofstream(config) << fmt::format(
      R"(load_module {0};
daemon off;
worker_processes 2;
pid {1}/nginx.pid;
error_log {1}/error.log warn;
worker_rlimit_nofile 20000;
events {{ worker_connections 15000; }}
http {{
  access_log off;
  client_body_temp_path {1}/body; proxy_temp_path {1}/proxy; fastcgi_temp_path {1}/fastcgi;
  uwsgi_temp_path {1}/uwsgi; scgi_temp_path {1}/scgi;
  keepalive_requests 1000000;
  tcp_nodelay on;
  nchan_shared_memory_size 256m;
  server {{
    listen 127.0.0.1:{2} reuseport;
    location = /pub {{ nchan_publisher; nchan_channel_id {3}; nchan_message_buffer_length 10000; nchan_message_timeout 10m; }}
    location = /sub {{ nchan_subscriber websocket; nchan_channel_id {3}; nchan_subscriber_first_message newest; }}
  }}
}}
)",
      kNchan, folder.string(), port_, channel_);
  master_ = std::make_unique<Child>(
      std::vector<std::string>{kNginx, "-p", folder.string(), "-c", config.string()}, folder / "nginx.log");
  int socket = -1;
  for (int i = 0; i < 500 && (socket = connect_to(port_)) < 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  if (socket < 0) throw std::runtime_error("nginx does not serve; see " + (folder / "error.log").string());
  publisher_ = std::make_unique<Publisher>(socket);
}

NchanPeer::~NchanPeer() = default;

FanoutClient::Wish NchanPeer::wish() const {
  FanoutClient::Wish wish;
  wish.port = port_;
  wish.request = fmt::format("GET /sub HTTP/1.1\r\nHost: localhost\r\n{}\r\n", kUpgrade);
  return wish;
}

// Requests one after the other on one connection, so that they stay in order; as fast as it can means that
// they do not wait for each other's answers (RFC 9112 section 9.3.2).
void NchanPeer::publish(std::uint64_t first, std::size_t count, double rate) {
  publisher_->reader =
      std::jthread([publisher = publisher_.get(), count] { publisher->read_answers(count); });
  publisher_->writer = std::jthread([this, first, count, rate] {
    const std::uint64_t begin = monotonic_ns();
    for (std::size_t i = 0; i < count; ++i) {
      if (rate > 0) {
        const auto due = begin + static_cast<std::uint64_t>(static_cast<double>(i) / rate * 1e9);
        const std::uint64_t now = monotonic_ns();
        if (due > now) std::this_thread::sleep_for(std::chrono::nanoseconds(due - now));
      }
      const std::string body = frame_text(first + i);
      const std::string request = fmt::format(
          "POST /pub HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
          "{}\r\n\r\n{}",
          body.size(), body);
      std::string_view left = request;
      while (!left.empty()) {
        const ssize_t sent = ::send(publisher_->socket, left.data(), left.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        left.remove_prefix(static_cast<std::size_t>(sent));
      }
    }
  });
}

void NchanPeer::await_published() {
  publisher_->writer.join();
  publisher_->reader.join();
  if (!publisher_->failure.empty()) throw std::runtime_error(publisher_->failure);
}

double NchanPeer::cpu_seconds() const {
  return cpu_of(std::to_string(master_->pid()));
}

}  // namespace paynamed::bench
