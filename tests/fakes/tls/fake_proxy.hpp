// FakeProxy: an HTTP proxy in the test's own process: tunnels by CONNECT, and requests in absolute form. It
// is strict: anything else gets 400 and is counted. It finds no names: every host leads to one address.
//
// Threads: two a connection; every public function may be called from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace paynamed::fakes {

struct FakeProxyOptions {
  std::string address = "127.0.0.1";  // where every host is
  std::string answer;                 // instead of connecting: these bytes, then the connection closes
  bool hang = false;                  // takes the request and says nothing
};

class FakeProxy {
 public:
  // Listens on a port of 127.0.0.1 that the system chooses. Throws std::runtime_error when it cannot.
  explicit FakeProxy(FakeProxyOptions options = {});
  ~FakeProxy();
  FakeProxy(const FakeProxy&) = delete;
  FakeProxy& operator=(const FakeProxy&) = delete;

  std::uint16_t port() const;
  // The first lines of what was asked for: "CONNECT hook.example:443 HTTP/1.1".
  std::vector<std::string> requests() const;
  int malformed_requests() const;

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace paynamed::fakes
