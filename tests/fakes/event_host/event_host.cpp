#include "tests/fakes/event_host/event_host.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <charconv>
#include <deque>
#include <future>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "delivery/event_service.hpp"
#include "events/event_feed.hpp"
#include "host/plugin_host.hpp"
#include "paynamed/plugin/v1/auth.pb.h"
#include "paynamed/plugin/v1/event_server.pb.h"
#include "state/sqlite.hpp"
#include "state/sqlite_store.hpp"

namespace paynamed::fakes {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;

namespace {

constexpr char kId[] = "events";

// co_spawn wants to make one without a value.
using Answer = std::optional<base::Result<std::string>>;

asio::awaitable<Answer> answer(host::Instance& instance, std::string method, std::string request,
                               base::Duration timeout) {
  host::CallOptions options(timeout);
  auto calling = instance.call_bytes(std::move(method), std::move(request), std::move(options));
  auto outcome = co_await std::move(calling);
  co_return Answer(std::move(outcome.result));
}

}  // namespace

std::uint16_t port_in(std::string_view address) {
  std::uint16_t port = 0;
  const std::size_t path = address.rfind("/v1/");
  const std::size_t colon = address.rfind(':', path);
  std::from_chars(address.data() + colon + 1, address.data() + path, port);
  return port;
}

class EventHost::Running {
 public:
  explicit Running(EventHost& of)
      : of_(of),
        log_({observe::Level::kDebug, observe::Log::Format::kText}, clock_, [&of](std::string_view line) {
          const std::lock_guard lock(of.mutex_);
          of.log_.append(line) += '\n';
        }) {
    state::SqliteStore::Settings settings;
    settings.path = (of.folder_ / "state.sqlite3").string();
    auto store = state::SqliteStore::open(settings, clock_);
    if (!store) throw std::runtime_error(store.error().to_string());
    store_ = *std::move(store);
    feed_ = std::make_unique<events::EventFeed>(*store_, events::EventFeed::Settings{});
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { io_.run(); });
    host_ = host::PluginHost::create(host_settings(), clock_, log_, metrics_);
    std::vector<host::InstanceConfig> configs;
    configs.push_back({kId, of.module_.stem().string(), of.table_, false});
    const auto problems = asio::co_spawn(io_, host_->load(std::move(configs)), asio::use_future).get();
    if (problems.empty()) return;
    std::string why = problems.front().status.to_string();
    for (const auto& each : problems.front().problems) why += " " + each.path + ": " + each.message;
    end();
    throw std::runtime_error("the plugin cannot be made: " + why);
  }
  ~Running() { end(); }

  base::Result<std::string> call(std::string method, std::string request, base::Duration timeout) {
    host::Instance* const instance = host_->find(kId);
    return *asio::co_spawn(io_, answer(*instance, std::move(method), std::move(request), timeout),
                           asio::use_future)
                .get();
  }

  void append(const std::string& tenant, const std::vector<LoggedEvent>& events) {
    std::vector<state::NewEvent> unit;
    for (const LoggedEvent& event : events) unit.push_back(made_of(event));
    must(asio::co_spawn(io_, appended(*store_, tenant, std::move(unit)), asio::use_future).get());
  }

