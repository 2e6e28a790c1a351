#include "payments/node_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace paynamed::payments {
namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = paynamed::plugin::v1;
using base::Code;
using base::Result;
using base::Status;

namespace {

constexpr base::Duration kLongPoll{20'000};
// Between two answers that say nothing new and came at once.
constexpr base::Duration kShortPause{1'000};
// Beyond the wait that was asked for.
constexpr base::Duration kAnswering{30'000};
// An empty answer after a wait may be a little old.
constexpr base::Duration kAnswerAge{5'000};
constexpr base::Duration kFirstPause{1'000};
constexpr base::Duration kLongestPause{60'000};
constexpr base::Duration kLongestAsked{300'000};
constexpr base::Duration kNotWatchedPause{600'000};
constexpr std::uint32_t kMostAtOnce = 1'000;

asio::awaitable<bool> cancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

}  // namespace

NodeWatch::NodeWatch(WatchedNode node, bool long_polls, const Services& services)
    : node_(std::move(node)),
      long_polls_(long_polls),
      with_(services),
      log_(services.log.with({{"instance", node_.instance}, {"node", node_.reference}})),
      taken_in_(services.metrics.counter("paynamed_payments_total", "Payments that were taken in.",
                                         {{"instance", node_.instance}})),
      batches_(services.metrics.counter("paynamed_payment_batches_total",
                                        "Answers of which payments were taken in, each in one transaction.",
                                        {{"instance", node_.instance}})),
      strays_(services.metrics.counter("paynamed_stray_payments_total",
                                       "Payments that paid nothing of ours and were passed by.",
                                       {{"instance", node_.instance}})),
      broken_(services.metrics.counter("paynamed_broken_payments_total",
                                       "Payments that a plugin told of in a way that cannot be true.",
                                       {{"instance", node_.instance}})),
      resyncs_(services.metrics.counter("paynamed_payment_resyncs_total",
                                        "Times that a node did not know its cursor and was read again.",
                                        {{"instance", node_.instance}})),
      failures_(services.metrics.counter("paynamed_payment_watch_failures_total",
                                         "Times that the payments of a node could not be read.",
                                         {{"instance", node_.instance}})) {
  status_.node = node_;
}

WatchStatus NodeWatch::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

asio::awaitable<void> NodeWatch::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  for (;;) {
    const Status ended = co_await watch();
    if (co_await cancelled()) co_return;
    tell(ended);
    if (!co_await base::sleep_for(with_.clock, pause_after(ended))) co_return;
  }
}

// Until something is in the way, which it gives back.
asio::awaitable<Status> NodeWatch::watch() {
  caught_up_ = false;
  auto attached = co_await attach();
  if (!attached) co_return attached.error();
  std::optional<Told> ahead;
  for (;;) {
    Told told;
    if (ahead) {
      told = *std::exchange(ahead, std::nullopt);
    } else {
      told = co_await listen(attached->cursor, next_wait());
    }
    if (co_await cancelled()) co_return base::cancelled("the watch was stopped");
    if (!told.reply) {
      adapt(told.reply.error());
      // A plugin of another version may not read the cursors of the one before.
      const Code code = told.reply.error().code();
      if (code == Code::kOutOfRange || (code == Code::kInvalidArgument && !attached->cursor.empty())) {
        refused_node_id_ = attached->source.node_id;
        refused_cursor_ = attached->cursor;
      }
      co_return told.reply.error();
    }
    // It took a cursor of its own, or has none to give.
    const bool takes_cursors = !attached->cursor.empty() || told.reply->next_cursor().empty();
    if (takes_cursors && is_resynced(*attached)) resynced_node_id_.clear();
    const bool was_caught_up = caught_up_;
    const bool empty = told.reply->payments().empty();
    const bool at_once = told.at_once && !told.read_ahead;
    const base::WallTime asked = told.asked;
    const base::WallTime answered = told.answered;
    const base::Duration wait = told.wait;
    Status taken = co_await take_in_and_listen(*attached, std::move(told), ahead);
    if (!taken.ok()) co_return taken;
    // Whether all is well shows when the cursor is used.
    if (is_resynced(*attached)) continue;
    if (empty) {
      read_to_the_end(asked, answered, wait);
    } else if (!was_caught_up) {
      fine(WatchStatus::State::kReading);
    }
    // No call may wait, or the plugin does not.
    if (empty && was_caught_up && at_once && !co_await base::sleep_for(with_.clock, kShortPause)) {
      co_return base::cancelled("the watch was stopped");
    }
  }
}

asio::awaitable<NodeWatch::Told> NodeWatch::listen(std::string cursor, base::Duration wait) {
  Told told;
  told.most = most_;
  told.wait = wait;
  told.asked = with_.clock.wall();
  const base::MonotonicTime begun = with_.clock.monotonic();
  told.reply = co_await poll(std::move(cursor), told.most, wait);
  told.answered = with_.clock.wall();
  told.at_once = with_.clock.monotonic() - begun < kShortPause;
  co_return told;
}

asio::awaitable<Result<NodeWatch::Description>> NodeWatch::describe() {
  pipeline::PluginCall wanted;
  wanted.instance = node_.instance;
  wanted.method = "Describe";
  wanted.timeout = kAnswering;
  wanted.background = true;
  const v1::DescribeNodesRequest request;
  auto reply = co_await ask<v1::DescribeNodesReply>(with_, std::move(wanted), request);
  if (!reply) co_return base::fail(reply.error());
  if (!reply->watch_payments()) {
    co_return base::fail(base::unimplemented(
        fmt::format("'{}' tells of no payments, so none are taken in from it", node_.instance)));
  }
  if (!is_network(reply->network())) {
    co_return base::fail(
        base::internal(fmt::format("instance '{}' describes a network that is none, so no payments are taken "
                                   "in from it; tell its author",
                                   node_.instance)));
  }
  Description description{reply->network(), false};
  description.livemode = reply->moves_money() && description.network == "bitcoin";
  co_return description;
}

asio::awaitable<Result<NodeWatch::Attached>> NodeWatch::attach() {
  auto description = co_await describe();
  if (!description) co_return base::fail(description.error());
  // Who the node is comes with every answer; what it tells of here is told again.
  std::string no_cursor;
  auto first = co_await poll(std::move(no_cursor), 1, base::Duration{0});
  if (!first) co_return base::fail(first.error());
  if (!is_node_id(first->node_id())) {
    co_return base::fail(base::internal(
        fmt::format("instance '{}' answered WatchPayments without saying which node it is; tell its author",
                    node_.instance)));
  }
  Attached attached;
  attached.source = {first->node_id(), node_.instance, node_.reference, description->network,
                     description->livemode};
  auto cursor = stored_cursor(attached.source);
  if (!cursor) co_return base::fail(cursor.error());
  attached.cursor = *std::move(cursor);
  {
    const std::lock_guard lock(mutex_);
    status_.node_id = attached.source.node_id;
  }
  const bool refused = !attached.cursor.empty() && refused_node_id_ == attached.source.node_id &&
                       refused_cursor_ == attached.cursor;
  refused_node_id_.clear();
  refused_cursor_.clear();
  if (refused) {
    if (auto again = co_await read_again(attached); !again) co_return base::fail(again.error());
  }
  co_return attached;
}

asio::awaitable<Result<void>> NodeWatch::read_again(Attached& attached) {
  const bool is_news = !is_resynced(attached);
  std::optional<state::NewEvent> news;
  if (is_news) news = resynced_event(attached);
  auto done = co_await with_.payments.restart_cursor(attached.source, attached.cursor, std::move(news));
  if (!done) co_return base::fail(done.error());
  resynced_node_id_ = attached.source.node_id;
  resyncs_.add();
  if (is_news) {
    log_.warning("the node does not know the last payment that was read from it; its payments are read again",
                 {{"node_id", attached.source.node_id}, {"cursor", attached.cursor}});
  }
  attached.cursor.clear();
  co_return Result<void>{};
}

state::NewEvent NodeWatch::resynced_event(const Attached& attached) const {
  json::object data;
  data["node_id"] = attached.source.node_id;
  data["node_instance"] = node_.instance;
  if (!node_.reference.empty()) data["node"] = node_.reference;
  data["reason"] =
      "the node does not know the last payment that was read from it; it was probably restored from "
      "a backup";
  state::NewEvent news;
  news.type = "node.resynced";
  news.subject = attached.source.node_id;
  news.time = with_.clock.wall();
  news.id = base::Uuid::v7(news.time, with_.random);
  news.data = json::serialize(data);
  return news;
}

asio::awaitable<Result<NodeWatch::Reply>> NodeWatch::poll(std::string cursor, std::uint32_t most,
                                                          base::Duration wait) {
  v1::WatchPaymentsRequest request;
  request.mutable_node()->set_node(node_.reference);
  for (const std::string& handle : node_.secret_handles) request.mutable_node()->add_secret_handles(handle);
  request.set_cursor(std::move(cursor));
  request.set_max(most);
  request.set_wait_ms(static_cast<std::uint32_t>(wait.count()));
  // A cancellation that came before the call is not told to it.
  if (co_await cancelled()) co_return base::fail(base::cancelled("the watch was stopped"));
  pipeline::PluginCall wanted;
  wanted.instance = node_.instance;
  wanted.method = "WatchPayments";
  wanted.timeout = wait + kAnswering;
  wanted.background = true;
  const base::MonotonicTime begun = with_.clock.monotonic();
  auto reply = co_await ask<Reply>(with_, std::move(wanted), request);
  // A quick full answer: there may be many more.
  const bool quick = with_.clock.monotonic() - begun < kAnswering / 10;
  if (reply && quick && reply->payments_size() >= static_cast<int>(most) && most == most_)
    most_ = std::min(most_ * 2, kMostAtOnce);
  co_return reply;
}

Result<std::string> NodeWatch::stored_cursor(const state::PaymentSource& source) const {
  auto cursor = with_.payments.find_cursor(source);
  if (!cursor) return base::fail(cursor.error());
  return *cursor ? std::move((*cursor)->cursor) : std::string{};
}

// Nothing waits at the node before all that is there was read.
base::Duration NodeWatch::next_wait() const {
  const bool may = caught_up_ && long_polls_ && (!with_.may_wait || with_.may_wait(node_.instance));
  return may ? kLongPoll : base::Duration{0};
}

// Each payment may cost the backend a question to its node: fewer at once, when it does not come to its end.
void NodeWatch::adapt(const Status& status) {
  if (status.code() == Code::kDeadlineExceeded) most_ = std::max(most_ / 2, 1U);
}

base::Duration NodeWatch::pause_after(const Status& status) {
  if (status.code() == Code::kUnimplemented) return kNotWatchedPause;
  const std::uint32_t doublings = std::min(failed_, 6U);
  ++failed_;
  base::Duration pause = std::min(kFirstPause * (1U << doublings), kLongestPause);
  pause = pause / 2 + with_.random.jitter(pause / 2);
  const base::Duration asked{status.retry_after_ms()};
  return std::max(pause, std::min(asked, kLongestAsked));
}

void NodeWatch::tell(const Status& status) {
  const bool not_watched = status.code() == Code::kUnimplemented;
  bool said = false;
  {
    const std::lock_guard lock(mutex_);
    said = status_.problem == status.message();
    status_.state = not_watched ? WatchStatus::State::kNotWatched : WatchStatus::State::kFailing;
    status_.problem = status.message();
  }
  if (!not_watched) failures_.add();
  if (said) return;
  if (not_watched) {
    log_.info("the payments of this node are not watched", {{"why", status}});
  } else {
    log_.warning("the payments of a node cannot be read; trying again", {{"why", status}});
  }
}

void NodeWatch::fine(WatchStatus::State state) {
  bool failed = false;
  {
    const std::lock_guard lock(mutex_);
    failed = status_.state == WatchStatus::State::kFailing;
    status_.state = state;
    status_.problem.clear();
  }
  if (failed) log_.info("the payments of the node can be read again");
}

// The plugin looked until it answered, and no longer than it was asked to; how long its answer was on its way
// nobody knows.
void NodeWatch::read_to_the_end(base::WallTime asked, base::WallTime answered, base::Duration wait) {
  failed_ = 0;
  caught_up_ = true;
  fine(WatchStatus::State::kWaiting);
  const std::lock_guard lock(mutex_);
  status_.read_until = std::max(asked, std::min(answered, asked + wait) - kAnswerAge);
}

}  // namespace paynamed::payments
