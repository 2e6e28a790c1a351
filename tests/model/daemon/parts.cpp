#include "tests/model/daemon/parts.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <stdexcept>

#include "config/diagnostic.hpp"
#include "pipeline/actions/services.hpp"
#include "pipeline/node_network.hpp"
#include "tests/model/daemon/instant_dns.hpp"

namespace paynamed::model {
namespace asio = boost::asio;

namespace {

// Offers are retired for so long: within a play many come to their end.
constexpr base::Duration kRetireAfter{300'000};

std::runtime_error failed(const char* what, const base::Status& why) {
  return std::runtime_error(std::string(what) + ": " + why.to_string());
}

base::WallTime wall_of(const World& world) {
  return base::WallTime{std::chrono::milliseconds{world.now_ms.load()}};
}

// The pipelines are the built-in ones.
std::shared_ptr<const pipeline::Runtime> runtime_for(const std::string& socket) {
  auto runtime = std::make_shared<pipeline::Runtime>();
  config::Domain domain;
  domain.name = kDomain;
  domain.zone = kDomain;
  domain.dns.value = kZone;
  for (const char* tenant : kTenants) domain.tenants.push_back({tenant, {}});
  domain.test = true;
  domain.retire_after = kRetireAfter;
  runtime->config.domains.push_back(std::move(domain));
  config::Plugin node;
  node.id = kNodeInstance;
  node.module.value = "cln";
  // Time stands while the plugin works, so its own clock decides nothing.
  node.settings = {{"transport", "socket"}, {"socket", socket}, {"network", "regtest"}, {"timeout", "1m"}};
  runtime->config.plugins.push_back(std::move(node));
  config::Plugin zone;
  zone.id = kZone;
  runtime->config.plugins.push_back(std::move(zone));
  runtime->instances[kNodeInstance] = {std::string(pipeline::kNodeBackendContract), false};
  runtime->instances[kZone] = {std::string(pipeline::kDnsProviderContract), false};
  config::Diagnostics problems;
  runtime->pipelines = pipeline::compile(runtime->config, runtime->instances, problems);
  return runtime;
}

}  // namespace

Parts::Parts(const PartsSettings& settings, const World& world, observe::Log::Sink log)
    : work_(io_.get_executor()),
      clock_(wall_of(world)),
      random_(settings.seed),
      log_({observe::Level::kInfo, observe::Log::Format::kText}, clock_, std::move(log)),
      runtime_(runtime_for(settings.socket)) {
  open_store(settings.folder);
  load_plugin(settings);
  start_engine();
  start_payments();
}

void Parts::open_store(const std::string& folder) {
  state::SqliteStore::Settings settings;
  settings.path = folder + "/state.db";
  settings.vfs = disk_.name();
  settings.checkpoint_pages = 200;
  auto opened = state::SqliteStore::open(std::move(settings), clock_);
  if (!opened) throw failed("the state file cannot be opened", opened.error());
  sqlite_ = *std::move(opened);
  store_ = std::make_unique<CountingStore>(*sqlite_);
}

void Parts::load_plugin(const PartsSettings& settings) {
  host::HostSettings host;
  host.module_directories = {settings.module_folder};
  host_ = host::PluginHost::create(std::move(host), clock_, log_.area("host"), metrics_);
  std::vector<host::InstanceConfig> configs;
  const config::Plugin& plugin = *runtime_->config.find_plugin(kNodeInstance);
  configs.push_back({plugin.id, plugin.module.value, plugin.settings, false});
  std::optional<std::vector<host::InstanceProblem>> problems;
  asio::co_spawn(
      io_, host_->load(std::move(configs)),
      [&](std::exception_ptr, std::vector<host::InstanceProblem> found) { problems = std::move(found); });
  while (!problems) io_.run_one();
  if (!problems->empty()) throw failed("the plugin cannot be made", problems->front().status);
  calls_ = std::make_unique<process::PluginCalls>(*host_);
}

asio::awaitable<pipeline::PluginAnswer> Parts::call(pipeline::PluginCall call) {
  ++calling_;
  pipeline::PluginAnswer answer = co_await calls_->call(std::move(call));
  --calling_;
  co_return answer;
}

std::size_t Parts::in_plugin() {
  return host_->find(kNodeInstance)->info().open_calls;
}

pipeline::Services Parts::services() {
  pipeline::Services services{clock_, *store_, [this] { return runtime_; }, {}, {}, {}, {}, {}};
  services.call_plugin = [this](pipeline::PluginCall wanted) { return call(std::move(wanted)); };
  services.moves = sqlite_.get();
  return services;
}

void Parts::start_engine() {
  const observe::Log log = log_.area("run");
  pipeline::SagaEngine::Dependencies dependencies{io_.get_executor(),          *store_, clock_, random_,
                                                  [this] { return runtime_; }, {},      {}};
  dependencies.on_trouble = [log](const base::Uuid& run, std::string_view message,
                                  const base::Status& status) {
    log.error(message, {{"run", run.to_string()}, {"why", status}});
  };
  dependencies.refusal = [this](std::string_view id) -> std::optional<base::Status> {
    const host::Instance* instance = host_->find(id);
    return instance == nullptr ? std::nullopt : instance->refusal();
  };
  dependencies.moves = sqlite_.get();
  dependencies.network_of = [needed = services()](std::string instance) {
    return pipeline::network_of(needed, std::move(instance));
  };
  pipeline::ActionTable actions = pipeline::standard_actions(services());
  put_instant_dns(actions);
  engine_ = std::make_unique<pipeline::SagaEngine>(pipeline::SagaEngine::Settings{}, std::move(dependencies),
                                                   std::move(actions));
  if (auto recovered = engine_->recover(); !recovered)
    throw failed("the runs cannot be taken up", recovered.error());
  retirement_ = std::make_unique<pipeline::Retirement>(
      services(), random_, [log](const state::OfferRow& offer, const base::Status& status) {
        log.warning("a retired offer could not be disabled", {{"offer", offer.offer_id}, {"why", status}});
      });
  asio::co_spawn(io_, retirement_->run(), asio::detached);
}

void Parts::start_payments() {
  payments::Services services{clock_, random_, *store_, *store_, *sqlite_, log_.area("payment"), metrics_};
  services.call_plugin = [this](pipeline::PluginCall wanted) { return call(std::move(wanted)); };
  services.may_wait = [this](std::string_view id) {
    return host_->find(id)->info().breaker == host::Breaker::State::kClosed;
  };
  services.nodes = [] { return std::vector<payments::WatchedNode>{{kNodeInstance, {}, {}}}; };
  payments_ = std::make_unique<process::PaymentsIn>(io_, std::move(services));
  for_api_ = payments_->for_api();
  payments_->start();
}

}  // namespace paynamed::model
