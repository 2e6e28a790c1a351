// FakeTlsServer: a TLS server in the test's own process; the test says what is done on each connection. It is
// as strict as a real one about TLS: 1.2 at least, SNI noted, ALPN answered.
//
// Threads: each connection is served on a thread of its own; every public function may be called from any
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fakes/tls/tls_authority.hpp"

namespace paynamed::fakes {

// A connection, after the handshake.
class TlsSession {
 public:
  virtual ~TlsSession() = default;
  // Some bytes; nothing when the client has closed or the server ends.
  virtual std::optional<std::string> read() = 0;
  // False when they cannot be sent.
  virtual bool write(std::string_view bytes) = 0;
  // The client has read from its socket all that was written. For plain connections over IPv4.
  virtual bool all_read() const = 0;
  // Each part in a TLS record of its own, and all of them in one send. At most 16 KiB together.
  virtual bool write_at_once(const std::vector<std::string>& parts) = 0;
  // Returns when the client closes or the server ends. What still comes is thrown away.
  virtual void wait_for_end() = 0;
  // 1 for the first connection of this server.
  virtual int number() const = 0;
  // The name that the client asked for; empty for none.
  virtual std::string server_name() const = 0;
};

struct FakeTlsOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;          // 0: the system chooses; throws when another has it at this address
  std::string protocol;            // the only one taken when the client offers some by ALPN; empty: none is
  bool tls = true;                 // false: plain TCP
  int most_version = 0;            // for example TLS1_1_VERSION; 0: the newest
  bool hang_in_handshake = false;  // takes the connection and says nothing
};

class FakeTlsServer {
 public:
  // Returning from it closes the connection.
  using Serve = std::function<void(TlsSession&)>;

  // Throws std::runtime_error when it cannot listen.
  FakeTlsServer(const TlsIdentity& identity, Serve serve, FakeTlsOptions options = {});
  ~FakeTlsServer();

  std::uint16_t port() const;
  // Connections taken, and those of them whose handshake was completed.
  int connections() const;
  int handshakes() const;

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace paynamed::fakes
