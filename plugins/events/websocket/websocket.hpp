// WebSocket: the EventServer of RFC 6455. README.md describes the protocol.
//
// Threads: on the strand; connections live on threads of their own.
#pragma once

#include <memory>

#include "paynamed/event_server.hpp"
#include "server.hpp"

namespace paynamed::websocket {

class WebSocket final : public EventServer {
 public:
  WebSocket(Host host, const Config& config);

  void start(StartServerRequest request, Reply<StartServerReply> reply) override;
  void drain(DrainServerRequest request, Reply<DrainServerReply> reply) override;
  void status(ServerStatusRequest request, Reply<ServerStatusReply> reply) override;
  void stop(std::function<void()> done) override;

 private:
  const std::shared_ptr<Server> server_;
};

}  // namespace paynamed::websocket
