// Target: somebody who is notified, at work: which events it gets next, how many at once, and what came of
// them.
//
// It looks at the log from its cursor on and keeps a small window of events that its filter lets through.
// What was tried leaves the window with an outcome; outcomes are written in groups, each with the cursor that
// they allow: the seq before the earliest event without one. Deliveries that wait are read from the store
// when they are due. So what is in memory is bounded, however long the backlog.
//
// Nothing here waits: work() does all that can be done at the moment, and is called again by whatever changes
// that (an event, an answer, a write, a time).
//
// Threads: belongs to the engine's strand.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/json/object.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "delivery/attempt_places.hpp"
#include "delivery/backoff.hpp"
#include "delivery/conclusion.hpp"
#include "delivery/measures.hpp"
#include "delivery/pace.hpp"
#include "delivery/services.hpp"
#include "delivery/troubles.hpp"
#include "events/event_filter.hpp"

namespace paynamed::delivery {

using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;

class Target : public std::enable_shared_from_this<Target> {
 public:
  // What all targets have in common. What it refers to is the engine's, and not touched any more when
  // `stopping` and `abandoned`.
  struct Common {
    const Services& with;
    Measures& measures;
    Troubles& troubles;
    Strand strand;
    AttemptPlaces places = {};
    boost::asio::cancellation_signal stop_retention = {};
    bool retaining = false;
    bool stopping = false;              // no attempt begins any more
    bool abandoned = false;             // what comes of those that are under way is not written any more
    std::function<void()> rested = {};  // something is over
    std::function<void()> place_free = {};
    std::function<void(base::Uuid webhook)> changed = {};  // by the engine itself
  };
  // `common` outlives all but what is posted.
  Target(std::shared_ptr<Common> common, state::WebhookRow row, std::uint64_t head);

  // What its owner did, as the store has it now; deliveries may wait again.
  void change(state::WebhookRow row);
  // It is deleted.
  void remove();
  // The log goes on with these.
  void offer(const events::EventFeed::Page& page);
  // In a moment; many calls until then are one.
  void work_soon();
  void work();

  // It is deleted, or what came of it could not be written.
  bool is_over() const { return is_over_; }
  // Nothing is under way and nothing waits to be written.
  bool rests() const { return in_flight_ == 0 && !writing_ && (is_over_ || !has_news()); }
  const state::WebhookRow& row() const { return row_; }

 private:
  struct Fresh {
    events::SharedEvent event;
    bool in_flight = false;
  };
  // An attempt that is about to begin, or is under way.
  struct Job {
    state::DeliveryRow delivery;
    events::SharedEvent event;
    bool is_fresh = false;       // its event is in the window, and there is no row
    std::uint64_t revision = 0;  // of the target that is attempted
  };
  using Done = state::DeliveryUpdate::Done;

  // --- which events come next (target_events.cpp)
  void read_more();
  // False when it has to stop before the end of the page; whoever comes next goes on at `read_`.
  bool take_in(const events::EventFeed::Page& page, const std::set<std::uint64_t>& known);
  bool follow_change(std::uint64_t seq);
  bool has_ahead() const;
  std::optional<std::set<std::uint64_t>> known_until(std::uint64_t seq);
  bool has_room() const;
  void forget_window();
  // The next one to try; what has to wait behind another is put there on the way.
  std::optional<Job> next_job();
  std::optional<Job> next_fresh();
  std::optional<Job> next_due();
  void find_due();
  // Whether one of the same subject is before it. Of an ordered target.
  enum class Turn { kNow, kLater, kBehind };
  Turn turn_of(const std::string& subject, std::uint64_t seq);
  void put_behind(Job job);
  void begin_later(Job job, base::Duration wait);
  void finish(Done done);
  events::SharedEvent event_of(std::uint64_t seq);
  Job job_of(const events::SharedEvent& event) const;

  // --- attempts and what comes of them (target_outcomes.cpp)
  bool may_begin();
  bool begin_one();
  static boost::asio::awaitable<void> attempt(std::shared_ptr<Target> self, Job job);
  plugin::v1::DeliverRequest request_for(const Job& job) const;
  void ended(Job job, const Verdict& verdict, const Times& times);
  void give_back(const Job& job, const Verdict& verdict);
  void succeeded(base::WallTime now);
  void failed(const Verdict& verdict, base::WallTime now);
  void tell_dead_letter(const Done& done, base::WallTime now);
  void set_trouble(const std::string& why);
  void disable(std::string_view code, std::string reason, base::WallTime now);
  void say(std::string_view type, const boost::json::object& more, base::WallTime now);

  // --- what is written (target_writing.cpp)
  bool has_news() const;
  void write();
  static boost::asio::awaitable<void> record(std::shared_ptr<Target> self, state::DeliveryUpdate update);
  void written(const base::Result<void>& result);
  void give_up(const base::Status& why);
  void keep_standing(state::WebhookRow& row);
  void look_again();
  std::uint64_t cursor() const;
  void set_timer();

  const Schedule& schedule() const;
  std::uint32_t concurrency() const;
  bool is_active() const { return row_.state == state::WebhookState::kActive; }

  const std::shared_ptr<Common> common_;
  const Services& with_;
  state::WebhookRow row_;
  std::string id_;
  events::EventFilter filter_;
  std::shared_ptr<const Settings> settings_;
  bool is_over_ = false;  // deleted, or what came of it cannot be written

  // Of the log.
  std::uint64_t head_ = 0;     // it goes at least so far
  std::uint64_t read_ = 0;     // looked at up to here
  std::uint64_t written_ = 0;  // the cursor in the store
  bool rows_ahead_ = true;     // there may be deliveries after the cursor
  std::map<std::uint64_t, Fresh> window_;
  std::size_t window_bytes_ = 0;

  // Of what waits.
  bool may_wait_ = false;  // the store may have some
  bool due_is_known_ = false;
  std::optional<base::WallTime> next_due_;
  std::deque<state::DeliveryRow> due_;
  std::set<std::uint64_t> busy_;  // under way, or with an outcome that is not written yet
  bool fresh_is_next_ = true;

  // Of attempts.
  std::size_t in_flight_ = 0;
  // Of an ordered target: subjects with an attempt that is under way, or whose outcome is not on disk. The
  // next event of one waits, or a crash would send the one before after it.
  std::set<std::string> subjects_;
  Pace pace_;
  Backoff mending_;   // an operator has to mend something
  Backoff resting_;   // nothing was begun; it will be soon
  Backoff knocking_;  // it has failed for a while: one attempt at a time
  std::string trouble_;
  std::uint32_t failures_ = 0;  // in a row

  // To be written.
  std::vector<Done> finished_;
  std::size_t finished_bytes_ = 0;
  std::vector<state::NewEvent> news_;
  std::optional<state::NewEvent> disabled_;
  bool disables_ = false;       // from then on until the store has it
  bool cursor_counts_ = false;  // it is to be written however little it passed
  std::set<std::uint64_t> in_writing_;
  // Of an ordered target: subjects that are free when what is to be written, or is being written, is.
  std::vector<std::string> freed_subjects_;
  std::vector<std::string> subjects_in_writing_;
  bool writing_ = false;

  bool work_is_posted_ = false;
  std::unique_ptr<base::Clock::Timer> timer_;
  std::optional<base::MonotonicTime> timer_at_;
};

}  // namespace paynamed::delivery
