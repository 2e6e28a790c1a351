// dns.await: every address of every authoritative server has the record.
#include <algorithm>

#include <boost/json/parse.hpp>

#include "pipeline/actions/actions.hpp"
#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr base::Duration kPoll{1'000};
constexpr base::Duration kLongestPoll{60'000};

class DnsAwait final : public Action {
 public:
  explicit DnsAwait(const Services& services) : services_(services) {}
  bool has_effect() const override { return false; }

  asio::awaitable<StepResult> perform(const StepContext& context) override {
    const json::object* published = context.outputs_of_kind("dns.publish");
    if (!published) co_return Skipped{"nothing was published"};
    auto report = co_await services_.check_authoritatives(context.input.name, text_of(*published, "value"));
    const auto looks = integer_of(context.step_progress().wait_state, "looks").value_or(0);
    const base::Duration poll = context.duration_argument("poll").value_or(kPoll);
    const base::Duration pause{
        std::min(poll.count() << std::min<std::int64_t>(looks, 16), kLongestPoll.count())};
    if (!report || !report->everywhere) {
      json::object state;
      state["looks"] = looks + 1;
      co_return Wait{context.now + pause, report ? report->sentence : report.error().message(),
                     std::move(state)};
    }
    Done done;
    done.message = report->sentence;
    boost::system::error_code error;
    json::value details = json::parse(report->details, error);
    if (!error) done.outputs["servers"] = std::move(details);
    co_return done;
  }

 private:
  Services services_;
};

}  // namespace

std::unique_ptr<Action> make_dns_await(const Services& services) {
  return std::make_unique<DnsAwait>(services);
}

}  // namespace paynamed::pipeline
