// Events to many: a thousand WebSocket clients beside nginx with nchan, and ten thousand that are idle or
// come back at once.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <map>
#include <stdexcept>

#include "tests/bench/benchmarks.hpp"
#include "tests/bench/fanout_client.hpp"
#include "tests/bench/fanout_peers.hpp"
#include "tests/bench/machine.hpp"
#include "tests/bench/report.hpp"

namespace paynamed::bench {
namespace {

constexpr std::size_t kSubscribers = 1'000;
constexpr double kRate = 100;
constexpr std::size_t kPaced = 1'000;  // events of a round
constexpr std::size_t kWarm = 100;
constexpr std::size_t kBurst = 3'000;
constexpr double kClientMargin = 3;  // of the load, that the client has to take
constexpr std::size_t kCalibration = 900;
constexpr std::size_t kCrowd = 10'000;
constexpr std::size_t kLog = 1'000;   // events before
constexpr std::size_t kMissed = 200;  // events that who missed most missed; the others fewer, evenly

// What all rounds measured, by name.
using Series = std::map<std::string, std::vector<double>>;

double quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(static_cast<double>(values.size() - 1) * q);
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

double seconds_since(std::uint64_t begin) {
  return static_cast<double>(monotonic_ns() - begin) / 1e9;
}

void must_have(bool got, const std::string& what) {
  if (!got)
    throw std::runtime_error(what + " did not come to an end: events were lost, or the machine is too slow");
}

// Whether the client takes three times the load: a process that does nothing else writes it, frame by frame
// and paced, as events are.
void measure_client(const Options& options, Series& series) {
  Child feeder({"/proc/self/exe", "frames", "--folder", options.folder.string(), "--number",
                std::to_string(kSubscribers)},
               options.folder / "frames.log");
  FanoutClient::Wish wish;
  wish.port = static_cast<std::uint16_t>(std::stoul(feeder.read_line()));
  wish.request = "GET / HTTP/1.1\r\n\r\n";
  FanoutClient client;
  client.open(kSubscribers, [&](std::size_t) { return wish; });
  const double cpu = FanoutClient::cpu_seconds();
  const std::uint64_t begin = monotonic_ns();
  feeder.write_line(fmt::format("{} {}", kCalibration, kRate * kClientMargin));
  must_have(client.read_until(kCalibration), "the calibration");
  if (client.lost() != 0) throw std::runtime_error("the client lost frames of the calibration");
  const auto messages = static_cast<double>(client.messages());
  series["client_took_per_s"].push_back(messages / seconds_since(begin));
  // What it would take with a processor of its own.
  series["client_could_take_per_s"].push_back(messages / (FanoutClient::cpu_seconds() - cpu));
  series["client_p99_ms"].push_back(quantile(client.latencies_ms(), 0.99));
}

void measure(FanoutPeer& peer, const std::string& name, Series& series) {
  FanoutClient client;
  client.open(kSubscribers, [&](std::size_t) { return peer.wish(); });
  client.read_for(0.5);
  std::uint64_t n = 0;
  const auto run = [&](std::size_t count, double rate) {
    peer.publish(n + 1, count, rate);
    n += count;
    must_have(client.read_until(n), name);
    peer.await_published();
  };
  run(kWarm, 0);
  client.forget();

  const double cpu = peer.cpu_seconds();
  run(kPaced, kRate);
  series[name + "_cpu_us_per_message"].push_back((peer.cpu_seconds() - cpu) * 1e6 /
                                                 static_cast<double>(client.messages()));
  series[name + "_p50_ms"].push_back(quantile(client.latencies_ms(), 0.5));
  series[name + "_p99_ms"].push_back(quantile(client.latencies_ms(), 0.99));
  series[name + "_lost"].push_back(static_cast<double>(client.lost() + client.closed()));

  const auto burst = [&](double how, const std::string& what) {
    client.forget();
    const std::uint64_t begin = monotonic_ns();
    run(kBurst, how);
    series[name + what].push_back(static_cast<double>(client.messages()) / seconds_since(begin));
    series[name + "_lost"].back() += static_cast<double>(client.lost() + client.closed());
  };
  burst(0, "_messages_per_s");
  if (name == "ours") burst(-1, "_batched_messages_per_s");
}

void measure_crowd(const Options& options, Series& series) {
  OurPeer peer(options, options.folder / "fanout-crowd");
  FanoutClient client;
  const double before = peer.resident_mb();
  client.open(kCrowd, [&](std::size_t) { return peer.wish(); });
  client.read_for(2);
  series["idle_bytes_per_connection"].push_back((peer.resident_mb() - before) * 1'048'576 /
                                                static_cast<double>(kCrowd));

  client.close_all();
  // The server is killed; all come back at once, each from where it was.
  peer.publish(1, kLog, -1);
  peer.await_published();
  peer.kill();
  const std::uint64_t killed = monotonic_ns();
  peer.start();
  const std::uint64_t begin = monotonic_ns();
  client.forget();
  client.open(kCrowd, [&](std::size_t i) { return peer.wish_after(kLog - 1 - i % kMissed); });
  must_have(client.read_until(kLog), "the recovery");
  series["recover_10000_s"].push_back(seconds_since(begin));
  series["restart_and_recover_s"].push_back(seconds_since(killed));
  series["recover_lost"].push_back(static_cast<double>(client.lost() + client.closed()));
}

std::string text_of(const Series& series) {
  std::string text;
  for (const auto& [key, values] : series) text += fmt::format("{:<36} {:>12.4g}\n", key, median(values));
  return text;
}

double ratio(const Series& series, const std::string& what) {
  return median(series.at("ours_" + what)) / median(series.at("nchan_" + what));
}

std::vector<Target> targets_of(const Series& series) {
  const auto worst = [&](const std::string& key) { return *std::ranges::max_element(series.at(key)); };
  return {{"lost", worst("ours_lost"), 0, true},
          {"p99_vs_nchan", ratio(series, "p99_ms"), 1.0, true},
          {"cpu_vs_nchan", ratio(series, "cpu_us_per_message"), 1.0, true},
          {"rate_vs_nchan", ratio(series, "messages_per_s"), 1.0, false},
          {"client_vs_load", median(series.at("client_took_per_s")) / (kSubscribers * kRate),
           0.95 * kClientMargin, false},
          {"idle_bytes_per_connection", worst("idle_bytes_per_connection"), 8'192, true},
          {"recover_10000_s", median(series.at("recover_10000_s")), 5.0, true},
          {"recover_lost", worst("recover_lost"), 0, true}};
}

}  // namespace

void bench_fanout(const Options& options) {
  if (options.modules.empty()) throw std::runtime_error("fanout needs --modules");
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  const auto where = machine(options.folder);
  Series series;
  measure_client(options, series);
  for (int round = 0; round < options.rounds; ++round) {
    // In turn, so that a noisy moment of the machine strikes both; each begins with an empty log and channel.
    {
      OurPeer ours(options, options.folder / "fanout-ours");
      measure(ours, "ours", series);
    }
    NchanPeer nchan(options.folder / "fanout-nchan", fmt::format("round{}", round));
    measure(nchan, "nchan", series);
  }
  measure_crowd(options, series);

  const auto targets = targets_of(series);
  if (!options.json) {
    fmt::print("{}{}{}", machine_text(where), text_of(series), targets_text(targets));
    return;
  }
  boost::json::object report;
  for (const auto& [key, values] : series) report[key] = rounded(median(values));
  report["benchmark"] = "fanout";
  report["machine"] = where;
  report["rounds"] = options.rounds;
  report["targets"] = targets_json(targets);
  fmt::print("{}\n", boost::json::serialize(report));
}

}  // namespace paynamed::bench
