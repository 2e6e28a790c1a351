#include "process/daemon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "delivery/event_service.hpp"
#include "pipeline/node_network.hpp"
#include "pipeline/record_holders.hpp"
#include "process/checked_config.hpp"
#include "process/configuration_rules.hpp"
#include "process/domain_parts.hpp"
#include "process/exit_code.hpp"
#include "process/payment_parts.hpp"
#include "process/webhook_api.hpp"

namespace paynamed::process {
namespace asio = boost::asio;

namespace {

// By runs that nobody waits for, at once: enough to keep the processors busy while servers answer.
constexpr std::size_t kLooksOfADomain = 64;

// A look takes at most so long; whoever waits for looks looks whether the daemon stops as often.
constexpr base::Duration kLooksEnd{1'000};

}  // namespace

Daemon::Daemon(asio::io_context& io, std::shared_ptr<const pipeline::Runtime> runtime, base::Clock& clock,
               base::Random& random, observe::Log log, state::SqliteStore::Settings store_settings)
    : io_(io),
      retirement_strand_(asio::make_strand(io)),
      clock_(clock),
      random_(random),
      log_(std::move(log)),
      store_settings_(std::move(store_settings)),
      live_(std::move(runtime), clock),
      keys_(live_.current()->config, clock, log_.area("api")) {}

Daemon::~Daemon() = default;

asio::awaitable<std::optional<StartFailure>> Daemon::start() {
  const auto runtime = live_.current();
  const config::Config& config = runtime->config;
  if (auto failure = open_store()) co_return failure;
  if (auto failure = check_uses()) co_return failure;
  auto dns = DnsChecks::create(config.dns, config.tls, io_.get_executor(), clock_, random_);
  if (!dns) co_return StartFailure{kExitConfig, dns.error()};
  dns_.replace(*std::move(dns));
  co_await load_plugins();
  start_engine();
  if (auto recovered = engine_->recover(); !recovered) co_return StartFailure{kExitState, recovered.error()};
  prepare_reload();
  make_moves();
  make_payments();
  make_delivery();
  event_servers_ = std::make_unique<EventServers>(io_, *host_, clock_, log_.area("events"));
  // Before somebody makes webhooks, which it would then take up twice.
  const auto started = co_await delivery_->start();
  if (!started) co_return StartFailure{kExitState, started.error()};
  if (auto failure = start_api()) co_return failure;
  event_servers_->refresh();
  start_watches();
  nodes_->start();
  payments_->start();
  moves_->start();
  log_.info("ready", {{"api", server_->address()},
                      {"state", config.daemon.state.string()},
                      {"generation", runtime->generation},
                      {"hash", runtime->hash}});
  if (const auto failed = failed_.all(); !failed.empty()) {
    log_.warning("runs that need the failed instances will wait; mend their tables and reload",
                 {{"failed_instances", failed.size()}});
  }
  co_return std::nullopt;
}

std::optional<StartFailure> Daemon::open_store() {
  const auto runtime = live_.current();
  const config::Daemon& settings = runtime->config.daemon;
  std::error_code error;
  const std::filesystem::path folder = settings.state.parent_path();
  if (!folder.empty() && !std::filesystem::exists(folder, error)) {
    std::filesystem::create_directories(folder, error);
    if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  store_settings_.path = settings.state.string();
  store_settings_.max_open_runs = settings.max_open_runs;
  auto store = state::SqliteStore::open(store_settings_, clock_);
  if (!store) return StartFailure{kExitState, store.error()};
  store_ = *std::move(store);
  feed_ = std::make_unique<events::EventFeed>(*store_, events::EventFeed::Settings{});
  nodes_ = std::make_unique<NodeParts>(NodeParts::Dependencies{
      io_, [this] { return live_.current(); }, *store_, clock_, random_, log_.area("nodes"), metrics_});
  if (auto loaded = nodes_->load(); !loaded) return StartFailure{kExitState, loaded.error()};
  webhook_secrets_ = std::make_unique<WebhookSecrets>(*store_, nodes_->vault(), log_.area("delivery"));
  if (auto loaded = webhook_secrets_->load(); !loaded) return StartFailure{kExitState, loaded.error()};
  return std::nullopt;
}

std::optional<StartFailure> Daemon::check_uses() {
  const auto uses = store_->in_use();
  if (!uses) return StartFailure{kExitState, uses.error()};
  const auto runtime = live_.current();
  auto fits = check_in_use(runtime->config, *uses);
  if (fits) fits = check_added_nodes(runtime->config, nodes_->book().nodes());
  if (!fits) return StartFailure{kExitConfig, fits.error()};
  return std::nullopt;
}

asio::awaitable<void> Daemon::load_plugins() {
  const auto runtime = live_.current();
  host::HostSettings settings = host_settings(runtime->config);
  const observe::Log log = log_.area("plugin");
  settings.on_observation = [log](const std::string& instance, const std::string& type,
                                  const std::string& json) {
    log.info("observed", {{"instance", instance}, {"type", type}, {"data", json}});
  };
  if (auto http = host::HttpService::create(io_.get_executor(), clock_, log_.area("http"), metrics_)) {
    http_ = *std::move(http);
    settings.services.emplace("pn.http/1", http_->service());
  } else {
    log_.warning("plugins cannot send HTTP requests", {{"why", http.error()}});
  }
  add_event_services(settings);
  settings.added_secrets = nodes_->secrets();
  host_ = host::PluginHost::create(std::move(settings), clock_, log_.area("host"), metrics_);
  auto configs = instance_configs(runtime->config);
  auto problems = co_await host_->load(std::move(configs));
  for (const host::InstanceProblem& problem : problems) {
    log_.error("an instance could not be made", {{"instance", problem.id}, {"why", problem.status}});
  }
  failed_.replace(std::move(problems));
  calls_ = std::make_unique<PluginCalls>(*host_, &nodes_->calls());
  nodes_->use(*host_, *calls_);
}

void Daemon::add_event_services(host::HostSettings& settings) {
  delivery::EventServiceParts parts{io_.get_executor(), *feed_, {}};
  parts.knows_tenant = [this](const std::string& tenant) {
    const auto runtime = live_.current();
    return std::ranges::any_of(runtime->config.tenants,
                               [&](const config::Tenant& known) { return known.id == tenant; });
  };
  settings.services.emplace("pn.events/1", delivery::event_service(std::move(parts)));
  auth_ = std::make_unique<AuthService>(AuthService::Dependencies{
      [this] { return keys_.current(); }, clock_, random_, log_.area("auth"), metrics_});
  auth_->use(live_.current()->config);
  settings.services.emplace("pn.auth/1", auth_->service());
}

pipeline::Services Daemon::services() {
  pipeline::Services services{clock_, *store_, [this] { return live_.current(); }, {}, {}, {}, {}, {}};
  services.call_plugin = [this](pipeline::PluginCall call) { return calls_->call(std::move(call)); };
  services.check_authoritatives = [this](base::Name name, std::string value) {
    return dns_.check_authoritatives(std::move(name), std::move(value));
  };
  services.check_resolvers = [this](base::Name name, std::string value) {
    return dns_.check_resolvers(std::move(name), std::move(value));
  };
  services.prove_record = [this](base::Name name) { return dns_.prove_record(std::move(name)); };
  services.validate_domain = [this](std::string domain) { return dns_.validate_domain(std::move(domain)); };
  services.moves = store_.get();
  services.turns = std::make_shared<pipeline::Turns>(kLooksOfADomain);
  return services;
}

void Daemon::start_engine() {
  const observe::Log log = log_.area("run");
  pipeline::SagaEngine::Dependencies dependencies{
      io_.get_executor(), *store_, clock_, random_, [this] { return live_.current(); }, {}, {}};
  dependencies.lease = [this] { return live_.lease(); };
  dependencies.on_trouble = [log](const base::Uuid& run, std::string_view message,
                                  const base::Status& status) {
    log.error(message, {{"run", run.to_string()}, {"why", status}});
  };
  dependencies.on_rest = [log](const pipeline::Run& run) {
    const auto phase = run.progress.phase();
    if (phase == pipeline::Phase::kForward || phase == pipeline::Phase::kCompensating) return;
    const bool ended_well = phase == pipeline::Phase::kCompleted;
    log.write(ended_well ? observe::Level::kInfo : observe::Level::kWarning,
              phase == pipeline::Phase::kPaused        ? "run paused"
              : phase == pipeline::Phase::kCompensated ? "run compensated"
                                                       : "run completed",
              {{"run", run.id.to_string()},
               {"name", run.input.name.text()},
               {"correlation_id", run.correlation_id},
               {"reason", run.progress.reason()}});
  };
  dependencies.refusal = [this](std::string_view id) -> std::optional<base::Status> {
    const host::Instance* instance = host_->find(id);
    return instance == nullptr ? std::nullopt : instance->refusal();
  };
  dependencies.moves = store_.get();
  dependencies.network_of = [needed = services()](std::string instance) {
    return pipeline::network_of(needed, std::move(instance));
  };
  dependencies.node_reference = nodes_->references();
  engine_ = std::make_unique<pipeline::SagaEngine>(pipeline::SagaEngine::Settings{}, std::move(dependencies),
                                                   pipeline::standard_actions(services()));
  retirement_ = std::make_unique<pipeline::Retirement>(
      services(), random_, [log](const state::OfferRow& offer, const base::Status& status) {
        log.warning("a retired offer could not be disabled; trying again in a minute",
                    {{"offer", offer.offer_id}, {"instance", offer.node_instance}, {"why", status}});
      });
  retiring_ = true;
  auto ended = [this](std::exception_ptr) {
    retiring_ = false;
    retirement_ended_.notify();
  };
  asio::co_spawn(retirement_strand_, retirement_->run(),
                 asio::bind_cancellation_slot(stop_retirement_.slot(), std::move(ended)));
}

void Daemon::start_watches() {
  watches_ = std::make_unique<Watches>(Watches::Dependencies{io_, [this] { return live_.current(); },
                                                             *engine_, *store_, clock_, random_,
                                                             log_.area("monitor"), metrics_});
  watches_->start(live_.current()->config, dns_.get());
}

void Daemon::make_payments() {
  payments_ =
      std::make_unique<PaymentsIn>(io_, payment_services({clock_, random_, *store_, log_.area("payment"),
                                                          metrics_, *host_, *calls_, nodes_->book()}));
}

void Daemon::make_delivery() {
  delivery_ = std::make_unique<WebhookDelivery>(
      WebhookDelivery::Dependencies{io_, [this] { return live_.current(); }, *store_, *feed_, clock_, random_,
                                    log_.area("delivery"), metrics_, *host_, *calls_});
}

// Payments are asked for at a node from the moment it is there.
api::Nodes Daemon::nodes_for_api() {
  api::Nodes nodes = nodes_->for_api();
  nodes.add = [this,
               add = nodes.add](nodes::NodeToAdd node) -> asio::awaitable<base::Result<state::AddedNode>> {
    auto added = co_await add(std::move(node));
    if (added) payments_->nodes_changed();
    co_return added;
  };
  nodes.remove = [this, remove = nodes.remove](std::string tenant,
                                               base::Uuid id) -> asio::awaitable<base::Result<void>> {
    auto removed = co_await remove(std::move(tenant), id);
    if (removed) payments_->nodes_changed();
    co_return removed;
  };
  return nodes;
}

void Daemon::prepare_reload() {
  Reload::Dependencies dependencies{
      io_.get_executor(),  live_,    *store_, *host_, failed_, dns_, keys_, clock_, random_,
      log_.area("config"), metrics_, {},      {}};
  dependencies.follow = [this](std::shared_ptr<const pipeline::Runtime> before,
                               std::shared_ptr<const pipeline::Runtime> now) {
    // First: an instance that was replaced ends when nothing waits at it any more.
    payments_->refresh();
    delivery_->refresh();
    auth_->use(now->config);
    event_servers_->refresh();
    return watches_->change(std::move(before), std::move(now), dns_.get(), kLooksEnd);
  };
  dependencies.check_nodes = [this](const config::Config& after) { return check_secrets(after); };
  dependencies.before_end = [this](host::Instance* instance, base::Duration most) {
    return event_servers_->drain(instance, most);
  };
  reload_ = std::make_unique<Reload>(std::move(dependencies));
}

base::Result<void> Daemon::check_secrets(const config::Config& after) {
  if (auto fine = nodes_->check(after); !fine) return fine;
  return webhook_secrets_->check(nodes_->key_of(after), nodes_->key_of(live_.current()->config));
}

asio::awaitable<void> Daemon::reload() {
  co_await reload_->reload(false);
}

void Daemon::make_moves() {
  moves::Services needed{services(), *store_, random_, log_.area("move"), {}, {}, {}, {}};
  // A question keeps the checks that it began with: a reload may replace them meanwhile.
  needed.ask = [this](net::Endpoint server,
                      net::DnsQuestion question) -> asio::awaitable<base::Result<net::DnsAnswer>> {
    const auto checks = dns_.get();
    const monitor::DnsQuestions questions = checks->questions_of_monitor();
    co_return co_await questions.ask(std::move(server), std::move(question), net::DnsCarrier::kUdpThenTcp);
  };
  needed.servers_of = [this](std::string owner) -> asio::awaitable<base::Result<names::ZoneServers>> {
    const auto checks = dns_.get();
    const monitor::DnsQuestions questions = checks->questions_of_monitor();
    co_return co_await questions.servers_of(std::move(owner));
  };
  needed.port = [this] { return live_.current()->config.dns.authoritative_port; };
  needed.lease = [this] { return live_.lease(); };
  moves_ = std::make_unique<DomainMoves>(io_, clock_, std::move(needed));
}

std::vector<api::DomainInfo> Daemon::domains() const {
  std::vector<api::DomainInfo> domains;
  const auto runtime = live_.current();
  for (const config::Domain& domain : runtime->config.domains) {
    api::DomainInfo info{domain.name, domain.test, domain.dns.value, {}, {}};
    for (const auto& tenant : domain.tenants) info.tenants.push_back(tenant.value);
    const auto instance = pipeline::instance_of_domain(store_.get(), domain);
    if (instance && *instance != domain.dns.value) {
      info.dns_instance = *instance;
      info.configured_dns = domain.dns.value;
    }
    domains.push_back(std::move(info));
  }
  return domains;
}

std::optional<StartFailure> Daemon::start_api() {
  api::Dependencies dependencies{*engine_, *store_, clock_, random_, log_, metrics_, {}, {}, {}, {}};
  domains_ = make_domains(
      {clock_, random_, *store_, *store_, *engine_, [this] { return live_.current(); }, *calls_, dns_});
  dependencies.domain_work = domains_.get();
  dependencies.keys = [this] { return keys_.current(); };
  dependencies.plugins = [this] { return plugin_statuses(); };
  dependencies.readiness = [this] { return readiness(); };
  dependencies.domains = [this] { return domains(); };
  dependencies.moves = moves_->for_api();
  dependencies.payments = payments_->for_api();
  dependencies.nodes = nodes_for_api();
  dependencies.make_token = [this](const api::TokenClaims& claims) { return auth_->make_token(claims); };
  dependencies.feed = feed_.get();
  webhooks_ = make_webhooks({clock_, random_, *store_, log_.area("delivery"), nodes_->vault(), *host_,
                             *calls_, [this](const base::Uuid& webhook) { delivery_->changed(webhook); }});
  dependencies.webhooks = webhooks_.get();
  dependencies.config = [this] { return reload_->standing(); };
  dependencies.reload = [this](bool check) { return reload_->reload(check); };
  add_proofs(dependencies);
  if (keys_.current().empty()) {
    log_.warning("there is no API key, so every request is refused; set [api] key = { file = \"...\" }");
  }
  api::Settings settings;
  const config::Api& configured = live_.current()->config.api;
  settings.listen = configured.listen.value;
  settings.rate = {configured.requests_per_second, configured.request_burst};
  settings.streams = {configured.max_streams, configured.max_streams_of_key};
  // Streams take no connection from those who ask.
  settings.max_connections += configured.max_streams;
  auto server = api::Server::start(io_, settings, std::move(dependencies));
  if (!server) return StartFailure{kExitUnavailable, server.error()};
  server_ = *std::move(server);
  return std::nullopt;
}

void Daemon::add_proofs(api::Dependencies& dependencies) {
  ProofSource::Dependencies proofs{io_.get_executor(), *store_, clock_, {}, {}};
  proofs.is_ours = [this](std::string_view domain) {
    return live_.current()->config.find_domain(domain) != nullptr;
  };
  proofs.prove = [this](base::Name name, base::Duration most) {
    return dns_.prove_for_caller(std::move(name), most);
  };
  proofs_ = std::make_unique<ProofSource>(std::move(proofs));
  dependencies.proof_of = [this](base::Name name, bool any_domain) {
    return proofs_->proof_of(std::move(name), any_domain);
  };
  dependencies.lint_of = [this](const base::Name& name, const state::Proof& proof) {
    return dns_.lint(name, proof);
  };
}

asio::awaitable<void> Daemon::stop_retirement(base::Duration most) {
  // Signals of Asio belong to the strand of what they cancel.
  asio::post(retirement_strand_, [this] { stop_retirement_.emit(asio::cancellation_type::terminal); });
  const base::MonotonicTime end = clock_.monotonic() + most;
  for (;;) {
    const auto seen = retirement_ended_.count();
    const auto left = std::chrono::ceil<base::Duration>(end - clock_.monotonic());
    if (!retiring_ || left.count() <= 0 || !co_await retirement_ended_.wait(seen, left)) co_return;
  }
}

asio::awaitable<bool> Daemon::stop() {
  const base::MonotonicTime end = clock_.monotonic() + live_.current()->config.daemon.stop_deadline;
  const auto left = [&] {
    return std::max(std::chrono::ceil<base::Duration>(end - clock_.monotonic()), base::Duration{100});
  };
  bool clean = true;
  // Those that are under way have all the time until its turn.
  if (delivery_) delivery_->end_attempts();
  if (reload_ && !co_await reload_->stop(left())) {
    log_.warning("a reload of the configuration did not end in time");
    clean = false;
  }
  // First, for those who follow events may be many; at most half of the time is theirs.
  if (event_servers_ && !co_await event_servers_->stop(left() / 2)) {
    log_.warning("an event server did not end in time");
    clean = false;
  }
  if (watches_ && !co_await watches_->stop(left())) {
    log_.warning("some looks at names did not end in time");
    clean = false;
  }
  if (payments_ && !co_await payments_->stop(left())) {
    log_.warning("some nodes were being asked for payments and did not answer in time");
    clean = false;
  }
  if (nodes_ && !co_await nodes_->stop(left())) {
    log_.warning("some looks at nodes did not end in time");
    clean = false;
  }
  if (moves_ && !co_await moves_->stop(left())) {
    log_.warning("a move of a domain did not come to rest in time; a restart takes it up again");
    clean = false;
  }
  co_await stop_retirement(left());
  // New work is refused first, so that what runs can end.
  if (calls_) calls_->end_background();
  if (engine_) {
    const bool rested = co_await engine_->stop(left());
    if (!rested) log_.warning("some runs did not come to rest in time; a restart takes them up again");
    clean = clean && rested;
  }
  if (server_ && !co_await server_->stop(left())) log_.warning("some requests were cut short");
  // A receiver that hangs must leave time for what follows.
  if (delivery_ && !co_await delivery_->stop(left() / 2)) {
    log_.warning("some events were being sent to webhooks; they are sent again after the next start");
    clean = false;
  }
  if (nodes_ && !co_await nodes_->stop_background(left())) {
    log_.warning("a plugin was told to forget a node and did not answer in time");
    clean = false;
  }
  if (host_) {
    const auto kept = co_await host_->stop(left());
    clean = clean && kept.empty();
    if (reload_) clean = co_await reload_->ended(left()) && clean;
  }
  if (store_) store_->close();
  log_.info("stopped");
  co_return clean;
}

std::vector<api::PluginStatus> Daemon::plugin_statuses() const {
  std::vector<api::PluginStatus> statuses;
  const auto servers = event_servers_->standings();
  for (host::Instance* instance : host_->list()) {
    const host::InstanceInfo info = instance->info();
    api::PluginStatus status;
    status.id = info.id;
    status.module = info.module;
    status.version = info.version;
    status.contract = info.contract;
    status.state = info.state == host::InstanceInfo::State::kRunning ? "ready" : host::to_string(info.state);
    status.message = info.explanation;
    status.retired = info.retired;
    status.calls = info.calls;
    status.errors = info.failures + info.timeouts + info.broken_rules;
    status.in_flight = static_cast<std::uint32_t>(info.open_calls);
    status.breaker = host::to_string(info.breaker);
    status.breaker_message = info.breaker_explanation;
    if (const auto server = servers.find(info.id); server != servers.end()) {
      status.addresses = server->second.addresses;
      if (status.message.empty()) status.message = server->second.problem;
    }
    statuses.push_back(std::move(status));
  }
  const auto runtime = live_.current();
  for (const host::InstanceProblem& problem : failed_.all()) {
    const config::Plugin* plugin = runtime->config.find_plugin(problem.id);
    api::PluginStatus status;
    status.id = problem.id;
    status.module = plugin ? plugin->module.value : std::string{};
    status.state = "failed";
    status.message = problem.status.message();
    statuses.push_back(std::move(status));
  }
  return statuses;
}

// Anybody may read that; what plugins say is the operator's.
constexpr std::string_view kAskPlugins = "GET /v1/plugins says why, with a key of the tenant 'default'";

api::Readiness Daemon::readiness() const {
  api::Readiness readiness;
  readiness.ready = failed_.all().empty();
  auto totals = store_->totals();
  readiness.parts.push_back({"store", totals.has_value(), totals ? std::string{} : totals.error().message()});
  readiness.ready = readiness.ready && totals.has_value();
  // The daemon works by the configuration before.
  const api::ConfigStanding standing = reload_->standing();
  readiness.parts.push_back({"config", true,
                             standing.stale_since
                                 ? fmt::format("the file is not taken up since {}: {}",
                                               base::to_rfc3339(*standing.stale_since), standing.stale_reason)
                                 : std::string{}});
  for (const api::DomainInfo& domain : domains()) {
    if (domain.configured_dns.empty()) continue;
    readiness.parts.push_back(
        {"domain " + domain.name, true,
         fmt::format("its names were moved to '{}' and the configuration still says dns = \"{}\"; write "
                     "dns = \"{}\" there",
                     domain.dns_instance, domain.configured_dns, domain.dns_instance)});
  }
  for (const api::PluginStatus& plugin : plugin_statuses()) {
    const bool ready = plugin.state == "ready";
    readiness.parts.push_back({"plugin " + plugin.id, ready, ready ? "" : std::string{kAskPlugins}});
    readiness.ready = readiness.ready && ready;
    // What is accepted meanwhile waits and goes on by itself, so the daemon is ready all the same.
    if (!plugin.breaker_message.empty()) {
      readiness.parts.push_back({"breaker " + plugin.id, false, std::string{kAskPlugins}});
    }
  }
  add_payments(readiness);
  add_event_servers(readiness);
  return readiness;
}

// REST serves all the same, and the log can be read there.
void Daemon::add_event_servers(api::Readiness& readiness) const {
  for (const auto& [id, server] : event_servers_->standings()) {
    if (server.problem.empty()) continue;
    readiness.parts.push_back({"event server " + id, false, std::string{kAskPlugins}});
  }
}

// What arrives meanwhile waits at the node, so the daemon is ready all the same.
void Daemon::add_payments(api::Readiness& readiness) const {
  if (!payments_) return;
  for (api::Readiness::Part& part : failing_payments(payments_->statuses()))
    readiness.parts.push_back(std::move(part));
  if (!delivery_) return;
  for (api::Readiness::Part& part : delivery_->waiting()) readiness.parts.push_back(std::move(part));
}

}  // namespace paynamed::process
