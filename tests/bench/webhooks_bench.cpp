// Webhooks with the true daemon: how fast a backlog is delivered durably, and what a receiver that hangs
// costs the others.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/clock.hpp"
#include "tests/bench/benchmarks.hpp"
#include "tests/bench/machine.hpp"
#include "tests/bench/payments_scene.hpp"
#include "tests/bench/report.hpp"
#include "tests/bench/webhook_sink.hpp"
#include "tests/bench/webhooks_writer.hpp"
#include "tests/fakes/webhooks/webhook_file.hpp"

namespace paynamed::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWebhooks = 10;
constexpr std::size_t kBacklog = 5'000;  // events
constexpr std::size_t kGroup = 100;
constexpr std::size_t kPaced = 500;  // requests of a scene
constexpr std::chrono::milliseconds kPace{10};
constexpr std::chrono::milliseconds kLook{20};
constexpr std::chrono::seconds kPatience{120};

using Series = std::map<std::string, std::vector<double>>;

// Which Notifier it is, and the addresses that its receivers have. Another one is another function here.
struct Notifier {
  std::string tables;
  std::function<std::string(std::size_t webhook, bool hangs)> address;
};

Notifier fake_notifier(const Options& options, const fs::path& folder, bool writes_down) {
  Notifier notifier;
  notifier.tables = fmt::format("[plugins.hooks]\nmodule = \"{}\"\n", options.receivers.stem().string());
  notifier.address = [folder, writes_down](std::size_t webhook, bool hangs) {
    const std::string behaviour = hangs ? "hangs" : "takes";
    if (!writes_down || hangs) return "fake://" + behaviour;
    return fmt::format("fake://{}{}", behaviour, (folder / fmt::format("received-{}", webhook)).string());
  };
  return notifier;
}

double seconds_between(base::MonotonicTime from, base::MonotonicTime to) {
  return std::chrono::duration<double>(to - from).count();
}

double delivered_by(PaymentsScene& scene) {
  std::istringstream lines(scene.client().get("/metrics").body);
  constexpr std::string_view kName =
      "paynamed_webhook_attempts_total{instance=\"hooks\",outcome=\"delivered\"} ";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kName)) return std::stod(line.substr(kName.size()));
  }
  return 0;
}

// From the first look at it to the last before its end.
double backlog_rate(PaymentsScene& scene) {
  constexpr double kAll = kWebhooks * kBacklog;
  const base::SystemClock clock;
  const auto begun = clock.monotonic();
  std::vector<std::pair<base::MonotonicTime, double>> looks;
  while (looks.empty() || looks.back().second < kAll) {
    looks.emplace_back(clock.monotonic(), delivered_by(scene));
    if (clock.monotonic() - begun > kPatience) throw std::runtime_error("a backlog was not delivered");
    std::this_thread::sleep_for(kLook);
  }
  if (looks.size() < 3) throw std::runtime_error("the backlog is too short to measure");
  const auto& first = looks.front();
  const auto& last = looks[looks.size() - 2];
  return (last.second - first.second) / seconds_between(first.first, last.first);
}

void measure_backlog(const Options& options, Series& series) {
  const fs::path folder = options.folder / "webhooks";
  const Notifier notifier = fake_notifier(options, folder, false);
  std::vector<state::WebhookRow> webhooks;
  double writer = 0;
  const auto fill = [&](const fs::path& state) {
    fakes::WebhookFile file(state);
    webhooks.clear();
    for (std::size_t i = 0; i < kWebhooks; ++i) {
      webhooks.push_back(
          file.add(notifier.address(i, false), [](auto& row) { row.settings.types = {"custom.*"}; }));
    }
    file.happen(kBacklog, {"one", "two", "three"});
  };
  PaymentsScene scene(options, folder, notifier.tables, [&](const fs::path& state) {
    // The same content twice, so that both write into a file of the same size.
    const fs::path bare = state.parent_path() / "bare.sqlite3";
    fs::copy_file(state, bare);
    fill(bare);
    writer = write_deliveries(bare, webhooks, kBacklog, kGroup);
    fill(state);
  });
  const double rate = backlog_rate(scene);
  series["deliveries_per_s"].push_back(rate);
  series["writer_deliveries_per_s"].push_back(writer);
  series["ratio_writer"].push_back(rate / writer);
}

// The same backlog through the plugin webhook, signed, over HTTP.
void measure_http(const Options& options, Series& series) {
  const fs::path folder = options.folder / "webhooks";
  const WebhookSink sink;
  const std::string tables = fmt::format(
      "[plugins.hooks]\nmodule = \"webhook\"\nallow_http = true\nallow = [\"127.0.0.0/8\"]\nports = [{}]\n",
      sink.port());
  PaymentsScene scene(options, folder, tables, [](const fs::path& state) {
    fakes::WebhookFile(state).happen(kBacklog, {"one", "two", "three"});
  });
  for (std::size_t i = 0; i < kWebhooks; ++i) {
    const auto made = scene.client().post(
        "/v1/webhooks",
        fmt::format(R"({{"address":"http://127.0.0.1:{}/{}","types":["custom.*"],"after":"1-0"}})",
                    sink.port(), i));
    if (made.status != 201) throw std::runtime_error("a webhook was refused: " + made.body);
  }
  series["http_deliveries_per_s"].push_back(backlog_rate(scene));
}