  void append_each(std::size_t count, std::size_t at_once,
                   const std::function<LoggedEvent(std::size_t)>& make) {
    // On a strand they begin, and so are written, in the order in which they were given to it.
    const auto strand = asio::make_strand(io_);
    std::deque<std::future<base::Status>> open;
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<state::NewEvent> unit{made_of(make(i))};
      open.push_back(asio::co_spawn(strand, appended(*store_, "default", std::move(unit)), asio::use_future));
      if (open.size() < at_once) continue;
      must(open.front().get());
      open.pop_front();
    }
    for (auto& each : open) must(each.get());
  }

  std::uint64_t head(const std::string& tenant) { return feed_->head(tenant)->seq; }

 private:
  state::NewEvent made_of(const LoggedEvent& event) {
    state::NewEvent made;
    made.type = event.type;
    made.subject = event.name;
    made.time = clock_.wall();
    made.id = base::Uuid::v7(made.time, random_);
    // What every event custom.* says; the test's own comes behind it.
    made.data = R"({"run":"01a21f2d-1143-7dd5-a63d-f8591fb55418","name":")" + event.name + '"' +
                (event.data == "{}" ? "" : ",") + event.data.substr(1);
    return made;
  }
  static void must(const base::Status& done) {
    if (!done.ok()) throw std::runtime_error(done.to_string());
  }
  static asio::awaitable<base::Status> appended(state::Store& store, std::string tenant,
                                                std::vector<state::NewEvent> unit) {
    auto appending = store.append(std::move(tenant), std::move(unit));
    const auto done = co_await std::move(appending);
    co_return done ? base::Status{} : done.error();
  }

  host::HostSettings host_settings() {
    host::HostSettings settings;
    settings.module_directories = {of_.module_.parent_path()};
    delivery::EventServiceParts parts{io_.get_executor(), *feed_, {}};
    parts.knows_tenant = [](const std::string&) { return true; };
    settings.services.emplace("pn.events/1", delivery::event_service(std::move(parts)));
    settings.services.emplace("pn.auth/1", [this](const host::ServiceCall& asked,
                                                  const host::ServiceReply& reply) { check(asked, reply); });
    return settings;
  }

  void check(const host::ServiceCall& asked, const host::ServiceReply& reply) {
    v1::CheckCallerRequest request;
    if (!request.ParseFromString(asked.request) || request.peer().empty())
      return reply(base::fail(base::invalid_argument("no request of Check")));
    const std::lock_guard lock(of_.mutex_);
    ++of_.checks_;
    if (of_.checks_fail_) return reply(base::fail(base::Status(*of_.checks_fail_, "no answer today")));
    const auto found = of_.callers_.find(request.credential());
    if (found == of_.callers_.end())
      return reply(base::fail(base::unauthenticated("this API key is not known here")));
    const KnownCaller& caller = found->second;
    if (caller.expires_ms != 0 && caller.expires_ms <= clock_.wall().time_since_epoch().count())
      return reply(base::fail(base::unauthenticated("this token has expired", "expired")));
    v1::CheckCallerReply known;
    known.set_tenant(caller.tenant);
    for (const std::string& name : caller.names) known.add_names(name);
    for (const std::string& type : caller.types) known.add_types(type);
    known.set_expires_ms(caller.expires_ms);
    known.set_caller("a test");
    reply(known.SerializeAsString());
  }

  void end() {
    if (host_) {
      asio::co_spawn(io_, host_->stop(base::Duration{10'000}), asio::use_future).get();
      host_.reset();
    }
    if (store_) store_->close();
    guard_.reset();
    threads_.clear();
  }

  EventHost& of_;
  base::SystemClock clock_;
  base::SystemRandom random_;
  observe::Log log_;
  observe::Metrics metrics_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> guard_{io_.get_executor()};
  std::unique_ptr<state::SqliteStore> store_;
  std::unique_ptr<events::EventFeed> feed_;
  std::unique_ptr<host::PluginHost> host_;
  std::vector<std::jthread> threads_;
};

EventHost::EventHost(std::filesystem::path module, boost::json::object table, std::filesystem::path folder)
    : module_(std::move(module)), table_(std::move(table)), folder_(std::move(folder)) {
  callers_["key"] = {};
}

EventHost::~EventHost() = default;

void EventHost::load() {
  running_ = std::make_unique<Running>(*this);
}

void EventHost::start() {
  load();
  const auto bytes = call("Start", "");
  if (!bytes) throw std::runtime_error(bytes.error().to_string());
  v1::StartServerReply started;
  if (!started.ParseFromString(*bytes) || started.addresses_size() != 1)
    throw std::runtime_error("Start said nothing of where it listens");
  port_ = port_in(started.addresses(0));
  table_["listen"] = "127.0.0.1:" + std::to_string(port_);
}

std::uint64_t EventHost::stop(base::Duration within) {
  v1::DrainServerRequest request;
  request.set_within_ms(static_cast<std::uint32_t>(within.count()));
  const auto bytes = call("Drain", request.SerializeAsString(), within + base::Duration{10'000});
  if (!bytes) throw std::runtime_error(bytes.error().to_string());
  v1::DrainServerReply drained;
  drained.ParseFromString(*bytes);
  end();
  return drained.cut();
}

void EventHost::end() {
  running_.reset();
}

base::Result<std::string> EventHost::call(const std::string& method, const std::string& request,
                                          base::Duration timeout) {
  return running_->call(method, request, timeout);
}

void EventHost::set_caller(const std::string& credential, KnownCaller caller) {
  const std::lock_guard lock(mutex_);
  callers_[credential] = std::move(caller);
}

void EventHost::forget_caller(const std::string& credential) {
  const std::lock_guard lock(mutex_);
  callers_.erase(credential);
}

void EventHost::fail_checks(std::optional<base::Code> code) {
  const std::lock_guard lock(mutex_);
  checks_fail_ = code;
}

std::size_t EventHost::checks() const {
  const std::lock_guard lock(mutex_);
  return checks_;
}

void EventHost::append(const std::vector<LoggedEvent>& events, const std::string& tenant) {
  running_->append(tenant, events);
}

void EventHost::append(std::size_t count, const std::string& tenant) {
  append(std::vector<LoggedEvent>(count), tenant);
}

void EventHost::append_each(std::size_t count, std::size_t at_once,
                            const std::function<LoggedEvent(std::size_t)>& make) {
  running_->append_each(count, at_once, make);
}

std::uint64_t EventHost::head(const std::string& tenant) {
  return running_->head(tenant);
}

void EventHost::change_epoch() {
  const bool ran = running_ != nullptr;
  if (ran) end();
  auto file =
      state::Connection::open((folder_ / "state.sqlite3").string(), state::Connection::Mode::kReadWrite);
  if (!file) throw std::runtime_error(file.error().to_string());
  const auto done = file->execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'epoch'");
  if (!done) throw std::runtime_error(done.error().to_string());
}

std::string EventHost::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

}  // namespace paynamed::fakes
