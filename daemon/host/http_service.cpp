#include "host/http_service.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <functional>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "host/http_budgets.hpp"
#include "host/http_measures.hpp"
#include "host/http_message.hpp"
#include "host/text.hpp"
#include "net/https_client.hpp"
#include "net/trust_memory.hpp"

namespace paynamed::host {
namespace asio = boost::asio;

namespace {

// For a call without a time of its own, and at most.
constexpr base::Duration kMostTime{600'000};
constexpr base::Duration kLongestHold{86'400'000};

base::Result<std::string> not_sent() {
  return base::fail(base::unavailable("The instance stops, so the HTTP request was not sent."));
}

net::HttpsClientSettings client_settings(std::shared_ptr<const net::TlsPolicy> policy) {
  net::HttpsClientSettings settings;
  settings.policy = std::move(policy);
  settings.most_open = 100'000;  // an instance has at most 1,000
  settings.most_per_origin = 16;
  settings.most_lookups = 64;
  settings.idle_per_origin = 16;
  settings.idle_total = 64;
  settings.most_header_bytes = 64 * 1024;
  return settings;
}

// A request on its way. Its coroutine runs on the strand, and so does what ends it early.
struct Running : std::enable_shared_from_this<Running> {
  Running(asio::any_io_executor executor, ServiceCall call_, CheckedHttpRequest checked_, ServiceReply reply_)
      : strand(asio::make_strand(std::move(executor))),
        call(std::move(call_)),
        checked(std::move(checked_)),
        reply(std::move(reply_)) {}

  void end_with(const std::stop_token& token,
                std::optional<std::stop_callback<std::function<void()>>>& place) {
    place.emplace(token, [this_weak = weak_from_this()] {
      const auto self = this_weak.lock();
      if (!self) return;
      asio::post(self->strand, [self] { self->signal.emit(asio::cancellation_type::terminal); });
    });
  }

  const asio::strand<asio::any_io_executor> strand;
  const ServiceCall call;
  CheckedHttpRequest checked;
  const ServiceReply reply;
  asio::cancellation_signal signal;
  std::optional<std::stop_callback<std::function<void()>>> with_instance;
  std::optional<std::stop_callback<std::function<void()>>> with_service;
};

}  // namespace

class HttpService::State : public std::enable_shared_from_this<State> {
 public:
  State(asio::any_io_executor executor, base::Clock& clock, observe::Log log, observe::Metrics& metrics,
        const std::shared_ptr<const net::TlsPolicy>& policy)
      : executor_(std::move(executor)),
        clock_(clock),
        client_(executor_, clock, client_settings(policy)),
        guarded_(executor_, clock, client_settings(policy)),
        budgets_(executor_, clock, metrics),
        log_(log),
        measures_(std::move(log), metrics) {}

  void handle(ServiceCall call, ServiceReply reply);
  void end() {
    ended_.request_stop();
    budgets_.end_waits();
    client_.end_waits();
    guarded_.end_waits();
  }
  std::size_t connections() const { return client_.connections() + guarded_.connections(); }

 private:
  void request(ServiceCall call, ServiceReply reply);
  static void check(const ServiceCall& call, const ServiceReply& reply);
  void hold_budget(const ServiceCall& call, const ServiceReply& reply);
  struct Ended {
    Ended(base::Result<std::string> answer_, unsigned status_)
        : answer(std::move(answer_)), status(status_) {}
    base::Result<std::string> answer;
    unsigned status;  // of HTTP; 0 without an answer
  };
  asio::awaitable<Ended> send(std::shared_ptr<Running> running);
  static asio::awaitable<void> run(std::shared_ptr<State> self, std::shared_ptr<Running> running);

