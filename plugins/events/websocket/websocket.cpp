#include "websocket.hpp"

#include <utility>

#include "config_schema.hpp"

namespace paynamed::websocket {

WebSocket::WebSocket(Host host, const Config& config)
    : server_(std::make_shared<Server>(std::move(host), read_settings(config))) {}

void WebSocket::start(StartServerRequest /*request*/, Reply<StartServerReply> reply) {
  server_->start();
  StartServerReply started;
  for (std::string& address : server_->addresses()) started.add_addresses(std::move(address));
  reply.ok(started);
}

void WebSocket::drain(DrainServerRequest request, Reply<DrainServerReply> reply) {
  const auto waiting = std::make_shared<Reply<DrainServerReply>>(std::move(reply));
  server_->drain(std::chrono::milliseconds(request.within_ms()), [waiting](std::uint64_t cut) {
    DrainServerReply drained;
    drained.set_cut(cut);
    waiting->ok(drained);
  });
}

void WebSocket::status(ServerStatusRequest /*request*/, Reply<ServerStatusReply> reply) {
  ServerStatusReply now;
  for (std::string& address : server_->addresses()) now.add_addresses(std::move(address));
  now.set_connections(server_->connections());
  now.set_subscriptions(server_->subscriptions());
  now.set_draining(server_->draining());
  reply.ok(now);
}

void WebSocket::stop(std::function<void()> done) {
  server_->stop(std::move(done));
}

}  // namespace paynamed::websocket

PAYNAMED_MODULE(paynamed::websocket::WebSocket, "websocket", "1.0.0", paynamed::websocket::kConfigSchema)
