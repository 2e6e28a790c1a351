#include "observe/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace paynamed::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, WhatChangesByItselfIsReadWhenTheTextIsMade) {
  Metrics metrics;
  const auto gauge = metrics.gauge("level", "A level.");
  int level = 1;
  auto handle = metrics.before_text([&] { gauge.set(level); });
  level = 2;
  EXPECT_NE(metrics.text().find("level 2"), std::string::npos);
  level = 3;
  EXPECT_NE(metrics.text().find("level 3"), std::string::npos);
  handle.reset();
  level = 4;
  EXPECT_NE(metrics.text().find("level 3"), std::string::npos);
}

TEST(Metrics, ASeriesWhoseSubjectIsGoneEnds) {
  Metrics metrics;
  metrics.gauge("level", "A level.", {{"of", "a"}}).set(1);
  metrics.gauge("level", "A level.", {{"of", "b"}}).set(2);
  metrics.remove_gauge("level", {{"of", "a"}});
  metrics.remove_gauge("level", {{"of", "c"}});
  EXPECT_THAT(metrics.text(), Not(HasSubstr("level{of=\"a\"}")));
  EXPECT_THAT(metrics.text(), HasSubstr("level{of=\"b\"} 2\n"));
  metrics.gauge("level", "A level.", {{"of", "a"}}).set(3);
  EXPECT_THAT(metrics.text(), HasSubstr("level{of=\"a\"} 3\n"));
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameSeries) {
  Metrics metrics;
  metrics.counter("a_total", "A.", {{"k", "v"}}).add();
  metrics.counter("a_total", "A.", {{"k", "v"}}).add(2);
  metrics.counter("a_total", "A.", {{"k", "v"}}).add(-5);
  metrics.gauge("b", "B.").set(7);
  metrics.histogram("c_seconds", "C.").observe(0.02);
  EXPECT_THAT(metrics.text(), HasSubstr("a_total{k=\"v\"} 3\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("b 7\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("c_seconds_bucket{le=\"0.025\"} 1\n"));
  EXPECT_THROW((void)metrics.gauge("a_total", "A."), std::invalid_argument);
}

TEST(BoundedMetrics, WritesUnderItsPrefixAndInstance) {
  Metrics metrics;
  BoundedMetrics plugin(metrics, "zone");
  plugin.record(BoundedMetrics::Kind::kCounter, "requests_total", {{"code", "200"}}, 2);
  plugin.record(BoundedMetrics::Kind::kGauge, "depth", {}, 3);
  EXPECT_THAT(metrics.text(),
              HasSubstr("paynamed_plugin_requests_total{code=\"200\",instance=\"zone\"} 2\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("paynamed_plugin_depth{instance=\"zone\"} 3\n"));
}

TEST(BoundedMetrics, DropsAndCountsWhatDoesNotFit) {
  Metrics metrics;
  BoundedMetrics plugin(metrics, "zone");
  using Kind = BoundedMetrics::Kind;
  const auto dropped = metrics.counter(
      "paynamed_plugin_metrics_dropped_total",
      "Samples of plugins that were refused for their name, labels or number.", {{"instance", "zone"}});
  plugin.record(Kind::kCounter, "Bad-Name", {}, 1);
  plugin.record(Kind::kCounter, "", {}, 1);
  plugin.record(Kind::kCounter, std::string(200, 'a'), {}, 1);
  plugin.record(Kind::kCounter, "a", {{"instance", "other"}}, 1);
  plugin.record(Kind::kCounter, "a", {{"k", std::string(1000, 'v')}}, 1);
  plugin.record(Kind::kGauge, "a", {}, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(dropped.value(), 6);
  plugin.record(Kind::kCounter, "typed", {}, 1);
  plugin.record(Kind::kGauge, "typed", {}, 1);
  EXPECT_EQ(dropped.value(), 7);
  for (int i = 0; i < 1000; ++i) plugin.record(Kind::kCounter, "many", {{"id", std::to_string(i)}}, 1);
  EXPECT_GT(dropped.value(), 800);
  EXPECT_THAT(metrics.text(), Not(HasSubstr("id=\"999\"")));
}

}  // namespace
}  // namespace paynamed::observe
