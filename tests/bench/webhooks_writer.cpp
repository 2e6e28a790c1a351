#include "tests/bench/webhooks_writer.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "state/unit_writer.hpp"
#include "tests/bench/must.hpp"
#include "tests/bench/names_file.hpp"

namespace paynamed::bench {
namespace {

state::DeliveriesUnit unit_of(const state::WebhookRow& webhook, std::uint64_t from, std::uint64_t to,
                              base::WallTime now) {
  state::DeliveryUpdate update;
  update.webhook = webhook.id;
  update.cursor = to;
  state::DeliveryUpdate::Standing standing;
  standing.delivered = now;
  update.standing = std::move(standing);
  for (std::uint64_t seq = from; seq <= to; ++seq) {
    state::DeliveryUpdate::Done done;
    done.delivery.seq = seq;
    done.delivery.state = state::DeliveryState::kDelivered;
    done.delivery.attempts = done.delivery.tries = 1;
    done.delivery.created = done.delivery.updated = now;
    done.attempt = state::AttemptRow{1, now, base::Duration{1}, 200, true, {}, {}};
    update.done.push_back(std::move(done));
  }
  return must(state::check(std::move(update)));
}

}  // namespace

double write_deliveries(const std::filesystem::path& state, const std::vector<state::WebhookRow>& webhooks,
                        std::size_t events, std::size_t group) {
  const base::SystemClock clock;
  std::vector<std::vector<state::DeliveriesUnit>> transactions;
  for (std::uint64_t from = 1; from <= events; from += group) {
    auto& units = transactions.emplace_back();
    const std::uint64_t to = std::min<std::uint64_t>(from + group - 1, events);
    for (const state::WebhookRow& webhook : webhooks)
      units.push_back(unit_of(webhook, from, to, clock.wall()));
  }
  auto connection = open_file(state.string());
  state::UnitWriter writer(connection, UINT64_MAX);
  must(writer.load());
  const auto begin = clock.monotonic();
  for (const auto& units : transactions) {
    must(writer.begin());
    for (const state::DeliveriesUnit& unit : units) must(writer.write(unit));
    must(writer.commit());
  }
  const std::chrono::duration<double> spent = clock.monotonic() - begin;
  return static_cast<double>(events * webhooks.size()) / spent.count();
}

}  // namespace paynamed::bench
