#include "connect.hpp"

#include "grpc_calls.hpp"
#include "json_calls.hpp"
#include "rest.hpp"
#include "unix_socket.hpp"

namespace paynamed::cln {
namespace {

std::unique_ptr<JsonTransport> json_transport(const Host& host, const Settings& settings) {
  if (settings.transport == Settings::Transport::kSocket) {
    return std::make_unique<UnixSocket>(host, settings.socket, settings.timeout);
  }
  return std::make_unique<Rest>(
      host, Rest::Settings{settings.url, *settings.rune, settings.ca, settings.ca_secret, settings.timeout});
}

}  // namespace

std::unique_ptr<NodeCalls> connect(const Host& host, const Settings& settings) {
  if (settings.transport == Settings::Transport::kGrpc) {
    return std::make_unique<GrpcCalls>(
        host,
        GrpcSettings{settings.address,
                     settings.server_name,
                     {settings.ca, settings.ca_secret},
                     {settings.client_certificate, settings.certificate_secret},
                     *settings.client_key,
                     settings.lookup},
        settings.timeout);
  }
  return std::make_unique<JsonCalls>(json_transport(host, settings));
}

}  // namespace paynamed::cln
