#include "record_reader.hpp"

#include <algorithm>

#include "owner_name.hpp"

namespace paynamed::route53 {
namespace {

constexpr std::size_t kFewSets = 10;    // a name has a TXT set and hardly anything else
constexpr std::size_t kMostSets = 300;  // of a page
constexpr std::chrono::seconds kMostTime{30};
// So many at names far from each other are a request each, and must not lose time.
constexpr std::size_t kMostGathered = 20;

bool is_sorted_from(const ListPage& page, const std::string& start) {
  std::string last = start;
  for (const auto& set : page.sets) {
    std::string key = order_key(set.name);
    if (key < last) return false;
    last = std::move(key);
  }
  return true;
}

}  // namespace

struct RecordReader::Waiter {
  std::string name;
  Call call;
  Then then;
  std::uint64_t turn = 0;  // of the first request that may answer it
  bool done = false;

  void finish(Result<std::vector<RecordSet>> result) {
    if (std::exchange(done, true)) return;
    call.forget_cancellation();
    then(std::move(result));
  }
};

struct RecordReader::Request {
  std::string name;
  std::uint64_t turn = 0;
  std::size_t most = 0;
  Call call;
};

void RecordReader::read(const std::string& name, const Call& call, Then then) {
  // What was asked before now may be answered with what stood there before now.
  auto waiter = std::make_shared<Waiter>(Waiter{name, call, std::move(then), turn_ + 1});
  waiting_.emplace(order_key(name), waiter);
  call.when_cancelled([weak = std::weak_ptr(waiter)] {
    if (const auto still = weak.lock()) {
      still->finish(Error(Code::kUnavailable, "There was no time left to read " + still->name + "."));
    }
  });
  pump();
}

void RecordReader::stop() {
  for (auto& [key, waiter] : std::exchange(waiting_, {})) {
    waiter->finish(Error(Code::kUnavailable, "The plugin stops; nothing was changed."));
  }
}

void RecordReader::drop_done() {
  for (auto at = waiting_.begin(); at != waiting_.end();)
    at = at->second->done ? waiting_.erase(at) : std::next(at);
}

// Somebody's name first; else on from where the last page ended, so that each has its turn.
RecordReader::Waiters::iterator RecordReader::choose() {
  const auto interactive = std::find_if(waiting_.begin(), waiting_.end(),
                                        [](const auto& each) { return !each.second->call.background(); });
  if (interactive != waiting_.end()) return interactive;
  const auto next = waiting_.lower_bound(scanned_to_);
  return next == waiting_.end() ? waiting_.begin() : next;
}

bool RecordReader::gathers() {
  const auto left = next_background_ - host_.monotonic();
  const bool some_wait =
      std::ranges::any_of(waiting_, [](const auto& each) { return !each.second->call.background(); });
  if (some_wait || waiting_.size() > kMostGathered || left.count() <= 0) return false;
  if (!std::exchange(wakes_, true)) {
    host_.after(std::chrono::ceil<std::chrono::milliseconds>(left), [this] {
      wakes_ = false;
      pump();
    });
  }
  return true;
}

void RecordReader::pump() {
  drop_done();
  if (asking_ || waiting_.empty() || gathers()) return;
  asking_ = true;
  const auto first = choose();
  auto request = std::make_shared<Request>(
      Request{first->second->name, ++turn_, waiting_.size() == 1 ? kFewSets : kMostSets, Call(Call::Info{})});
  Call::Info info;
  info.background = first->second->call.background();
  if (info.background) next_background_ = host_.monotonic() + gather_;
  // As long as the most patient; who is not, ends by a cancellation.
  info.deadline = host_.monotonic();
  for (const auto& [key, waiter] : waiting_) {
    info.deadline = std::max(*info.deadline, host_.monotonic() + host_.remaining(waiter->call, kMostTime));
  }
  request->call = Call(std::move(info));
  ask(request);
}

void RecordReader::ask(const std::shared_ptr<Request>& request) {
  ApiRequest asked;
  asked.path = "hostedzone/" + zone_id_ + "/rrset";
  asked.query = {{"name", request->name}, {"maxitems", std::to_string(request->most)}};
  asked.background = request->call.background();
  asked.doing = "reading " + request->name;
  api_.ask<ListPage>(std::move(asked), request->call, read_list_page, [this, request](Result<ListPage> page) {
    // What is wrong is wrong for the whole zone.
    if (!page.ok()) return finish(take(waiting_.begin(), waiting_.end(), request->turn), page.error());
    on_page(request, *page);
  });
}

void RecordReader::on_page(const std::shared_ptr<Request>& request, const ListPage& page) {
  const std::string start = order_key(request->name);
  if (page.next && page.next->name == request->name) {
    // The name goes on behind the page.
    if (request->most < kMostSets) {
      request->most = kMostSets;
      return ask(request);
    }
    const auto [first, last] = waiting_.equal_range(start);
    return finish(take(first, last, request->turn),
                  Error(Code::kFailedPrecondition,
                        request->name + " has more than 300 record sets; remove those of routing policies."));
  }
  const bool sorted = is_sorted_from(page, start);
  const std::string end = page.next ? order_key(page.next->name) : std::string();
  std::map<std::string_view, std::vector<RecordSet>> found;
  for (const auto& set : page.sets) found[set.name].push_back(set);
  const auto first = waiting_.lower_bound(start);
  const auto last = !sorted     ? waiting_.upper_bound(start)
                    : page.next ? waiting_.lower_bound(end)
                                : waiting_.end();
  const auto answered = take(first, last, request->turn);
  scanned_to_ = end;
  for (const auto& waiter : answered) {
    const auto at = found.find(waiter->name);
    waiter->finish(at == found.end() ? std::vector<RecordSet>() : at->second);
  }
  asking_ = false;
  pump();
}

std::vector<std::shared_ptr<RecordReader::Waiter>> RecordReader::take(Waiters::iterator first,
                                                                      Waiters::iterator last,
                                                                      std::uint64_t turn) {
  std::vector<std::shared_ptr<Waiter>> taken;
  while (first != last) {
    if (first->second->turn <= turn) {
      taken.push_back(first->second);
      first = waiting_.erase(first);
    } else {
      ++first;
    }
  }
  return taken;
}

void RecordReader::finish(const std::vector<std::shared_ptr<Waiter>>& waiters, const Error& error) {
  for (const auto& waiter : waiters) waiter->finish(error);
  asking_ = false;
  pump();
}

}  // namespace paynamed::route53
