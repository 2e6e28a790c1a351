// Payments with the true daemon and the true plugin "cln": what paynamed adds to a node that answers at once.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <map>
#include <stdexcept>
#include <thread>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "tests/bench/benchmarks.hpp"
#include "tests/bench/machine.hpp"
#include "tests/bench/payments_scene.hpp"
#include "tests/bench/raw_writer.hpp"
#include "tests/bench/report.hpp"

namespace paynamed::bench {
namespace {

// A round.
constexpr std::size_t kInvoices = 100;
constexpr std::size_t kEvents = 60;
constexpr std::size_t kBacklog = 20'000;
constexpr double kRawSeconds = 0.5;
// So many payments go into one transaction once a backlog is there (payments/node_watch.cpp).
constexpr std::size_t kGroup = 1'000;
// So that the daemon is in every state of its waiting when a payment comes.
constexpr std::uint64_t kLongestPauseMs = 40;

// What all rounds measured, by name.
using Series = std::map<std::string, std::vector<double>>;

double ms_between(base::MonotonicTime from, base::MonotonicTime to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

double high(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() * 99 / 100];
}

// One invoice of the node itself and one of the daemon, in turn.
void measure_invoices(PaymentsScene& scene, int round, Series& series) {
  const base::SystemClock clock;
  const std::string wish = R"({"amount_msat":"5000","memo":"two coffees","reference":"order-1"})";
  for (std::size_t i = 0; i < kInvoices; ++i) {
    const auto begin = clock.monotonic();
    ask_for_invoice(scene.socket(), fmt::format("bare {} {}", round, i));
    const auto between = clock.monotonic();
    const auto reply = scene.client().post("/v1/names/" + scene.offers()[i].name + "/invoices", wish);
    const auto end = clock.monotonic();
    if (reply.status != 201) throw std::runtime_error("an invoice was refused: " + reply.body);
    const double bare = ms_between(begin, between);
    const double whole = ms_between(between, end);
    series["bare_invoice_ms"].push_back(bare);
    series["invoice_ms"].push_back(whole);
    series["invoice_overhead_ms"].push_back(whole - bare);
  }
}

// A client waits for the next event (GET /v1/events?wait=) while an offer is paid.
void measure_events(PaymentsScene& scene, base::Random& random, Series& series) {
  const base::SystemClock clock;
  std::string position = scene.head();
  for (std::size_t i = 0; i < kEvents; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{random.below(kLongestPauseMs)});
    scene.client().send("GET", fmt::format("/v1/events?after={}&wait=10", position));
    const std::uint64_t paid = scene.node().pay(1);
    const auto reply = scene.client().receive();
    const auto readable = clock.monotonic();
    const auto told = scene.node().told(paid);
    if (!told || reply.body.find(payment_hash_at(paid)) == std::string::npos)
      throw std::runtime_error("a payment did not become the next event: " + reply.body);
    series["event_readable_ms"].push_back(ms_between(*told, readable));
    position = member_of(reply.body, "next");
  }
}

// Both files have the same names and grow by the same payments.
void measure_backlog(PaymentsScene& scene, const std::string& bare_file, int round, Series& series) {
  const base::SystemClock clock;
  const ReadyPayments ready(scene.offers(), kBacklog * static_cast<std::size_t>(round + 1) + 1, kBacklog,
                            kGroup);
  // Beside each other, so that a noisy moment of the machine strikes both.
  const double writer = ready.write(bare_file);
  const std::string before = scene.head();
  const auto begin = clock.monotonic();
  scene.node().pay(kBacklog);
  scene.await_events(before, kBacklog);
  const double spent = ms_between(begin, clock.monotonic());
  const double rate = static_cast<double>(kBacklog) / spent * 1'000;
  series["writer_payments_per_s"].push_back(writer);
  series["payments_per_s"].push_back(rate);
  series["ratio_writer"].push_back(rate / writer);
}

void measure_backlogs(PaymentsScene& scene, const std::string& bare_file, int rounds, Series& series) {
  const auto calls = [&] {
    return scene.node().calls("waitanyinvoice") + scene.node().calls("listinvoices");
  };
  scene.await_taken_in(scene.node().pay(0));
  const std::uint64_t calls_before = calls();
  const std::uint64_t batches_before = scene.batches();
  for (int round = 0; round < rounds; ++round) measure_backlog(scene, bare_file, round, series);
  scene.await_taken_in(scene.node().pay(0));
  const double paid = static_cast<double>(kBacklog) * rounds;
  series["node_calls_per_payment"].push_back(static_cast<double>(calls() - calls_before) / paid);
  series["payments_per_transaction"].push_back(paid / static_cast<double>(scene.batches() - batches_before));
}

std::string text_of(const Series& series) {
  const auto row = [&](const std::string& what, const std::string& key) {
    return fmt::format("{:<52} {:>10.3f} {:>10.3f}\n", what, median(series.at(key)), high(series.at(key)));
  };
  const auto rate = [&](const std::string& key) { return median(series.at(key)); };
  return fmt::format("{:<52} {:>10} {:>10}\n", "", "p50 ms", "p99 ms") +
         row("an invoice of the node itself, over its socket", "bare_invoice_ms") +
         row("POST /v1/names/{name}/invoices, the same node", "invoice_ms") +
         row("  what paynamed adds (two durable commits)", "invoice_overhead_ms") +
         row("the node tells of a payment: its event is readable", "event_readable_ms") +
         fmt::format("a durable commit of one row: {:.3f} ms\n", 1'000 / rate("raw_commits_per_s")) +
         fmt::format(
             "a backlog of {} payments: {:.0f} /s durable, {:.0f} a transaction; bare writer in groups of "
             "{}: "
             "{:.0f} /s; {:.3f} calls to the node a payment\n",
             kBacklog, rate("payments_per_s"), rate("payments_per_transaction"), kGroup,
             rate("writer_payments_per_s"), rate("node_calls_per_payment"));
}

std::vector<Target> targets_of(const Series& series) {
  return {{"invoice_overhead_p50_ms", median(series.at("invoice_overhead_ms")), 2, true},
          {"event_readable_p99_ms", high(series.at("event_readable_ms")), 20, true},
          {"ratio_writer", median(series.at("ratio_writer")), 0.5, false}};
}

boost::json::object json_of(const Series& series) {
  boost::json::object report;
  for (const auto& [key, values] : series) {
    if (key.ends_with("_ms")) {
      const std::string stem = key.substr(0, key.size() - 3);
      report[stem + "_p50_ms"] = rounded(median(values));
      report[stem + "_p99_ms"] = rounded(high(values));
    } else {
      report[key] = rounded(median(values));
    }
  }
  return report;
}

}  // namespace

void bench_payments(const Options& options) {
  if (options.daemon.empty()) throw std::runtime_error("payments needs --daemon and --modules");
  const auto where = machine(options.folder);
  PaymentsScene scene(options, options.folder / "payments");
  const std::string bare_file = scene.fresh_file("bare");
  base::SeededRandom random(1);
  Series series;
  // Connections are made, what is asked once was asked, and groups have grown.
  Series warmth;
  measure_invoices(scene, -1, warmth);
  measure_backlog(scene, bare_file, -1, warmth);
  for (int round = 0; round < options.rounds; ++round) {
    series["raw_commits_per_s"].push_back(raw_commits_per_s(scene.fresh_file("raw"), kRawSeconds));
    measure_invoices(scene, round, series);
    measure_events(scene, random, series);
  }
  measure_backlogs(scene, bare_file, options.rounds, series);

  const auto targets = targets_of(series);
  if (!options.json) {
    fmt::print("{}{}{}", machine_text(where), text_of(series), targets_text(targets));
    return;
  }
  boost::json::object report = json_of(series);
  report["benchmark"] = "payments";
  report["machine"] = where;
  report["rounds"] = options.rounds;
  report["targets"] = targets_json(targets);
  fmt::print("{}\n", boost::json::serialize(report));
}

}  // namespace paynamed::bench
