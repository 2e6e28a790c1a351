// A receiver of webhooks over HTTP/1.1 on loopback, which takes everything at once.
//
// Threads: it has one of its own; port() may be called from any.
#pragma once

#include <cstdint>
#include <memory>

namespace paynamed::bench {

class WebhookSink {
 public:
  // On a port that the system gives. Throws when there is none.
  WebhookSink();
  ~WebhookSink();
  std::uint16_t port() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace paynamed::bench
