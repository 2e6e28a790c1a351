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

#include "process/checked_config.hpp"
#include "process/exit_code.hpp"
#include "process/repair_runs.hpp"

namespace paynamed::process {
namespace asio = boost::asio;

namespace {

constexpr base::Duration kRegistryAnswers{20'000};

}  // namespace

Daemon::Daemon(asio::io_context& io, std::shared_ptr<const pipeline::Runtime> runtime, base::Clock& clock,
               base::Random& random, observe::Log log, state::SqliteStore::Settings store_settings)
    : io_(io),
      retirement_strand_(asio::make_strand(io)),
      runtime_(std::move(runtime)),
      clock_(clock),
      random_(random),
      log_(std::move(log)),
      store_settings_(std::move(store_settings)),
      keys_(runtime_->config, clock, log_.area("api")) {}

Daemon::~Daemon() = default;

asio::awaitable<std::optional<StartFailure>> Daemon::start() {
  if (auto failure = open_store()) co_return failure;
  if (auto failure = check_instances_in_use()) co_return failure;
  auto dns =
      DnsChecks::create(runtime_->config.dns, runtime_->config.tls, io_.get_executor(), clock_, random_);
  if (!dns) co_return StartFailure{kExitConfig, dns.error()};
  dns_ = *std::move(dns);
  co_await load_plugins();
  start_engine();
  if (auto recovered = engine_->recover(); !recovered) co_return StartFailure{kExitState, recovered.error()};
  if (auto failure = start_api()) co_return failure;
  start_watch();
  log_.info("ready", {{"api", server_->address()}, {"state", runtime_->config.daemon.state.string()}});
  if (!problems_.empty()) {
    log_.warning("runs that need the failed instances will wait; mend their tables and restart",
                 {{"failed_instances", problems_.size()}});
  }
  co_return std::nullopt;
}

std::optional<StartFailure> Daemon::open_store() {
  const config::Daemon& settings = runtime_->config.daemon;
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
  return std::nullopt;
}

// A record whose instance is gone could never be changed or withdrawn again.
std::optional<StartFailure> Daemon::check_instances_in_use() {
  auto uses = store_->instances_in_use();
  if (!uses) return StartFailure{kExitState, uses.error()};
  for (const state::InstanceUse& use : *uses) {
    if (use.instance.empty() || runtime_->config.find_plugin(use.instance)) continue;
    return StartFailure{kExitConfig, base::failed_precondition(
                                         fmt::format("the configuration lacks [plugins.{}], which {} names, "
                                                     "{} offers and {} open runs use; put it back, "
                                                     "with `retired = true` if it must get no new work",
                                                     use.instance, use.names, use.offers, use.open_runs))};
  }
  return std::nullopt;
}

asio::awaitable<void> Daemon::load_plugins() {
  host::HostSettings settings = host_settings(runtime_->config);
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
  host_ = host::PluginHost::create(std::move(settings), clock_, log_.area("host"), metrics_);
  auto configs = instance_configs(runtime_->config);
  problems_ = co_await host_->load(std::move(configs));
  for (const host::InstanceProblem& problem : problems_) {
    log_.error("an instance could not be made", {{"instance", problem.id}, {"why", problem.status}});
  }
  calls_ = std::make_unique<PluginCalls>(*host_);
}

pipeline::Services Daemon::services() {
  pipeline::Services services{clock_, *store_, [this] { return runtime_; }, {}, {}, {}, {}, {}};
  services.call_plugin = [this](pipeline::PluginCall call) { return calls_->call(std::move(call)); };
  services.check_authoritatives = [this](base::Name name, std::string value) {
    return dns_->check_authoritatives(std::move(name), std::move(value));
  };
  services.check_resolvers = [this](base::Name name, std::string value) {
    return dns_->check_resolvers(std::move(name), std::move(value));
  };
  services.prove_record = [this](base::Name name) { return dns_->prove_record(std::move(name)); };
  services.validate_domain = [this](std::string domain) { return dns_->validate_domain(std::move(domain)); };
  return services;
}

void Daemon::start_engine() {
  const observe::Log log = log_.area("run");
  pipeline::SagaEngine::Dependencies dependencies{io_.get_executor(),          *store_, clock_, random_,
                                                  [this] { return runtime_; }, {},      {}};
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

monitor::Fetch Daemon::registry_fetch() {
  const config::Config& config = runtime_->config;
  const bool has_registered =
      std::ranges::any_of(config.domains, [](const config::Domain& domain) { return !domain.test; });
  if (!config.monitor.registration || !has_registered) return {};
  auto policy = net::TlsPolicy::create();
  if (!policy) {
    log_.warning("registrations of domains are not watched", {{"why", policy.error()}});
    return {};
  }
  net::HttpsClientSettings settings;
  settings.policy = *std::move(policy);
  https_ = std::make_unique<net::HttpsClient>(io_.get_executor(), clock_, std::move(settings));
  return [this](net::HttpRequest request) { return https_->request(std::move(request), kRegistryAnswers); };
}

void Daemon::start_watch() {
  if (!runtime_->config.monitor.enabled) {
    log_.warning("[monitor] enabled is false: a name that is not true any more stays live");
    return;
  }
  watch_ = std::make_unique<NameWatch>(runtime_->config, dns_->questions_of_monitor(), registry_fetch(), io_,
                                       *store_, clock_, random_, log_.area("monitor"), metrics_,
                                       repair_runs(runtime_->config, *engine_, *store_, clock_, random_));
  watch_->start();
}

std::optional<StartFailure> Daemon::start_api() {
  api::Dependencies dependencies{*engine_, *store_, clock_, random_, log_, metrics_, {}, {}, {}, {}, {}, {}};
  dependencies.keys = [this] { return keys_.current(); };
  dependencies.plugins = [this] { return plugin_statuses(); };
  dependencies.readiness = [this] { return readiness(); };
  dependencies.domains = [this] {
    std::vector<api::DomainInfo> domains;
    for (const config::Domain& domain : runtime_->config.domains) {
      api::DomainInfo info{domain.name, domain.test, domain.dns.value, {}};
      for (const auto& tenant : domain.tenants) info.tenants.push_back(tenant.value);
      domains.push_back(std::move(info));
    }
    return domains;
  };
  ProofSource::Dependencies proofs{io_.get_executor(), *store_, clock_, {}, {}};
  proofs.is_ours = [this](std::string_view domain) {
    return runtime_->config.find_domain(domain) != nullptr;
  };
  proofs.prove = [this](base::Name name, base::Duration most) {
    return dns_->prove_for_caller(std::move(name), most);
  };
  proofs_ = std::make_unique<ProofSource>(std::move(proofs));
  dependencies.proof_of = [this](base::Name name, bool any_domain) {
    return proofs_->proof_of(std::move(name), any_domain);
  };
  dependencies.lint_of = [this](const base::Name& name, const state::Proof& proof) {
    return dns_->lint(name, proof);
  };
  if (keys_.current().empty()) {
    log_.warning("there is no API key, so every request is refused; set [api] key = { file = \"...\" }");
  }
  api::Settings settings;
  settings.listen = runtime_->config.api.listen.value;
  auto server = api::Server::start(io_, settings, std::move(dependencies));
  if (!server) return StartFailure{kExitUnavailable, server.error()};
  server_ = *std::move(server);
  return std::nullopt;
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
  const base::MonotonicTime end = clock_.monotonic() + runtime_->config.daemon.stop_deadline;
  const auto left = [&] {
    return std::max(std::chrono::ceil<base::Duration>(end - clock_.monotonic()), base::Duration{100});
  };
  bool clean = true;
  if (watch_ && !co_await watch_->stop(left())) {
    log_.warning("some looks at names did not end in time");
    clean = false;
  }
  co_await stop_retirement(left());
  // New work is refused first, so that what runs can end.
  if (engine_) {
    const bool rested = co_await engine_->stop(left());
    if (!rested) log_.warning("some runs did not come to rest in time; a restart takes them up again");
    clean = clean && rested;
  }
  if (server_ && !co_await server_->stop(left())) log_.warning("some requests were cut short");
  if (host_) {
    const auto kept = co_await host_->stop(left());
    clean = clean && kept.empty();
  }
  if (store_) store_->close();
  log_.info("stopped");
  co_return clean;
}

std::vector<api::PluginStatus> Daemon::plugin_statuses() const {
  std::vector<api::PluginStatus> statuses;
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
    statuses.push_back(std::move(status));
  }
  for (const host::InstanceProblem& problem : problems_) {
    const config::Plugin* plugin = runtime_->config.find_plugin(problem.id);
    api::PluginStatus status;
    status.id = problem.id;
    status.module = plugin ? plugin->module.value : std::string{};
    status.state = "failed";
    status.message = problem.status.message();
    statuses.push_back(std::move(status));
  }
  return statuses;
}

api::Readiness Daemon::readiness() const {
  api::Readiness readiness;
  readiness.ready = problems_.empty();
  auto totals = store_->totals();
  readiness.parts.push_back({"store", totals.has_value(), totals ? std::string{} : totals.error().message()});
  readiness.ready = readiness.ready && totals.has_value();
  for (const api::PluginStatus& plugin : plugin_statuses()) {
    const bool ready = plugin.state == "ready";
    readiness.parts.push_back({"plugin " + plugin.id, ready, plugin.message});
    readiness.ready = readiness.ready && ready;
  }
  return readiness;
}

}  // namespace paynamed::process
