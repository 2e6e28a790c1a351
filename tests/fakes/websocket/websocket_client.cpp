#include "tests/fakes/websocket/websocket_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace paynamed::fakes {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("WebSocketClient: " + what);
}

void append_number(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 255);
}

std::uint64_t number_in(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

unsigned Frame::close_code() const {
  return payload.size() < 2 ? 1005 : static_cast<unsigned>(number_in(std::string_view(payload).substr(0, 2)));
}

std::string Frame::close_reason() const {
  return payload.size() < 2 ? "" : payload.substr(2);
}

std::string masked_frame(unsigned first_byte, std::string_view payload) {
  constexpr char kMask[] = {1, 2, 3, 4};
  std::string frame(1, static_cast<char>(first_byte));
  if (payload.size() < 126) {
    append_number(frame, 128 | payload.size(), 1);
  } else if (payload.size() < 65'536) {
    append_number(frame, 128 | 126, 1);
    append_number(frame, payload.size(), 2);
  } else {
    append_number(frame, 128 | 127, 1);
    append_number(frame, payload.size(), 8);
  }
  frame.append(kMask, 4);
  for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ kMask[i % 4]);
  return frame;
}

struct WebSocketClient::Connection {
  int socket = -1;
  SSL_CTX* context = nullptr;
  SSL* ssl = nullptr;
  std::string buffer;
  std::string answer;
  std::string reason;

  ~Connection() {
    if (ssl) SSL_free(ssl);
    if (context) SSL_CTX_free(context);
    if (socket >= 0) ::close(socket);
  }

  // False when nothing came in time; throws when the connection has ended.
  bool fill(Clock::time_point end) {
    if (!ssl || SSL_pending(ssl) == 0) {
      pollfd readable{socket, POLLIN, 0};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
      const int ready = ::poll(&readable, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
      if (ready == 0 || (ready < 0 && errno == EINTR)) return false;
    }
    char bytes[65'536];
    const auto size = ssl ? SSL_read(ssl, bytes, sizeof(bytes)) : ::recv(socket, bytes, sizeof(bytes), 0);
    if (size <= 0) fail("the server has closed the connection");
    buffer.append(bytes, static_cast<std::size_t>(size));
    return true;
  }

  std::optional<Frame> take() {
    if (buffer.size() < 2) return std::nullopt;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(buffer[at]); };
    std::size_t header = 2;
    std::uint64_t size = byte(1) & 127;
    const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (buffer.size() < header + more) return std::nullopt;
    if (more > 0) size = number_in(std::string_view(buffer).substr(2, more));
    header += more;
    if (buffer.size() < header + size) return std::nullopt;
    Frame frame;
    frame.opcode = byte(0) & 15;
    frame.fin = (byte(0) & 128) != 0;
    frame.masked = (byte(1) & 128) != 0;
    frame.payload = buffer.substr(header, size);
    buffer.erase(0, header + size);
    return frame;
  }
};

WebSocketClient::WebSocketClient(std::uint16_t port, bool tls) : connection_(std::make_unique<Connection>()) {
  connection_->socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(connection_->socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
    fail(std::string("cannot connect: ") + std::strerror(errno));
  const int on = 1;
  ::setsockopt(connection_->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (!tls) return;
  connection_->context = SSL_CTX_new(TLS_client_method());
  connection_->ssl = SSL_new(connection_->context);
  SSL_set_fd(connection_->ssl, connection_->socket);
  if (SSL_connect(connection_->ssl) != 1) fail("no TLS");
}

WebSocketClient::~WebSocketClient() = default;
WebSocketClient::WebSocketClient(WebSocketClient&&) noexcept = default;
WebSocketClient& WebSocketClient::operator=(WebSocketClient&&) noexcept = default;

int WebSocketClient::open(const Headers& headers, const std::string& target) {
  std::string request = "GET " + target +
                        " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
  send_raw(request + "\r\n");
  const auto end = Clock::now() + kMost;
  std::string& buffer = connection_->buffer;
  std::size_t head = buffer.npos;
  try {
    while ((head = buffer.find("\r\n\r\n")) == buffer.npos) {
      if (!connection_->fill(end)) return -1;
    }
  } catch (const std::runtime_error&) {
    return 0;
  }
  int status = 0;
  if (buffer.size() > 12) std::from_chars(buffer.data() + 9, buffer.data() + 12, status);
  if (status != 101) {
    try {
      while (connection_->fill(end)) {
      }
    } catch (const std::runtime_error&) {
      // That is its end.
    }
    connection_->answer = buffer;
    return status;
  }
  connection_->answer = buffer.substr(0, head + 4);
  buffer.erase(0, head + 4);
  // Of the key above (RFC 6455 section 1.3).
  if (connection_->answer.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string::npos)
    fail("a wrong accept key");
  return status;
}

const std::string& WebSocketClient::answer() const {
  return connection_->answer;
}

std::string WebSocketClient::certificate() const {
  X509* const shown = SSL_get1_peer_certificate(connection_->ssl);
  BIO* const memory = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(memory, shown);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(memory);
  X509_free(shown);
  return pem;
}

void WebSocketClient::send(std::string_view text) {
  send_frame(0x81, text);
}

void WebSocketClient::send_frame(unsigned first_byte, std::string_view payload) {
  send_raw(masked_frame(first_byte, payload));
}

void WebSocketClient::send_raw(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = connection_->ssl
                          ? SSL_write(connection_->ssl, bytes.data(), static_cast<int>(bytes.size()))
                          : ::send(connection_->socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) fail("the server takes nothing more");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::optional<Frame> WebSocketClient::read(Wait most) {
  const auto end = Clock::now() + most;
  for (;;) {
    if (auto frame = connection_->take()) return frame;
    if (!connection_->fill(end)) return std::nullopt;
  }
}

boost::json::object WebSocketClient::read_json(Wait most) {
  const auto end = Clock::now() + most;
  for (;;) {
    const auto frame = read(std::chrono::ceil<Wait>(end - Clock::now()));
    if (!frame) fail("nothing came in time");
    if (frame->masked || !frame->fin) fail("a frame that a server does not send");
    if (frame->opcode == 9) {
      send_frame(0x8a, frame->payload);
    } else if (frame->opcode == 8) {
      connection_->reason = frame->close_reason();
      fail("closed with " + std::to_string(frame->close_code()) + " " + frame->close_reason());
    } else if (frame->opcode == 1) {
      return boost::json::parse(frame->payload).as_object();
    }
  }
}

int WebSocketClient::read_close(Wait most) {
  const auto end = Clock::now() + most;
  try {
    for (;;) {
      const auto frame = read(std::chrono::ceil<Wait>(end - Clock::now()));
      if (!frame) return -1;
      if (frame->opcode != 8) continue;
      connection_->reason = frame->close_reason();
      return static_cast<int>(frame->close_code());
    }
  } catch (const std::runtime_error&) {
    return 0;
  }
}

std::string WebSocketClient::last_reason() const {
  return connection_->reason;
}

bool WebSocketClient::ends(Wait most) {
  const auto end = Clock::now() + most;
  try {
    while (connection_->fill(end)) {
    }
    return false;
  } catch (const std::runtime_error&) {
    return true;
  }
}

bool WebSocketClient::ends_with_answer(std::string& answer, Wait most) {
  const bool ended = ends(most);
  answer = connection_->buffer;
  return ended;
}

void WebSocketClient::shrink_receive_buffer(int bytes) {
  ::setsockopt(connection_->socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

void WebSocketClient::cut() {
  connection_ = std::make_unique<Connection>();
}

}  // namespace paynamed::fakes
