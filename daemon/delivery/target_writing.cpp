// What a target writes: outcomes in groups, with the cursor that they allow.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/failpoint.hpp"
#include "delivery/target.hpp"

namespace paynamed::delivery {
namespace asio = boost::asio;

namespace {

// A cursor that only passed what the target does not want is written after so many events: what is lost of it
// is only looked at again.
constexpr std::uint64_t kUnwanted = 4'096;

}  // namespace

std::uint64_t Target::cursor() const {
  return window_.empty() ? read_ : std::min(read_, window_.begin()->first - 1);
}

bool Target::has_news() const {
  if (is_over_) return false;
  const std::uint64_t at = cursor();
  const std::uint64_t passed = at > written_ ? at - written_ : 0;
  const bool any = common_->stopping || cursor_counts_;
  return !finished_.empty() || !news_.empty() || disabled_ || passed >= (any ? 1 : kUnwanted);
}

void Target::write() {
  if (writing_ || is_over_ || common_->abandoned || !has_news()) return;
  writing_ = true;
  state::DeliveryUpdate update;
  update.webhook = row_.id;
  update.revision = row_.revision;
  update.cursor = cursor();
  update.done = std::exchange(finished_, {});
  finished_bytes_ = 0;
  update.events = std::exchange(news_, {});
  update.disabled = std::exchange(disabled_, {});
  cursor_counts_ = false;
  state::DeliveryUpdate::Standing standing{row_.failing_since, row_.delivered, row_.told_failing,
                                           row_.told_dead_letter, row_.reason};
  update.standing = std::move(standing);
  for (const Done& done : update.done) in_writing_.insert(done.delivery.seq);
  subjects_in_writing_ = std::exchange(freed_subjects_, {});
  asio::co_spawn(common_->strand, record(shared_from_this(), std::move(update)), asio::detached);
}

asio::awaitable<void> Target::record(std::shared_ptr<Target> self, state::DeliveryUpdate update) {
  const std::uint64_t cursor = update.cursor.value_or(0);
  const bool disables = update.disabled.has_value();
  PAYNAMED_FAILPOINT("delivery.outcome.before");
  // An event that cannot be written must not take with it what it tells of.
  std::optional<state::DeliveryUpdate> silent;
  if (!update.events.empty()) {
    silent = update;
    silent->events.clear();
  }
  base::Result<void> result = co_await self->with_.store.record_deliveries(std::move(update));
  if (!result && silent && result.error().code() != base::Code::kNotFound) {
    self->with_.log.error("events about a webhook could not be written, so they are left out",
                          {{"webhook", self->id_}, {"why", result.error()}});
    result = co_await self->with_.store.record_deliveries(*std::move(silent));
  }
  PAYNAMED_FAILPOINT("delivery.outcome.after");
  if (self->common_->abandoned) co_return;
  if (result) self->written_ = std::max(self->written_, cursor);
  // Its owner may have enabled it in the same moment: what the store has counts.
  if (disables && result) self->look_again();
  self->written(result);
}

void Target::look_again() {
  if (is_over_) return;
  auto row = with_.store.load_webhook(row_.id);
  if (!row || !*row) return;
  disables_ = false;
  change(**std::move(row));
}

// Going on would pass over what was not written: who takes it up anew does so where the file says.
void Target::give_up(const base::Status& why) {
  with_.log.error(
      "what became of deliveries could not be written, so the webhook rests until it is changed or the "
      "daemon "
      "is restarted",
      {{"webhook", id_}, {"why", why}});
  trouble_ = why.message();
  common_->troubles.set(row_.id, row_.instance);
}

void Target::written(const base::Result<void>& result) {
  writing_ = false;
  for (const std::uint64_t seq : in_writing_) busy_.erase(seq);
  in_writing_.clear();
  for (const std::string& subject : subjects_in_writing_) subjects_.erase(subject);
  subjects_in_writing_.clear();
  due_is_known_ = false;
  if (!result) {
    remove();
    if (result.error().code() != base::Code::kNotFound) give_up(result.error());
  }
  work();
  if (common_->rested) common_->rested();
}

}  // namespace paynamed::delivery
