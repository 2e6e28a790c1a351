#include "tests/fakes/tls/fake_tls_server.hpp"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <list>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace paynamed::fakes {
namespace {

void require(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string{"the fake TLS server cannot "} + what);
}

// Takes `wanted` from the client's list or refuses the handshake (RFC 7301 section 3.2).
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                    unsigned offered_size, void* wanted_text) {
  const auto& wanted = *static_cast<const std::string*>(wanted_text);
  for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
    const std::string_view each{reinterpret_cast<const char*>(offered) + at + 1, offered[at]};
    if (each != wanted) continue;
    *out = offered + at + 1;
    *size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Bytes that the kernel keeps for whoever has the socket from `from` to `to`, which nobody has read yet.
unsigned long received_by(const sockaddr_in& from, const sockaddr_in& to) {
  const auto shown = [](const sockaddr_in& each) {
    char text[24];
    std::snprintf(text, sizeof text, "%08X:%04X", each.sin_addr.s_addr, ntohs(each.sin_port));
    return std::string(text);
  };
  std::ifstream table("/proc/net/tcp");
  std::string line;
  while (std::getline(table, line)) {
    std::istringstream in(line);
    std::string number, local, remote, state, queues;
    in >> number >> local >> remote >> state >> queues;
    if (local != shown(from) || remote != shown(to)) continue;
    return std::stoul(queues.substr(queues.find(':') + 1), nullptr, 16);
  }
  return 0;
}

class Session final : public TlsSession {
 public:
  Session(int socket, SSL* tls, int number) : socket_(socket), tls_(tls), number_(number) {}

  std::optional<std::string> read() override {
    char block[16384];
    const int got = tls_ ? SSL_read(tls_, block, sizeof block)
                         : static_cast<int>(::recv(socket_, block, sizeof block, 0));
    if (got <= 0) return std::nullopt;
    return std::string{block, static_cast<std::size_t>(got)};
  }
  bool write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const int wanted = static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20));
      const int sent = tls_ ? SSL_write(tls_, bytes.data(), wanted)
                            : static_cast<int>(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  bool all_read() const override {
    int unacknowledged = 0;
    require(::ioctl(socket_, SIOCOUTQ, &unacknowledged) == 0, "ask for what is on its way");
    sockaddr_in own{}, peer{};
    socklen_t size = sizeof own;
    require(::getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &size) == 0, "find its address");
    // A client that has gone reads nothing more.
    if (::getpeername(socket_, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return true;
    if (unacknowledged != 0) return false;
    return received_by(peer, own) == 0;
  }
  bool write_at_once(const std::vector<std::string>& parts) override {
    // Held back by the kernel until it is told otherwise (tcp(7), TCP_CORK).
    const auto cork = [this](int on) {
      return setsockopt(socket_, IPPROTO_TCP, TCP_CORK, &on, sizeof on) == 0;
    };
    bool fine = cork(1);
    for (const auto& each : parts) fine = fine && write(each);
    return cork(0) && fine;
  }
  void wait_for_end() override {
    while (read()) {
    }
  }
  int number() const override { return number_; }
  std::string server_name() const override {
    const char* const name = tls_ ? SSL_get_servername(tls_, TLSEXT_NAMETYPE_host_name) : nullptr;
    return name ? name : "";
  }

 private:
  int socket_;
  SSL* tls_;
  int number_;
};

}  // namespace

class FakeTlsServer::Server {
 public:
  Server(const TlsIdentity& identity, Serve serve, FakeTlsOptions options)
      : serve_(std::move(serve)), options_(std::move(options)), context_(SSL_CTX_new(TLS_server_method())) {
    require(context_ != nullptr, "make a context");
    if (options_.tls) use(identity);
    if (options_.most_version != 0) {
      SSL_CTX_set_min_proto_version(context_, 0);
      SSL_CTX_set_max_proto_version(context_, options_.most_version);
      SSL_CTX_set_cipher_list(context_, "DEFAULT@SECLEVEL=0");
    }
    if (!options_.protocol.empty()) SSL_CTX_set_alpn_select_cb(context_, choose_protocol, &options_.protocol);
    listen();
    thread_ = std::thread{[this] { accept(); }};
  }
  ~Server() {
    stopping_ = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t ignored = ::write(wake_, &one, sizeof one);
    thread_.join();
    {
      const std::lock_guard lock(mutex_);
      for (auto& each : open_) {
        if (each.socket >= 0) ::shutdown(each.socket, SHUT_RDWR);
      }
    }
    for (auto& each : open_) each.thread.join();
    ::close(listener_);
    ::close(wake_);
    SSL_CTX_free(context_);
  }

  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> handshakes_{0};

