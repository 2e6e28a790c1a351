// offer.disable: the name's offers that are no longer in DNS are retired. They stay payable until
// retire_after is over, or they end by themselves (pipeline/retirement.hpp disables them then), for wallets
// may still hold the old record.
#include <fmt/format.h>

#include <algorithm>

#include "pipeline/actions/actions.hpp"
#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::uint32_t kMostOffers = 1'000;

class OfferDisable final : public Action {
 public:
  explicit OfferDisable(const Services& services) : services_(services) {}
  bool has_effect() const override { return false; }
  bool is_final() const override { return true; }

  asio::awaitable<StepResult> perform(const StepContext& context) override {
    auto offers = services_.store.offers_of(context.input.tenant, context.input.name.text(), kMostOffers);
    if (!offers) co_return Failure{offers.error(), false, false};
    const std::string kept = offer_in_dns(context);
    const auto runtime = services_.runtime();
    const config::Domain* domain = runtime->config.find_domain(context.input.name.domain());
    const base::WallTime kept_until =
        context.now + (domain ? domain->retire_after : config::Domain{}.retire_after);

    Done done;
    base::WallTime last = context.now;
    for (const state::OfferRow& offer : *offers) {
      if (offer.state != state::OfferState::kActive || offer.offer_id == kept) continue;
      const base::WallTime until =
          std::max(std::min(kept_until, offer.expires.value_or(kept_until)), context.now);
      last = std::max(last, until);
      json::object data;
      data["offer_id"] = offer.offer_id;
      data["until"] = base::to_rfc3339(until);
      done.events.push_back(event_of("offer.retired", context.run, context.input, std::move(data)));
    }
    if (done.events.empty()) co_return Skipped{"no offer has to be retired"};
    done.message = fmt::format("{} offer{} retired, payable until {}", done.events.size(),
                               done.events.size() > 1 ? "s" : "", base::to_rfc3339(last).substr(0, 10));
    co_return done;
  }

 private:
  static std::string offer_in_dns(const StepContext& context) {
    for (std::size_t i = 0; i < context.index; ++i) {
      const StepProgress& step = context.progress.step(i);
      if (step.state != StepView::State::kDone) continue;
      if (context.pipeline.steps[i].kind == "dns.publish") return text_of(step.intent, "offer_id");
      if (context.pipeline.steps[i].kind == "dns.withdraw") return {};
    }
    return context.input.before ? context.input.before->offer_id : std::string{};
  }

  Services services_;
};

}  // namespace

std::unique_ptr<Action> make_offer_disable(const Services& services) {
  return std::make_unique<OfferDisable>(services);
}

}  // namespace paynamed::pipeline
