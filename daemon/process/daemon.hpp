// Daemon: all parts put together, started in order and stopped in the opposite one.
//
// Threads: start() and stop() are called once each, one after the other, on the io_context. The io_context
// outlives the daemon and must not run any more when the daemon is destroyed.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <memory>
#include <optional>
#include <string>

#include "api/server.hpp"
#include "base/broadcast.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "delivery/webhooks.hpp"
#include "domains/domains.hpp"
#include "events/event_feed.hpp"
#include "host/http_service.hpp"
#include "host/plugin_host.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "pipeline/live_runtime.hpp"
#include "pipeline/retirement.hpp"
#include "pipeline/runtime.hpp"
#include "pipeline/saga_engine.hpp"
#include "process/api_keys.hpp"
#include "process/current_dns.hpp"
#include "process/domain_moves.hpp"
#include "process/failed_instances.hpp"
#include "process/node_parts.hpp"
#include "process/payments_in.hpp"
#include "process/plugin_calls.hpp"
#include "process/proof_source.hpp"
#include "process/reload.hpp"
#include "process/watches.hpp"
#include "process/webhook_delivery.hpp"
#include "process/webhook_secrets.hpp"
#include "state/sqlite_store.hpp"

namespace paynamed::process {

// Why the daemon did not start.
struct StartFailure {
  int exit_code;
  base::Status status;
};

class Daemon {
 public:
  // `store_settings` but for the path and the limit, which the configuration has; the crash tests give a VFS.
  Daemon(boost::asio::io_context& io, std::shared_ptr<const pipeline::Runtime> runtime, base::Clock& clock,
         base::Random& random, observe::Log log, state::SqliteStore::Settings store_settings = {});
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Nothing when the daemon serves. After a failure call stop() all the same.
  boost::asio::awaitable<std::optional<StartFailure>> start();
  // Finishes what is running or leaves it where a restart takes it up, within the configured deadline. True
  // when all parts ended; otherwise plugin code may still run and the process must end by std::_Exit.
  boost::asio::awaitable<bool> stop();
  // Takes up the configuration file as it is by now, or goes on as before; the log says which. Only between
  // start() and stop().
  boost::asio::awaitable<void> reload();

  std::string api_address() const { return server_ ? server_->address() : std::string{}; }
  state::SqliteStore& store() { return *store_; }

 private:
  boost::asio::awaitable<void> stop_retirement(base::Duration most);
  std::optional<StartFailure> open_store();
  std::optional<StartFailure> check_uses();
  boost::asio::awaitable<void> load_plugins();
  void start_engine();
  void start_watches();
  void make_payments();
  void make_delivery();
  void prepare_reload();
  base::Result<void> check_secrets(const config::Config& after);
  void add_proofs(api::Dependencies& dependencies);
  void make_moves();
  api::Nodes nodes_for_api();
  std::vector<api::DomainInfo> domains() const;
  std::optional<StartFailure> start_api();
  pipeline::Services services();
  std::vector<api::PluginStatus> plugin_statuses() const;
  api::Readiness readiness() const;
  void add_payments(api::Readiness& readiness) const;

  boost::asio::io_context& io_;
  boost::asio::strand<boost::asio::io_context::executor_type> retirement_strand_;
  base::Clock& clock_;
  base::Random& random_;
  observe::Log log_;
  observe::Metrics metrics_;
  state::SqliteStore::Settings store_settings_;
  pipeline::LiveRuntime live_;

  // In the order in which they are made; each uses those above it.
  std::unique_ptr<state::SqliteStore> store_;
  std::unique_ptr<events::EventFeed> feed_;
  std::unique_ptr<NodeParts> nodes_;
  std::unique_ptr<WebhookSecrets> webhook_secrets_;
  CurrentDns dns_;
  std::unique_ptr<ProofSource> proofs_;
  std::unique_ptr<host::HttpService> http_;
  std::unique_ptr<host::PluginHost> host_;
  FailedInstances failed_;
  std::unique_ptr<PluginCalls> calls_;
  std::unique_ptr<pipeline::SagaEngine> engine_;
  std::unique_ptr<pipeline::Retirement> retirement_;
  std::unique_ptr<Watches> watches_;
  std::unique_ptr<PaymentsIn> payments_;
  std::unique_ptr<WebhookDelivery> delivery_;
  std::unique_ptr<DomainMoves> moves_;
  boost::asio::cancellation_signal stop_retirement_;
  std::atomic<bool> retiring_{false};
  base::Broadcast retirement_ended_{clock_};
  ApiKeys keys_;
  std::unique_ptr<Reload> reload_;
  std::unique_ptr<domains::Domains> domains_;
  std::unique_ptr<delivery::Webhooks> webhooks_;
  std::unique_ptr<api::Server> server_;
};

}  // namespace paynamed::process
