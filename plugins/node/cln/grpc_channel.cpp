#include "grpc_channel.hpp"

#include <grpc/support/log.h>
#include <grpc/support/time.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "mutual_tls.hpp"
#include "pem_file.hpp"

namespace paynamed::cln {
namespace {

// listoffers and listinvoices have no pages in what we ask; gRPC's own limit is 4 MB.
constexpr int kMostAnswer = 64 << 20;
// A call is over in a minute at most; this finds a dead connection within a long one. A server of gRPC's own
// takes two pings without data for granted and hangs up at more, and that is how many are sent.
constexpr int kKeepaliveMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kMostPings = 2;
// Kept of the time for finding out why there is no connection.
constexpr std::chrono::milliseconds kMostDiagnosis{3'000};
constexpr int kPartForDiagnosis = 4;

// gRPC writes to the standard error what every call is told as well, and its traces may show requests. Only
// why it ends the process is worth a line.
void log_little(gpr_log_func_args* line) {
  if (std::string_view(line->message).starts_with("assertion failed")) {
    std::fprintf(stderr, "gRPC: %s\n", line->message);
  }
}

grpc::ChannelArguments arguments_for(const std::string& server_name) {
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride(server_name);
  arguments.SetMaxReceiveMessageSize(kMostAnswer);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, kMostPings);
  // Its own connection, not one that another channel of this process made with older certificates.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Nothing but the address decides where it goes.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  return arguments;
}

grpc::SslCredentialsOptions credentials_of(const MutualTls& tls) {
  return {tls.authority(), std::string(tls.key().reveal()), tls.certificate()};
}

}  // namespace

gpr_timespec grpc_deadline(std::chrono::milliseconds from_now) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(from_now.count(), GPR_TIMESPAN));
}

GrpcChannel::Connection::Connection(const GrpcSettings& settings, const MutualTls& tls)
    : channel_(grpc::CreateCustomChannel("dns:///" + settings.address,
                                         grpc::SslCredentials(credentials_of(tls)),
                                         arguments_for(settings.server_name))),
      stub_(::cln::Node::NewStub(channel_)) {}

bool GrpcChannel::Connection::is_ready() const {
  return channel_->GetState(false) == GRPC_CHANNEL_READY;
}

bool GrpcChannel::Connection::become_ready(gpr_timespec until) const {
  auto state = channel_->GetState(true);
  while (state != GRPC_CHANNEL_READY) {
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE || state == GRPC_CHANNEL_SHUTDOWN) return false;
    if (!channel_->WaitForStateChange(state, until)) return false;
    state = channel_->GetState(true);
  }
  return true;
}

GrpcChannel::GrpcChannel(GrpcSettings settings) : settings_(std::move(settings)) {
  gpr_set_log_function(log_little);
}

class GrpcChannel::Turn {
 public:
  explicit Turn(GrpcChannel& of) : of_(of) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    {
      const std::lock_guard lock(of_.mutex_);
      of_.connecting_ = false;
    }
    of_.connected_.notify_all();
  }

 private:
  GrpcChannel& of_;
};

std::shared_ptr<GrpcChannel::Connection> GrpcChannel::connected(std::chrono::milliseconds most) {
  const auto kept_back = std::min(most / kPartForDiagnosis, kMostDiagnosis);
  const auto until = grpc_deadline(most - kept_back);
  {
    std::unique_lock lock(mutex_);
    const auto latest = std::chrono::steady_clock::now() + (most - kept_back);
    if (!connected_.wait_until(lock, latest, [this] { return !connecting_; })) {
      throw Error(Code::kUnavailable,
                  "The node's gRPC port did not answer another call that connects to it; "
                  "see that lightningd runs, and that \"address\" is its grpc-host and grpc-port.");
    }
    if (connection_ && connection_->is_ready()) return connection_;
    connecting_ = true;
  }
  const Turn turn(*this);
  const MutualTls tls(read_pem(settings_.ca, "ca", "ca.pem"),
                      read_pem(settings_.certificate, "client_certificate", "client.pem"),
                      settings_.key.read_now());
  auto connection = std::make_shared<Connection>(settings_, tls);
  if (!connection->become_ready(until)) {
    throw tls.why_not(settings_.address, settings_.server_name, *settings_.lookup, kept_back);
  }
  const std::lock_guard lock(mutex_);
  connection_ = connection;
  return connection;
}

void GrpcChannel::drop(const std::shared_ptr<Connection>& connection) {
  const std::lock_guard lock(mutex_);
  if (connection_ == connection) connection_.reset();
}

}  // namespace paynamed::cln
