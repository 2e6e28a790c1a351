#include "nodes/node_watch.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/run_on.hpp"
#include "nodes/node_identity.hpp"
#include "nodes/node_news.hpp"

namespace paynamed::nodes {
namespace asio = boost::asio;

namespace {

using state::NodePlace;
using state::Ternary;

constexpr base::Duration kRefresh{5'000};       // between looks at which nodes there are
constexpr base::Duration kPauseWhileBusy{200};  // looks may end soon
constexpr base::Duration kFirstWithin{1'000};   // new nodes are asked within this
constexpr base::Duration kSecondLook{10'000};   // after the first that found it otherwise
constexpr base::Duration kLongWait{1'000};      // a wait that is cancelled does not end before
constexpr const char* kLooks = "paynamed_node_looks_total";
constexpr const char* kLooksHelp = "Looks at Lightning nodes, by what they found.";

asio::awaitable<bool> is_cancelled() {
  co_return (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
}

}  // namespace

NodeWatch::Series::Series(observe::Metrics& metrics)
    : reached(metrics.counter(kLooks, kLooksHelp, {{"result", "reached"}})),
      missed(metrics.counter(kLooks, kLooksHelp, {{"result", "missed"}})),
      not_asked(metrics.counter(kLooks, kLooksHelp, {{"result", "not_asked"}})),
      nodes(metrics.gauge("paynamed_nodes", "Lightning nodes that are looked at.")),
      unreachable(metrics.gauge("paynamed_nodes_unreachable",
                                "Lightning nodes that did not answer, or refused us, in the last looks.")),
      cannot_receive(metrics.gauge("paynamed_nodes_not_receivable",
                                   "Lightning nodes that answer and say that no payment would arrive.")),
      others(metrics.gauge("paynamed_nodes_other", "Added nodes at whose address another node answers.")) {}

NodeWatch::NodeWatch(Dependencies dependencies)
    : with_(std::move(dependencies)), series_(with_.metrics), ended_(with_.clock) {}

asio::awaitable<void> NodeWatch::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  for (;;) {
    refresh();
    co_await start_due();
    show();
    if (co_await is_cancelled()) break;
    if (!co_await base::sleep_for(with_.clock, until_next())) break;
  }
  for (Running& each : running_) each.stop.emit(asio::cancellation_type::terminal);
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  while (!running_.empty()) {
    const auto seen = ended_.count();
    co_await ended_.wait(seen, kLongWait);
  }
}

std::set<NodePlace> NodeWatch::places() const {
  std::set<NodePlace> places;
  for (std::string& instance : with_.instances()) places.insert({std::move(instance), {}});
  for (const state::NodeRow& node : with_.book.nodes()) places.insert(node.place);
  const auto uses = with_.store.node_uses();
  if (!uses) {
    with_.log.error("which nodes are in use cannot be read; trying again soon", {{"why", uses.error()}});
    for (const auto& [place, watched] : nodes_) places.insert(place);
    return places;
  }
  for (const state::NodeUse& use : *uses) places.insert(use.place);
  return places;
}

void NodeWatch::refresh() {
  with_.book.set_interval(with_.interval());
  const std::set<NodePlace> wanted = places();
  for (auto at = nodes_.begin(); at != nodes_.end();) {
    at->second.wanted = wanted.contains(at->first);
    if (at->second.wanted || at->second.running) {
      ++at;
      continue;
    }
    with_.book.erase_look(at->first);
    at = nodes_.erase(at);
  }
  for (const NodePlace& place : wanted) {
    if (nodes_.contains(place)) continue;
    nodes_[place].due =
        with_.clock.monotonic() + with_.random.jitter(std::min(kFirstWithin, with_.interval()));
  }
}

base::Duration NodeWatch::until_next() const {
  if (running_.size() >= with_.looks_at_once) return kPauseWhileBusy;
  const auto now = with_.clock.monotonic();
  base::MonotonicTime next = now + (running_.empty() ? kRefresh : kPauseWhileBusy);
  for (const auto& [place, watched] : nodes_) {
    if (!watched.running) next = std::min(next, watched.due);
  }
  return std::max(std::chrono::ceil<base::Duration>(next - now), base::Duration{1});
}

asio::awaitable<void> NodeWatch::start_due() {
  for (auto& [place, watched] : nodes_) {
    const bool is_due = !watched.running && watched.wanted && watched.due <= with_.clock.monotonic();
    if (!is_due) continue;
    if (running_.size() >= with_.looks_at_once || co_await is_cancelled()) co_return;
    watched.running = true;
    const auto at = running_.emplace(running_.end());
    auto ended = [this, at, &watched = watched](std::exception_ptr) {
      watched.running = false;
      running_.erase(at);
      ended_.notify();
    };
    asio::co_spawn(co_await asio::this_coro::executor, look(place, watched),
                   asio::bind_cancellation_slot(at->stop.slot(), std::move(ended)));
  }
}

asio::awaitable<void> NodeWatch::look(NodePlace place, Watched& watched) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const base::Duration interval = with_.interval();
  watched.due = with_.clock.monotonic() + interval - with_.random.jitter(interval / 8);
  NodeQuestion question;
  question.place = std::move(place);
  auto asking = ask_node(with_.call_plugin, with_.clock, std::move(question));
  auto found = co_await base::run_on(asio::make_strand(with_.workers), std::move(asking));
  if (co_await is_cancelled()) co_return;
  if (!found) {
    series_.not_asked.add();
    co_return;
  }
  // What was found out is written to its end.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await record(*std::move(found), watched);
}

asio::awaitable<void> NodeWatch::record(state::NodeLook look, Watched& watched) {
  const auto added = with_.book.node_at(look.place);
  if (added) compare_identity(look, *added);
  const auto before = with_.book.look_at(look.place);
  follow(look, before ? &*before : nullptr);
  std::vector<state::NodeUse> uses;
  if (look.missed >= kLooksToTell) {
    auto read = with_.store.node_uses();
    if (!read) with_.log.error("who uses a node cannot be read", {{"why", read.error()}});
    if (read) uses = *std::move(read);
  }
  state::NodeLook heard = look;
  auto news = news_of(heard, uses, added.has_value(), with_.random);
  (look.reachable == Ternary::kNo ? series_.missed : series_.reached).add();
  tell_log(look, before ? &*before : nullptr);
  state::NodeLook row = heard;
  const auto written = co_await with_.store.record_node_look(std::move(row), std::move(news));
  if (written) {
    look = std::move(heard);
  } else {
    with_.log.error("what a look at a node found could not be written; it is looked at again",
                    {{"instance", look.place.instance}, {"why", written.error()}});
  }
  const bool is_other = look.missed == 1 || (look.reached == 1 && !look.told.empty());
  if (is_other) {
    const auto soon = with_.clock.monotonic() + std::min(kSecondLook, with_.interval());
    watched.due = std::min(watched.due, soon);
  }
  // It may have been removed meanwhile.
  if (watched.wanted) with_.book.put_look(std::move(look));
}

void NodeWatch::tell_log(const state::NodeLook& look, const state::NodeLook* before) const {
  if (look.missed == kLooksToTell) {
    with_.log.warning("a node cannot be used", {{"instance", look.place.instance},
                                                {"node", look.place.reference},
                                                {"code", look.code},
                                                {"reason", look.explanation}});
  } else if (look.reached == 1 && before != nullptr && before->missed >= kLooksToTell) {
    with_.log.info("a node answers again",
                   {{"instance", look.place.instance}, {"node", look.place.reference}});
  }
}

void NodeWatch::show() const {
  std::size_t unreachable = 0;
  std::size_t cannot_receive = 0;
  std::size_t others = 0;
  for (const auto& [place, watched] : nodes_) {
    const auto look = with_.book.look_at(place);
    if (!look) continue;
    others += look->code == kOtherNode ? 1U : 0U;
    unreachable += look->reachable == Ternary::kNo ? 1U : 0U;
    cannot_receive += look->reachable == Ternary::kYes && look->receivable == Ternary::kNo ? 1U : 0U;
  }
  series_.nodes.set(static_cast<double>(nodes_.size()));
  series_.unreachable.set(static_cast<double>(unreachable));
  series_.cannot_receive.set(static_cast<double>(cannot_receive));
  series_.others.set(static_cast<double>(others));
}

}  // namespace paynamed::nodes