// From each request for an invoice to the moment when its event is with a receiver.
std::vector<double> paced_ms(const Options& options, bool one_hangs) {
  const fs::path folder = options.folder / "webhooks";
  const Notifier notifier = fake_notifier(options, folder, true);
  PaymentsScene scene(options, folder, notifier.tables, [&](const fs::path& state) {
    fakes::WebhookFile file(state);
    for (std::size_t i = 0; i < kWebhooks; ++i) {
      file.add(notifier.address(i, one_hangs && i == 0),
               [](auto& row) { row.settings.types = {"invoice.created"}; });
    }
  });
  const base::SystemClock clock;
  std::map<std::string, base::MonotonicTime> asked;
  auto next = clock.monotonic();
  for (std::size_t i = 0; i < kPaced; ++i, next += kPace) {
    std::this_thread::sleep_until(next);
    const auto begin = clock.monotonic();
    const auto& offers = scene.offers();
    const auto reply = scene.client().post("/v1/names/" + offers[i % offers.size()].name + "/invoices",
                                           R"({"amount_msat":"5000"})");
    if (reply.status != 201) throw std::runtime_error("an invoice was refused: " + reply.body);
    asked[member_of(reply.body, "id")] = begin;
  }
  std::vector<double> took;
  for (std::size_t i = 1; i < kWebhooks; ++i) {
    const fs::path file = folder / fmt::format("received-{}", i);
    const auto begun = clock.monotonic();
    std::vector<fakes::Received> received;
    while ((received = fakes::received(file)).size() < kPaced) {
      if (clock.monotonic() - begun > kPatience) throw std::runtime_error("an event did not arrive");
      std::this_thread::sleep_for(kLook);
    }
    for (const fakes::Received& each : received) {
      const auto at = asked.find(member_of(each.data, "invoice"));
      if (at != asked.end()) took.push_back(seconds_between(at->second, each.time) * 1'000);
    }
  }
  return took;
}

double at_percent(std::vector<double> values, std::size_t percent) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() * percent / 100];
}

void measure_others(const Options& options, Series& series) {
  const std::vector<double> alone = paced_ms(options, false);
  const std::vector<double> beside = paced_ms(options, true);
  series["p50_ms"].push_back(at_percent(alone, 50));
  series["p99_ms"].push_back(at_percent(alone, 99));
  series["p50_others_ms"].push_back(at_percent(beside, 50));
  series["p99_others_ms"].push_back(at_percent(beside, 99));
  series["p99_others_ratio"].push_back(at_percent(beside, 99) / at_percent(alone, 99));
}

}  // namespace

void bench_webhooks(const Options& options) {
  if (options.daemon.empty() || options.receivers.empty())
    throw std::runtime_error("webhooks needs --daemon, --modules and --receivers");
  const auto where = machine(options.folder);
  Series series;
  for (int round = 0; round < options.rounds; ++round) {
    measure_backlog(options, series);
    measure_http(options, series);
    measure_others(options, series);
  }
  const auto at = [&](const std::string& key) { return median(series.at(key)); };
  const std::vector<Target> targets{{"p99_others_ratio", at("p99_others_ratio"), 1.2, true}};
  if (!options.json) {
    fmt::print("{}", machine_text(where));
    fmt::print(
        "a backlog of {} events to {} webhooks: {:.0f} durable deliveries /s; bare writer: {:.0f} /s, {:.2f} "
        "x\n",
        kBacklog, kWebhooks, at("deliveries_per_s"), at("writer_deliveries_per_s"), at("ratio_writer"));
    fmt::print("the same by the plugin webhook, signed, over HTTP to a sink on this machine: {:.0f} /s\n",
               at("http_deliveries_per_s"));
    fmt::print(
        "from a request to nine receivers: p50 {:.2f} ms, p99 {:.2f} ms; beside one that hangs {:.2f} and "
        "{:.2f}\n",
        at("p50_ms"), at("p99_ms"), at("p50_others_ms"), at("p99_others_ms"));
    fmt::print("{}", targets_text(targets));
    return;
  }
  boost::json::object report;
  for (const auto& [key, values] : series) report[key] = rounded(median(values));
  report["benchmark"] = "webhooks";
  report["machine"] = where;
  report["rounds"] = options.rounds;
  report["targets"] = targets_json(targets);
  fmt::print("{}\n", boost::json::serialize(report));
}

}  // namespace paynamed::bench
