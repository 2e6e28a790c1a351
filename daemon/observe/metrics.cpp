#include "observe/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <list>
#include <stdexcept>

namespace paynamed::observe {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestLabelValue = 128;

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

void Counter::add(double by) const {
  if (by > 0) counter_->Increment(by);
}
double Counter::value() const {
  return counter_->Value();
}
void Gauge::set(double value) const {
  gauge_->Set(value);
}
void Gauge::add(double by) const {
  gauge_->Increment(by);
}
double Gauge::value() const {
  return gauge_->Value();
}
void Histogram::observe(double value) const {
  histogram_->Observe(value);
}

std::vector<double> default_buckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
}

struct Metrics::Refreshes {
  std::mutex mutex;
  std::list<std::function<void()>> all;  // guarded by mutex
};

Metrics::Metrics()
    : refreshes_(std::make_shared<Refreshes>()),
      registry_(std::make_shared<prometheus::Registry>(prometheus::Registry::InsertBehavior::Merge)) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  return Counter(prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels));
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return Gauge(prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels));
}

void Metrics::remove_gauge(const std::string& name, const Labels& labels) {
  auto& family = prometheus::BuildGauge().Name(name).Register(*registry_);
  family.Remove(&family.Add(labels));
}

Histogram Metrics::histogram(const std::string& name, const std::string& help, const Labels& labels,
                             const std::vector<double>& buckets) {
  return Histogram(
      prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add(labels, buckets));
}

std::shared_ptr<void> Metrics::before_text(std::function<void()> refresh) {
  const std::lock_guard lock(refreshes_->mutex);
  const auto at = refreshes_->all.insert(refreshes_->all.end(), std::move(refresh));
  return {nullptr, [kept = refreshes_, at](void*) {
            const std::lock_guard lock_again(kept->mutex);
            kept->all.erase(at);
          }};
}

std::string Metrics::text() const {
  {
    const std::lock_guard lock(refreshes_->mutex);
    for (const auto& refresh : refreshes_->all) refresh();
  }
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

BoundedMetrics::BoundedMetrics(Metrics& metrics, std::string instance)
    : metrics_(metrics),
      instance_(std::move(instance)),
      dropped_(metrics.counter("paynamed_plugin_metrics_dropped_total",
                               "Samples of plugins that were refused for their name, labels or number.",
                               {{"instance", instance_}})) {}

void BoundedMetrics::record(Kind kind, std::string_view name, Labels labels, double value) {
  const bool plain = is_plain_name(name) && labels.size() <= kMostLabels && std::isfinite(value) &&
                     std::all_of(labels.begin(), labels.end(), [](const auto& label) {
                       return is_plain_name(label.first) && label.first != "instance" &&
                              !label.first.starts_with("__") && label.second.size() <= kLongestLabelValue;
                     });
  if (!plain) return dropped_.add();
  auto full_name = "paynamed_plugin_" + std::string(name);
  labels.emplace("instance", instance_);
  const std::lock_guard lock(mutex_);
  if (!series_.contains({full_name, labels})) {
    if (series_.size() >= kMostSeries) return dropped_.add();
    series_.emplace(full_name, labels);
  }
  try {
    constexpr auto kHelp = "Measured by a plugin.";
    switch (kind) {
      case Kind::kCounter:
        return metrics_.counter(full_name, kHelp, labels).add(value);
      case Kind::kGauge:
        return metrics_.gauge(full_name, kHelp, labels).set(value);
      case Kind::kHistogram:
        return metrics_.histogram(full_name, kHelp, labels).observe(value);
    }
  } catch (const std::invalid_argument&) {  // the name is of another type already
    dropped_.add();
  }
}

}  // namespace paynamed::observe
