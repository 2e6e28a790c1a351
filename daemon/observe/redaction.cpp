#include "observe/redaction.hpp"

#include <algorithm>
#include <mutex>
#include <vector>

namespace paynamed::observe {
namespace {

constexpr std::size_t kShortest = 4;
constexpr std::size_t kShortestOfCaller = 16;
constexpr std::size_t kMost = 1'000;
constexpr std::string_view kPlaceholder = "[redacted]";

}  // namespace

void Redaction::add(std::string_view secret) {
  const std::unique_lock lock(mutex_);
  add_lines(values_, secret, kShortest);
}

void Redaction::add_of_caller(std::string_view secret) {
  const auto has = [&](std::string_view word) { return secret.find(word) != std::string_view::npos; };
  if (has("-----BEGIN CERTIFICATE-----") && !has("PRIVATE KEY-----")) return;
  const std::unique_lock lock(mutex_);
  add_lines(of_callers_, secret, kShortestOfCaller);
}

void Redaction::add_lines(Values& values, std::string_view secret, std::size_t shortest) {
  const auto add_one = [&](std::string_view value) {
    if (value.size() < shortest || std::ranges::find(values, value) != values.end()) return;
    values.emplace_back(value);
    if (values.size() > kMost) values.pop_front();
  };
  add_one(secret);
  for (std::size_t start = 0; start < secret.size();) {
    auto end = secret.find('\n', start);
    if (end == std::string_view::npos) end = secret.size();
    auto line = secret.substr(start, end - start);
    if (line.ends_with('\r')) line.remove_suffix(1);
    add_one(line);
    start = end + 1;
  }
}

std::string Redaction::apply(std::string_view text) const {
  // First mark what to hide, then write: a secret that contains another one, or overlaps it, is hidden whole.
  std::vector<std::pair<std::size_t, std::size_t>> hidden;
  {
    const std::shared_lock lock(mutex_);
    for (const Values* values : {&values_, &of_callers_}) {
      for (const auto& value : *values) {
        for (auto at = text.find(value); at != std::string_view::npos; at = text.find(value, at + 1)) {
          hidden.emplace_back(at, at + value.size());
        }
      }
    }
  }
  if (hidden.empty()) return std::string(text);
  std::sort(hidden.begin(), hidden.end());
  std::string out;
  std::size_t written = 0;
  for (std::size_t i = 0; i < hidden.size();) {
    const auto start = hidden[i].first;
    auto end = hidden[i].second;
    for (++i; i < hidden.size() && hidden[i].first < end; ++i) end = std::max(end, hidden[i].second);
    out.append(text.substr(written, start - written)).append(kPlaceholder);
    written = end;
  }
  return out.append(text.substr(written));
}

}  // namespace paynamed::observe