  const asio::any_io_executor executor_;
  base::Clock& clock_;
  net::TrustMemory trust_;
  const net::HttpsClient client_;
  // For URLs of strangers: the connections that are kept for them take no place of the others.
  const net::HttpsClient guarded_;
  HttpBudgets budgets_;
  const observe::Log log_;
  HttpMeasures measures_;
  std::stop_source ended_;
};

void HttpService::State::handle(ServiceCall call, ServiceReply reply) {
  if (call.method == "Request") return request(std::move(call), std::move(reply));
  if (call.method == "Check") return check(call, reply);
  if (call.method == "HoldBudget") return hold_budget(call, reply);
  reply(base::fail(base::unimplemented("pn.http/1 has no method " + printable(call.method, 64) + ".")));
}

void HttpService::State::request(ServiceCall call, ServiceReply reply) {
  plugin::v1::HttpRequest message;
  if (!message.ParseFromString(call.request)) {
    return reply(base::fail(base::invalid_argument("The request Request could not be decoded.")));
  }
  if (call.ended.stop_requested()) {
    return reply(not_sent());
  }
  call.request.clear();
  call.background = call.background || message.background();
  auto checked = check_http_request(message, trust_);
  if (!checked) return reply(base::fail(checked.error()));
  checked->request.background = call.background;
  const std::stop_token with_instance = call.ended;
  const auto running =
      std::make_shared<Running>(executor_, std::move(call), *std::move(checked), std::move(reply));
  asio::co_spawn(running->strand, run(shared_from_this(), running),
                 asio::bind_cancellation_slot(running->signal.slot(),
                                              [running](const std::exception_ptr&) {  // keeps the signal
                                              }));
  running->end_with(with_instance, running->with_instance);
  running->end_with(ended_.get_token(), running->with_service);
}

void HttpService::State::check(const ServiceCall& call, const ServiceReply& reply) {
  plugin::v1::HttpRequest message;
  if (!message.ParseFromString(call.request)) {
    return reply(base::fail(base::invalid_argument("The request Check could not be decoded.")));
  }
  const auto url = check_http_url(message);
  if (!url) return reply(base::fail(url.error()));
  plugin::v1::HttpCheckReply checked;
  checked.set_url(*url);
  reply(checked.SerializeAsString());
}

void HttpService::State::hold_budget(const ServiceCall& call, const ServiceReply& reply) {
  plugin::v1::HoldBudgetRequest message;
  if (!message.ParseFromString(call.request)) {
    return reply(base::fail(base::invalid_argument("The request HoldBudget could not be decoded.")));
  }
  if (auto status = check_budget_key(message.key()); !status.ok())
    return reply(base::fail(std::move(status)));
  const base::Duration time{message.hold_ms()};
  budgets_.hold(call.module, message.key(), std::min(time, kLongestHold));
  log_.info("a server asked for a pause",
            {{"instance", call.instance}, {"budget", message.key()}, {"ms", time.count()}});
  reply(plugin::v1::HoldBudgetReply().SerializeAsString());
}

// Budgets first: who waits for one must not hold a place at the server.
asio::awaitable<HttpService::State::Ended> HttpService::State::send(std::shared_ptr<Running> running) {
  const ServiceCall& call = running->call;
  const base::Duration most = call.timeout.count() > 0 ? std::min(call.timeout, kMostTime) : kMostTime;
  const base::MonotonicTime end = clock_.monotonic() + most;
  const std::vector<BudgetShare>& budgets = running->checked.budgets;
  if (!budgets.empty()) {
    auto spending = budgets_.spend(call.module, budgets, call.background, end);
    const base::Status spent = co_await std::move(spending);
    if (spent.code() == base::Code::kCancelled) co_return Ended(not_sent(), 0);
    if (!spent.ok()) co_return Ended(base::fail(spent), 0);
  }
  const auto left = std::chrono::ceil<base::Duration>(end - clock_.monotonic());
  const net::HttpsClient& client = running->checked.request.guard ? guarded_ : client_;
  auto sending = client.attempt(std::move(running->checked.request), std::max(left, base::Duration{1}));
  net::HttpOutcome outcome = co_await std::move(sending);
  if (!outcome.sent) budgets_.give_back(call.module, budgets);
  const unsigned status = outcome.result ? outcome.result->status : 0;
  co_return Ended(to_http_reply(std::move(outcome)), status);
}

asio::awaitable<void> HttpService::State::run(std::shared_ptr<State> self, std::shared_ptr<Running> running) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const base::MonotonicTime began = self->clock_.monotonic();
  Ended ended(not_sent(), 0);
  try {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() == asio::cancellation_type::none) {
      auto sending = self->send(running);
      ended = co_await std::move(sending);
    }
  } catch (const std::exception& failure) {
    // Whatever it was, something may have been sent.
    ended.answer =
        base::fail(base::unknown("The HTTP request failed inside the daemon; try again.", failure.what()));
  }
  const auto took = std::chrono::duration_cast<base::Duration>(self->clock_.monotonic() - began);
  base::Result<unsigned> status = ended.status;
  if (!ended.answer) status = base::fail(ended.answer.error());
  self->measures_.ended(running->call, running->checked.place, status, took);
  running->reply(std::move(ended.answer));
}

base::Result<std::unique_ptr<HttpService>> HttpService::create(asio::any_io_executor executor,
                                                               base::Clock& clock, observe::Log log,
                                                               observe::Metrics& metrics) {
  auto policy = net::TlsPolicy::create();
  if (!policy) return base::fail(policy.error());
  auto state = std::make_shared<State>(std::move(executor), clock, std::move(log), metrics, *policy);
  std::unique_ptr<HttpService> service(new HttpService(std::move(state)));
  const auto gauge = metrics.gauge("paynamed_http_connections",
                                   "HTTP connections of plugins that are open, kept ones included.");
  service->refresh_ = metrics.before_text(
      [state = service->state_.get(), gauge] { gauge.set(static_cast<double>(state->connections())); });
  return service;
}

HttpService::HttpService(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpService::~HttpService() {
  refresh_.reset();
  state_->end();
}

Service HttpService::service() const {
  return [state = state_](ServiceCall call, ServiceReply reply) {
    state->handle(std::move(call), std::move(reply));
  };
}

}  // namespace paynamed::host
