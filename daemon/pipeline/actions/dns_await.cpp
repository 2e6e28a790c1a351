// dns.await: every address of every authoritative server has the record, and then the configured resolvers.
// Where the provider itself knows when a change has reached its servers, they are not asked before.
#include <algorithm>
#include <cmath>

#include <boost/json/parse.hpp>

#include "pipeline/actions/actions.hpp"
#include "pipeline/actions/dns_zone.hpp"
#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr base::Duration kPoll{1'000};
// Servers that sign what they get need a moment, and somebody waits: a look comes at most a quarter later
// than it might.
constexpr base::Duration kInteractivePoll{200};
constexpr double kInteractiveGrowth = 1.25;
constexpr base::Duration kLongestPoll{60'000};
// A provider is asked often, for it is cheap, and not believed for ever.
constexpr base::Duration kLongestPendingPoll{8'000};
constexpr base::Duration kMostPending{180'000};

class DnsAwait final : public Action {
 public:
  explicit DnsAwait(const Services& services) : services_(services), zone_(services) {}
  bool has_effect() const override { return false; }

  asio::awaitable<StepResult> perform(const StepContext& context) override {
    const json::object* published = context.outputs_of_kind("dns.publish");
    if (!published) co_return Skipped{"nothing was published"};
    const std::string value = text_of(*published, "value");
    const json::object& before = context.step_progress().wait_state;
    if (auto wait = co_await wait_for_provider(context, *published)) co_return *std::move(wait);
    const auto turn = co_await services_.turn_of(context.input);
    auto report = co_await services_.check_authoritatives(context.input.name, value);
    if (!report || !report->everywhere) {
      co_return look_again(context, report ? report->sentence : report.error().message(), base::Duration{0},
                           std::nullopt);
    }
    // Resolvers are asked when the authoritative servers have agreed for the domain's settle time: what they
    // find too early they remember.
    const base::WallTime agreed = time_of(before, "agreed").value_or(context.now);
    const base::WallTime settled = agreed + settle_of(context);
    if (context.now < settled && before.if_contains("agreed") == nullptr) {
      json::object state;
      state["agreed"] = base::to_rfc3339(agreed);
      co_return Wait{settled, "letting the provider's servers settle before a resolver is asked",
                     std::move(state)};
    }
    const auto resolvers = co_await services_.check_resolvers(context.input.name, value);
    if (resolvers && !resolvers->enough) {
      co_return look_again(context, report->sentence + "; " + resolvers->sentence,
                           std::chrono::seconds{resolvers->cached_seconds}, agreed);
    }
    Done done;
    done.message = resolvers ? report->sentence + "; " + resolvers->sentence : report->sentence;
    add_details(done.outputs, "servers", report->details);
    if (resolvers) add_details(done.outputs, "resolvers", resolvers->details);
    co_return done;
  }

 private:
  asio::awaitable<std::optional<Wait>> wait_for_provider(const StepContext& context,
                                                         const json::object& published) const {
    const json::object& before = context.step_progress().wait_state;
    const bool asks_servers = before.contains("looks") || before.contains("agreed");
    const base::WallTime since = time_of(before, "pending_since").value_or(context.now);
    if (asks_servers || context.now >= since + kMostPending) co_return std::nullopt;
    auto pending = co_await zone_.pending(context, published);
    if (!pending) co_return std::nullopt;
    const auto looks = integer_of(before, "pending_looks").value_or(0);
    const base::Duration doubled{kPoll.count() << std::min<std::int64_t>(looks, 16)};
    json::object state;
    state["pending_looks"] = looks + 1;
    state["pending_since"] = base::to_rfc3339(since);
    co_return Wait{context.now + std::min(doubled, kLongestPendingPoll), *std::move(pending),
                   std::move(state)};
  }

  // Less often each time, and not before those who remember something else may have forgotten it.
  static Wait look_again(const StepContext& context, std::string message, base::Duration cached,
                         std::optional<base::WallTime> agreed) {
    const auto looks = integer_of(context.step_progress().wait_state, "looks").value_or(0);
    const base::Duration pause = std::min(std::max(pause_after(context, looks), cached), kLongestPoll);
    json::object state;
    state["looks"] = looks + 1;
    if (agreed) state["agreed"] = base::to_rfc3339(*agreed);
    return Wait{context.now + pause, std::move(message), std::move(state)};
  }

  static base::Duration pause_after(const StepContext& context, std::int64_t looks) {
    const auto poll = context.duration_argument("poll");
    if (context.input.bulk || poll) {
      return base::Duration{poll.value_or(kPoll).count() << std::min<std::int64_t>(looks, 16)};
    }
    const double grown = std::pow(kInteractiveGrowth, static_cast<double>(std::min<std::int64_t>(looks, 64)));
    return base::Duration{std::llround(static_cast<double>(kInteractivePoll.count()) * grown)};
  }

  base::Duration settle_of(const StepContext& context) const {
    const auto runtime = services_.runtime();
    const config::Domain* domain = runtime->config.find_domain(context.input.name.domain());
    return domain ? domain->settle : base::Duration{0};
  }

  static std::optional<base::WallTime> time_of(const json::object& state, std::string_view key) {
    const auto time = base::from_rfc3339(text_of(state, key));
    return time ? std::optional{*time} : std::nullopt;
  }

  static void add_details(json::object& outputs, std::string_view key, const std::string& details) {
    boost::system::error_code error;
    json::value parsed = json::parse(details, error);
    if (!error) outputs[key] = std::move(parsed);
  }

  Services services_;
  DnsZone zone_;
};

}  // namespace

std::unique_ptr<Action> make_dns_await(const Services& services) {
  return std::make_unique<DnsAwait>(services);
}

}  // namespace paynamed::pipeline
