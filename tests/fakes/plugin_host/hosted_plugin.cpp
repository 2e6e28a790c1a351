#include "tests/fakes/plugin_host/hosted_plugin.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <optional>
#include <stdexcept>
#include <thread>

#include "host/http_service.hpp"
#include "host/plugin_host.hpp"

namespace paynamed::fakes {
namespace asio = boost::asio;

namespace {

constexpr char kId[] = "zone";
// After its deadline, until the plugin has answered a call.
constexpr auto kSettling = base::Duration{30'000};

Error to_error(const base::Status& status) {
  return Error(static_cast<Code>(static_cast<int>(status.code())), status.message(), status.detail(),
               status.retry_after_ms());
}

// co_spawn wants to make one without a value.
using Answer = std::optional<Result<std::string>>;

asio::awaitable<Answer> answer(host::Instance& instance, testing::DnsCall call) {
  host::CallOptions options(call.timeout, call.idempotency_key);
  auto outcome = co_await instance.call_bytes(call.method, call.request, options);
  if (outcome.still_open) {
    const bool settled = co_await instance.settled(outcome.call_id, kSettling);
    if (!settled) throw std::runtime_error(call.method + " is still open long after its deadline");
  }
  if (!outcome.result) co_return Answer(to_error(outcome.result.error()));
  co_return Answer(*outcome.result);
}

}  // namespace

void Journal::add(std::string_view line) {
  const std::lock_guard lock(mutex_);
  text_.append(line) += '\n';
}

std::string Journal::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

// The part of a daemon that a plugin sees, from start to end.
class HostedPlugin::Running {
 public:
  Running(const std::filesystem::path& module, const boost::json::object& table, Journal& journal,
          const host::AddedSecrets& added)
      : log_({observe::Level::kTrace, observe::Log::Format::kText}, clock_,
             [&journal](std::string_view line) { journal.add(line); }) {
    host::HostSettings settings;
    settings.module_directories = {module.parent_path()};
    // Faults are planted close together; what the plugin says to each is what counts.
    settings.breakers.enabled = false;
    settings.added_secrets = added;
    auto http = host::HttpService::create(io_.get_executor(), clock_, log_, metrics_);
    if (!http) throw std::runtime_error(http.error().to_string());
    http_ = *std::move(http);
    settings.services.emplace("pn.http/1", http_->service());
    host_ = host::PluginHost::create(std::move(settings), clock_, log_, metrics_);
    thread_ = std::thread([this] { io_.run(); });
    std::vector<host::InstanceConfig> configs;
    configs.push_back({kId, module.stem().string(), table, false});
    const auto problems = asio::co_spawn(io_, host_->load(std::move(configs)), asio::use_future).get();
    if (problems.empty()) return;
    std::string why = problems.front().status.to_string();
    for (const auto& each : problems.front().problems) why += " " + each.path + ": " + each.message;
    end();
    throw std::runtime_error("the plugin cannot be made: " + why);
  }
  ~Running() { end(); }

  std::vector<Result<std::string>> call_all(const std::vector<testing::DnsCall>& calls) {
    host::Instance* instance = host_->find(kId);
    std::vector<std::future<Answer>> open;
    for (const auto& each : calls) {
      open.push_back(asio::co_spawn(io_, answer(*instance, each), asio::use_future));
    }
    std::vector<Result<std::string>> answers;
    for (auto& each : open) answers.push_back(each.get().value());
    return answers;
  }

 private:
  void end() {
    host_.reset();
    http_.reset();
    work_.reset();
    if (thread_.joinable()) thread_.join();
  }

  base::SystemClock clock_;
  observe::Log log_;
  observe::Metrics metrics_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{asio::make_work_guard(io_)};
  std::unique_ptr<host::HttpService> http_;
  std::unique_ptr<host::PluginHost> host_;
  std::thread thread_;
};

HostedPlugin::HostedPlugin(std::filesystem::path module, boost::json::object table, Journal& journal,
                           host::AddedSecrets added)
    : module_(std::move(module)),
      table_(std::move(table)),
      journal_(journal),
      added_(std::move(added)),
      running_(std::make_unique<Running>(module_, table_, journal_, added_)) {}

HostedPlugin::~HostedPlugin() = default;

std::vector<Result<std::string>> HostedPlugin::call_all(const std::vector<testing::DnsCall>& calls) {
  return running_->call_all(calls);
}

void HostedPlugin::restart() {
  running_.reset();
  running_ = std::make_unique<Running>(module_, table_, journal_, added_);
}

void HostedPlugin::pass(std::chrono::milliseconds time) {
  std::this_thread::sleep_for(time);
}

}  // namespace paynamed::fakes