 private:
  struct Open {
    int socket = -1;  // guarded by mutex_
    std::thread thread;
  };

  void use(const TlsIdentity& identity) {
    BIO* certificate =
        BIO_new_mem_buf(identity.certificate.data(), static_cast<int>(identity.certificate.size()));
    BIO* key = BIO_new_mem_buf(identity.key.data(), static_cast<int>(identity.key.size()));
    X509* const leaf = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
    EVP_PKEY* const secret = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
    const bool fine = leaf && secret && SSL_CTX_use_certificate(context_, leaf) == 1 &&
                      SSL_CTX_use_PrivateKey(context_, secret) == 1;
    X509_free(leaf);
    EVP_PKEY_free(secret);
    BIO_free(certificate);
    BIO_free(key);
    require(fine, "use its certificate");
  }

  void listen() {
    const bool v6 = options_.address.find(':') != std::string::npos;
    sockaddr_storage storage{};
    socklen_t size = 0;
    if (v6) {
      auto* address = reinterpret_cast<sockaddr_in6*>(&storage);
      address->sin6_family = AF_INET6;
      address->sin6_port = htons(options_.port);
      require(inet_pton(AF_INET6, options_.address.c_str(), &address->sin6_addr) == 1, "read its address");
      size = sizeof(sockaddr_in6);
    } else {
      auto* address = reinterpret_cast<sockaddr_in*>(&storage);
      address->sin_family = AF_INET;
      address->sin_port = htons(options_.port);
      require(inet_pton(AF_INET, options_.address.c_str(), &address->sin_addr) == 1, "read its address");
      size = sizeof(sockaddr_in);
    }
    listener_ = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    wake_ = eventfd(0, EFD_CLOEXEC);
    require(listener_ >= 0 && wake_ >= 0, "make sockets");
    require(::bind(listener_, reinterpret_cast<sockaddr*>(&storage), size) == 0, "bind");
    require(::listen(listener_, 64) == 0, "listen");
    require(::getsockname(listener_, reinterpret_cast<sockaddr*>(&storage), &size) == 0, "find its port");
    port_ = ntohs(v6 ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
                     : reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
  }

  void accept() {
    while (!stopping_) {
      pollfd watched[2] = {{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
      ::poll(watched, 2, -1);
      if (stopping_ || !(watched[0].revents & POLLIN)) continue;
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      const std::lock_guard lock(mutex_);
      Open& open = open_.emplace_back();
      open.socket = socket;
      const int number = ++connections_;
      open.thread = std::thread{[this, &open, socket, number] { run(open, socket, number); }};
    }
  }

  void run(Open& open, int socket, int number) {
    // OpenSSL writes without MSG_NOSIGNAL.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    SSL* tls = nullptr;
    bool fine = !options_.tls;
    if (options_.hang_in_handshake) {
      Session{socket, nullptr, number}.wait_for_end();
      fine = false;
    } else if (options_.tls) {
      tls = SSL_new(context_);
      SSL_set_fd(tls, socket);
      fine = SSL_accept(tls) == 1;
    }
    if (fine) {
      ++handshakes_;
      Session session{socket, tls, number};
      serve_(session);
    }
    if (tls) {
      if (fine) SSL_shutdown(tls);
      SSL_free(tls);
    }
    const std::lock_guard lock(mutex_);
    open.socket = -1;
    ::close(socket);
  }

  Serve serve_;
  FakeTlsOptions options_;
  SSL_CTX* context_;
  int listener_ = -1;
  int wake_ = -1;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::list<Open> open_;  // guarded by mutex_
  std::thread thread_;
};

FakeTlsServer::FakeTlsServer(const TlsIdentity& identity, Serve serve, FakeTlsOptions options)
    : server_(std::make_unique<Server>(identity, std::move(serve), std::move(options))) {}
FakeTlsServer::~FakeTlsServer() = default;

std::uint16_t FakeTlsServer::port() const {
  return server_->port_;
}
int FakeTlsServer::connections() const {
  return server_->connections_;
}
int FakeTlsServer::handshakes() const {
  return server_->handshakes_;
}

}  // namespace paynamed::fakes
