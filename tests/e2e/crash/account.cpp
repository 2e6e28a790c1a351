#include "tests/e2e/crash/account.hpp"

#include <fmt/format.h>

#include <utility>

namespace paynamed::crash {

void Account::acknowledge(const std::string& key, const std::string& run, const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto [known, first] = run_by_key_.emplace(key, run);
  if (!first && known->second != run) {
    problems_.push_back(
        fmt::format("request {} was repeated and made run {} beside run {}", key, run, known->second));
  }
  name_by_run_[run] = name;
}

void Account::served(std::uint64_t seq, const std::string& id, const std::string& text) {
  const std::lock_guard lock(mutex_);
  const auto [known, first] = events_.emplace(seq, ServedEvent{id, text});
  if (!first && known->second.text != text) {
    problems_.push_back(
        fmt::format("event {} was served as {} and then as {}", seq, known->second.text, text));
  }
}

void Account::broken(std::string promise) {
  const std::lock_guard lock(mutex_);
  problems_.push_back(std::move(promise));
}

std::map<std::string, std::string> Account::runs() const {
  const std::lock_guard lock(mutex_);
  return name_by_run_;
}

std::string Account::run_of(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = run_by_key_.find(key);
  return found == run_by_key_.end() ? std::string{} : found->second;
}

std::map<std::uint64_t, ServedEvent> Account::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::uint64_t Account::last_seq() const {
  const std::lock_guard lock(mutex_);
  return events_.empty() ? 0 : events_.rbegin()->first;
}

std::vector<std::string> Account::problems() const {
  const std::lock_guard lock(mutex_);
  return problems_;
}

}  // namespace paynamed::crash
