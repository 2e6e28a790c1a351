#include "config/diagnostic.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace paynamed::config {
namespace {

// Longer words are not meant to be any name of ours.
constexpr std::size_t kLongestWord = 64;

// Edits (insert, remove, replace, swap of neighbours) between two words.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

void Diagnostics::add(Diagnostic diagnostic) {
  ++(diagnostic.severity == Diagnostic::Severity::kError ? errors_ : warnings_);
  if (all_.size() < kMaxKept) all_.push_back(std::move(diagnostic));
}

void Diagnostics::error(Region region, std::string message, std::string suggestion) {
  add({Diagnostic::Severity::kError, region, std::move(message), std::move(suggestion), false});
}

void Diagnostics::warning(Region region, std::string message, std::string suggestion) {
  add({Diagnostic::Severity::kWarning, region, std::move(message), std::move(suggestion), false});
}

void Diagnostics::secret_error(Region region, std::string message, std::string suggestion) {
  add({Diagnostic::Severity::kError, region, std::move(message), std::move(suggestion), true});
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> sorted = all_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.region.line, a.region.column) < std::tie(b.region.line, b.region.column);
  });
  return sorted;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.empty() || word.size() > kLongestWord) return {};
  const std::string* best = nullptr;
  std::size_t best_distance = 0;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestWord) continue;
    const std::size_t edits = distance(word, candidate);
    // A third of the letters may be wrong; more is another word.
    if (edits > std::max<std::size_t>(1, std::max(word.size(), candidate.size()) / 3)) continue;
    if (edits >= candidate.size()) continue;
    if (best == nullptr || edits < best_distance) {
      best = &candidate;
      best_distance = edits;
    }
  }
  return best == nullptr ? std::string{} : *best;
}

}  // namespace paynamed::config
