// Metrics: counters, gauges and histograms for Prometheus.
//
//     observe::Metrics metrics;
//     auto accepted = metrics.counter("paynamed_names_accepted_total", "Names accepted.", {{"tenant",
//     "default"}}); accepted.add();
//
// Threads: every function may be called from any thread. Handles are cheap to copy and live as long as the
// Metrics.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace paynamed::observe {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
  // `by` below zero is ignored.
  void add(double by = 1) const;
  double value() const;

 private:
  prometheus::Counter* counter_;
};

class Gauge {
 public:
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
  void set(double value) const;
  void add(double by) const;
  double value() const;

 private:
  prometheus::Gauge* gauge_;
};

class Histogram {
 public:
  explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  void observe(double value) const;

 private:
  prometheus::Histogram* histogram_;
};

// Upper bounds in seconds, from 1 ms to 60 s.
std::vector<double> default_buckets();

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same name and labels give the same series. Throw std::invalid_argument for a name or label that
  // Prometheus does not allow, or a name that is of another type already: mistakes of the programmer. Labels
  // must have few values.
  Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram histogram(const std::string& name, const std::string& help, const Labels& labels = {},
                      const std::vector<double>& buckets = default_buckets());

  // Ends a series whose subject is gone; no handle of it may be used any more.
  void remove_gauge(const std::string& name, const Labels& labels);

  // `refresh` runs at the beginning of every text(), on its thread, to set gauges that change by themselves.
  // It ends with the handle, which waits for a call that runs.
  [[nodiscard]] std::shared_ptr<void> before_text(std::function<void()> refresh);

  // The text exposition format 0.0.4, for GET /metrics.
  std::string text() const;

 private:
  struct Refreshes;
  const std::shared_ptr<Refreshes> refreshes_;
  std::shared_ptr<prometheus::Registry> registry_;
};

// Metrics whose names and labels come from outside (a plugin): bounded, so that a mistake there costs neither
// memory nor the scraper. Names become paynamed_plugin_<name> with the label `instance`; what does not fit
// counts in paynamed_plugin_metrics_dropped_total.
class BoundedMetrics {
 public:
  enum class Kind { kCounter, kGauge, kHistogram };
  static constexpr std::size_t kMostSeries = 200;
  static constexpr std::size_t kMostLabels = 8;

  // `metrics` outlives this.
  BoundedMetrics(Metrics& metrics, std::string instance);
  void record(Kind kind, std::string_view name, Labels labels, double value);

 private:
  Metrics& metrics_;
  const std::string instance_;
  const Counter dropped_;
  std::mutex mutex_;
  std::set<std::pair<std::string, Labels>> series_;
};

}  // namespace paynamed::observe
