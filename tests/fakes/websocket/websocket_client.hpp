// WebSocketClient: a client of RFC 6455 on a socket of its own. It knows as little as it can, so that it can
// also say what no client should, and nothing of the server's code.
//
// Threads: one thread at a time.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paynamed::fakes {

struct Frame {
  unsigned opcode = 0;  // 1 text, 8 close, 9 ping, 10 pong
  bool fin = true;
  bool masked = false;
  std::string payload;

  // Of a close frame; 1005 when it has none.
  unsigned close_code() const;
  std::string close_reason() const;
};

class WebSocketClient {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  using Wait = std::chrono::milliseconds;
  static constexpr Wait kMost{20'000};

  // Connects; with `tls` it trusts whatever certificate there is. Throws std::runtime_error when nobody
  // listens.
  explicit WebSocketClient(std::uint16_t port, bool tls = false);
  ~WebSocketClient();
  WebSocketClient(WebSocketClient&&) noexcept;
  WebSocketClient& operator=(WebSocketClient&&) noexcept;

  // Asks for the upgrade; the status of the answer, whose text is answer(). 0 when the server closed instead.
  int open(const Headers& headers = {}, const std::string& target = "/v1/events");
  const std::string& answer() const;
  // That the server showed, as PEM; with `tls` only.
  std::string certificate() const;

  // A masked text frame.
  void send(std::string_view text);
  void send_frame(unsigned first_byte, std::string_view payload);
  // Bytes as they are.
  void send_raw(std::string_view bytes);

  // The next frame; nothing when none came in time. Throws std::runtime_error when the connection has ended.
  std::optional<Frame> read(Wait most = kMost);
  // The next text message as JSON; pings are answered meanwhile. Throws when a close frame or nothing came.
  boost::json::object read_json(Wait most = kMost);
  // Reads until a close frame, whatever comes before; 0 when the connection ended without, -1 in time.
  int read_close(Wait most = kMost);
  std::string last_reason() const;
  // Whether the server ends the connection in time.
  bool ends(Wait most = kMost);
  // The same, with all that it said before.
  bool ends_with_answer(std::string& answer, Wait most = kMost);
  // What the kernel gives the receiver, before it says that it has room for more.
  void shrink_receive_buffer(int bytes);
  void cut();  // closes the socket without a word

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

// A frame as a client sends it.
std::string masked_frame(unsigned first_byte, std::string_view payload);

}  // namespace paynamed::fakes
