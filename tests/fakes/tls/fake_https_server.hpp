// FakeHttpsServer: an HTTP/1.1 server that answers what the test scripts, over TLS or plain. It is strict: a
// request that breaks RFC 9112 gets 400 and is counted.
//
// Threads: the script is called on the server's threads, one call at a time; every public function may be
// called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/tls/fake_tls_server.hpp"

namespace paynamed::fakes {

struct FakeHttpRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::string server_name;  // of TLS (SNI)
  int connection = 0;       // 1 for the first
  int number = 0;           // 1 for the first request of this server
};

struct FakeHttpReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  bool close_after = false;   // without saying so: the next request finds a dead connection
  bool close_before = false;  // no answer at all
  bool hang = false;          // no answer, and the connection stays
  std::string raw;            // instead of all above: these bytes, then the connection closes
  bool chunked = false;       // the body in chunks
};

class FakeHttpsServer {
 public:
  using Script = std::function<FakeHttpReply(const FakeHttpRequest&)>;

  FakeHttpsServer(const TlsIdentity& identity, Script script, FakeTlsOptions options = {});
  ~FakeHttpsServer();

  std::uint16_t port() const;
  std::vector<FakeHttpRequest> requests() const;
  int malformed_requests() const;
  int connections() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  FakeTlsServer server_;
};

}  // namespace paynamed::fakes
