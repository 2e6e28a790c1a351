// PdnsFront: what an operator puts before PowerDNS's API: a proxy with TLS. It loses answers, refuses and
// delays requests when the test says so.
//
// Threads: every public function may be called from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "tests/fakes/daemon/http_client.hpp"
#include "tests/fakes/tls/fake_https_server.hpp"

namespace paynamed::dns_providers {

class PdnsFront {
 public:
  explicit PdnsFront(std::uint16_t api_port);

  std::uint16_t port() const { return server_.port(); }
  const fakes::TlsAuthority& authority() const { return authority_; }

  // The next PATCH is carried out, and the connection ends instead of its answer.
  void lose_next_write_reply() { loses_ = true; }
  // The next PATCH is carried out, and its answer waits for `work`.
  void after_next_write(std::function<void()> work);
  void throttle_next(int requests) { throttled_ = requests; }
  void delay_writes(std::chrono::milliseconds time) { delay_ = time; }

 private:
  fakes::FakeHttpReply pass_on(const fakes::FakeHttpRequest& request);
  void run_after_write();

  fakes::HttpClient api_;
  fakes::TlsAuthority authority_;
  std::mutex mutex_;  // of what comes after the next write
  std::function<void()> after_next_write_;
  std::atomic<bool> loses_ = false;
  std::atomic<int> throttled_ = 0;
  std::atomic<std::chrono::milliseconds> delay_{std::chrono::milliseconds(0)};
  fakes::FakeHttpsServer server_;
};

}  // namespace paynamed::dns_providers
