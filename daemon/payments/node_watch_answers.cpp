// What NodeWatch makes of an answer: it is checked and taken in.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "net/parallel.hpp"
#include "payments/node_watch.hpp"

namespace paynamed::payments {
namespace asio = boost::asio;
using base::Code;
using base::Status;

namespace {

constexpr int kMostInAnswer = 10'000;
constexpr std::size_t kMostCursorBytes = 1'024;

}  // namespace

// A full answer is a part of a backlog: the node and the disk work on it at the same time. What was read is
// used only when the cursor that it was read from is the one that was written.
asio::awaitable<Status> NodeWatch::take_in_and_listen(Attached& attached, Told told,
                                                      std::optional<Told>& ahead) {
  Reply reply = *std::move(told.reply);
  std::string next = reply.next_cursor();
  const bool is_full = static_cast<std::uint32_t>(reply.payments_size()) >= told.most;
  const bool is_cursor = !next.empty() && next.size() <= kMostCursorBytes && next != attached.cursor;
  if (!is_full || !is_cursor) co_return co_await take_in(attached, std::move(reply));
  std::vector<asio::awaitable<Half>> both;
  both.push_back(write_half(attached, std::move(reply)));
  both.push_back(read_half(next));
  std::vector<Half> halves = co_await net::in_parallel(std::move(both));
  Half& written = halves.at(0);
  if (written.taken.ok() && attached.cursor == next) ahead = std::move(halves.at(1).told);
  co_return std::move(written.taken);
}

asio::awaitable<NodeWatch::Half> NodeWatch::write_half(Attached& attached, Reply reply) {
  co_await asio::this_coro::throw_if_cancelled(false);
  Half half;
  half.taken = co_await take_in(attached, std::move(reply));
  co_return half;
}

asio::awaitable<NodeWatch::Half> NodeWatch::read_half(std::string cursor) {
  co_await asio::this_coro::throw_if_cancelled(false);
  Half half;
  half.told = co_await listen(std::move(cursor), base::Duration{0});
  half.told->read_ahead = true;
  co_return half;
}

Status NodeWatch::check(const Attached& attached, const Reply& reply) const {
  const auto wrong = [&](std::string_view what) {
    return base::internal(
        fmt::format("instance '{}' answered WatchPayments {}; tell its author", node_.instance, what));
  };
  if (!is_node_id(reply.node_id())) return wrong("without saying which node it is");
  if (reply.node_id() != attached.source.node_id) {
    return base::aborted(fmt::format("another node stands behind '{}' by now: {} instead of {}",
                                     node_.instance, reply.node_id(), attached.source.node_id));
  }
  if (reply.payments_size() > kMostInAnswer) return wrong("with more payments than were asked for");
  if (reply.next_cursor().size() > kMostCursorBytes) return wrong("with a cursor that is too long");
  const bool moves_on = !reply.payments().empty();
  if (reply.next_cursor().empty() && (moves_on || !attached.cursor.empty())) return wrong("without a cursor");
  return {};
}

asio::awaitable<Status> NodeWatch::take_in(Attached& attached, Reply reply) {
  if (Status wrong = check(attached, reply); !wrong.ok()) co_return wrong;
  if (reply.payments().empty() && reply.next_cursor() == attached.cursor) co_return Status{};
  CheckedPayments told = checked(reply);
  const auto doubtful = std::ranges::find(told.broken, true, &Broken::is_doubtful);
  const bool stays = reply.next_cursor() == attached.cursor;
  state::TakeIn batch;
  batch.source = attached.source;
  batch.expected_cursor = attached.cursor;
  batch.next_cursor = doubtful == told.broken.end() ? reply.next_cursor() : attached.cursor;
  batch.payments = std::move(told.payments);
  for (const Broken& each : told.broken) batch.broken.push_back(each.of);
  batch.time = with_.clock.wall();
  std::string next = batch.next_cursor;
  const auto counted = co_await with_.payments.take_in(std::move(batch));
  if (!counted && counted.error().code() == Code::kAborted) {
    auto cursor = stored_cursor(attached.source);
    if (!cursor) co_return cursor.error();
    attached.cursor = *std::move(cursor);
    co_return Status{};
  }
  if (!counted) co_return counted.error();
  if (counted->held.empty()) attached.cursor = std::move(next);
  if (counted->taken_in > 0) batches_.add();
  taken_in_.add(counted->taken_in);
  strays_.add(counted->strays);
  broken_.add(static_cast<double>(told.broken.size()));
  if (doubtful != told.broken.end()) co_return holds(*doubtful);
  if (!counted->held.empty()) co_return holds(told.broken.at(counted->held.front()));
  if (!told.broken.empty() && !std::exchange(attached.told_of_broken, true)) {
    log_.warning("payments that paid nothing of ours cannot be true as they are told, and were passed by",
                 {{"count", std::to_string(told.broken.size())}});
  }
  if (stays) {
    co_return base::internal(fmt::format(
        "instance '{}' told of payments without moving its cursor on; tell its author", node_.instance));
  }
  co_return Status{};
}

// Without a count: what is the same trouble is told once.
Status NodeWatch::holds(const Broken& payment) const {
  return base::internal(fmt::format(
      "instance '{}' tells of payments that cannot be true, and nothing behind them is read until it is "
      "mended: {}",
      node_.instance, payment.problem.message()));
}

}  // namespace paynamed::payments
