#include "lane.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace paynamed::cloudflare {
namespace {

// Without batches a round's writes take the budget's time; so long, for those in it wait for its end.
constexpr double kRoundSeconds = 8;
// So many batches follow each other while full ones wait: one list tells of all of them.
constexpr int kBatchesALook = 4;
// For a few names questions of their own are answered sooner than a list, and somebody waits.
constexpr std::size_t kInteractiveLooks = 4;

}  // namespace

void Lane::look(std::string name, std::function<bool()> wanted, Looked then) {
  looks_.push_back({std::move(name), std::move(wanted), std::move(then)});
  step();
}

void Lane::write(Writes writes, std::function<bool()> begin, Wrote then) {
  writes_.push_back({std::move(writes), std::move(begin), std::move(then)});
  step();
}

void Lane::step() {
  if (working_) return;
  if (!writes_.empty() && (writes_since_look_ == 0 || looks_.empty() || a_full_batch_may_follow())) {
    ++writes_since_look_;
    write_round();
  } else if (!looks_.empty()) {
    writes_since_look_ = 0;
    look_round();
  }
}

bool Lane::a_full_batch_may_follow() const {
  return settings_.batch && writes_.size() >= settings_.max_batch && writes_since_look_ < kBatchesALook;
}

void Lane::end_round() {
  working_ = false;
  step();
}

void Lane::look_round() {
  working_ = true;  // what is dropped may ask for something else
  const auto asked = std::make_shared<Asked>();
  for (Look& look : std::exchange(looks_, {})) {
    if (look.wanted()) (*asked)[look.name].push_back(std::move(look.then));
  }
  if (asked->empty()) return end_round();
  if (asked->size() <= most_single_looks()) {
    look_at_each(asked);
  } else {
    look_at_all(asked);
  }
}

std::size_t Lane::most_single_looks() const {
  return background_ ? records_.txt_pages() : std::max(kInteractiveLooks, records_.txt_pages());
}

void Lane::look_at_each(const std::shared_ptr<Asked>& asked) {
  const auto open = std::make_shared<std::size_t>(asked->size());
  for (const auto& [name, looks] : *asked) {
    records_.at_name(name, background_, [this, asked, open, name = name](const Result<Found>& found) {
      for (const Looked& then : asked->at(name)) then(found);
      if (--*open == 0) end_round();
    });
  }
}

void Lane::look_at_all(const std::shared_ptr<Asked>& asked) {
  // Of other types a CNAME alone would matter, and Cloudflare refuses to write beside it.
  records_.all("TXT", background_, [this, asked](Result<std::vector<Record>> all) {
    std::unordered_map<std::string, Found> by_name;
    if (all.ok()) {
      for (Record& record : *all) {
        if (asked->contains(record.name)) by_name[record.name].push_back(std::move(record));
      }
    }
    for (const auto& [name, looks] : *asked) {
      const Result<Found> found =
          all.ok() ? Result<Found>(std::move(by_name[name])) : Result<Found>(all.error());
      for (const Looked& then : looks) then(found);
    }
    end_round();
  });
}

std::size_t Lane::most_in_round() const {
  if (settings_.batch) return settings_.max_batch;
  const auto affordable = static_cast<std::size_t>(settings_.per_second * kRoundSeconds);
  return std::clamp<std::size_t>(affordable, 1, settings_.max_batch);
}

void Lane::write_round() {
  working_ = true;
  std::vector<Writes> changes;
  auto waiting = std::make_shared<std::vector<Wrote>>();
  std::size_t size = 0;
  while (!writes_.empty() && (changes.empty() || size + writes_.front().writes.size() <= most_in_round())) {
    WaitingWrite next = std::move(writes_.front());
    writes_.pop_front();
    if (!next.begin()) continue;
    size += next.writes.size();
    changes.push_back(std::move(next.writes));
    waiting->push_back(std::move(next.then));
  }
  if (changes.empty()) return end_round();
  writer_.write(std::move(changes), background_, [this, waiting](const std::vector<Outcome>& outcomes) {
    for (std::size_t i = 0; i < waiting->size(); ++i) (*waiting)[i](outcomes[i]);
    end_round();
  });
}

}  // namespace paynamed::cloudflare
