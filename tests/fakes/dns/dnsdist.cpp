#include "tests/fakes/dns/dnsdist.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace paynamed::fakes {
namespace {

constexpr int kTries = 5;

void write_private(const std::filesystem::path& file, const std::string& text) {
  std::ofstream stream{file};
  stream << text;
  if (!stream.flush()) throw std::runtime_error("cannot write " + file.string());
}

// Ports that are free now, each of them another. Somebody may take one before dnsdist does; then it is tried
// again.
std::vector<std::uint16_t> free_ports(std::size_t count) {
  std::vector<int> held;
  std::vector<std::uint16_t> ports;
  for (std::size_t i = 0; i < count; ++i) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    held.push_back(socket);
    if (::bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no free port for dnsdist");
    }
    ports.push_back(ntohs(address.sin_port));
  }
  for (const int socket : held) ::close(socket);
  return ports;
}

}  // namespace

Dnsdist::Dnsdist(const std::string& server, const TlsIdentity& identity) {
  std::string pattern = (std::filesystem::temp_directory_path() / "paynamed-dnsdist-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed for " + pattern);
  folder_ = pattern;
  write_private(folder_ / "server.crt", identity.certificate);
  write_private(folder_ / "server.key", identity.key);
  for (int i = 0; i < kTries; ++i) {
    if (start(server)) return;
  }
  const std::string said = child_->output() + child_->errors();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
  throw std::runtime_error("dnsdist did not start (is it installed? scripts/setup does): " + said);
}

Dnsdist::~Dnsdist() {
  child_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool Dnsdist::start(const std::string& server) {
  const auto ports = free_ports(3);
  plain_port_ = ports[0];
  tls_port_ = ports[1];
  https_port_ = ports[2];
  // It asks nobody on the Internet (the security poll is off) and takes the server for alive.
  write_private(folder_ / "dnsdist.conf",
                fmt::format(R"(setSecurityPollSuffix("")
setACL({{"127.0.0.0/8"}})
setLocal("127.0.0.1:{0}")
addTLSLocal("127.0.0.1:{1}", "{4}/server.crt", "{4}/server.key", {{minTLSVersion="tls1.2"}})
addDOHLocal("127.0.0.1:{2}", "{4}/server.crt", "{4}/server.key", {{"/dns-query"}}, {{minTLSVersion="tls1.2"}})
local server = newServer({{address="{3}", name="lab"}})
server:setUp()
)",
                            plain_port_, tls_port_, https_port_, server, folder_.string()));
  child_.reset();
  child_ = std::make_unique<Child>(std::vector<std::string>{"dnsdist", "--supervised", "--disable-syslog",
                                                            "-C", (folder_ / "dnsdist.conf").string()});
  // Its last word before it serves.
  return child_->wait_for_text({"Console ACL allowing connections"}, std::chrono::seconds{20}) &&
         !child_->wait(std::chrono::milliseconds{100});
}

}  // namespace paynamed::fakes
