// The benchmarks that scripts/bench knows.
//
// Threads: each blocks its caller; one at a time.
#pragma once

#include <cstdint>
#include <filesystem>

namespace paynamed::bench {

struct Options {
  std::filesystem::path folder;  // for state files; on a real disk
  std::filesystem::path
      daemon;  // the paynamed to start (monitor and payments need it); empty: names is measured without
  std::filesystem::path modules;  // its modules
  bool json = false;
  int rounds = 5;
};

// Durable runs beside the bare writer. Prints; throws when it cannot measure.
void bench_runs(const Options& options);
// What a name costs with few and with many in the file. Prints; throws when it cannot measure.
void bench_names(const Options& options);
// What it costs to verify a DNSSEC proof, beside its signatures alone. Prints; throws when it cannot measure.
void bench_proofs(const Options& options);
// How many live names the monitor looks at in a second when no cap holds it, beside bare questions to the
// same server. Starts a DNS server. Prints; throws when it cannot measure.
void bench_monitor(const Options& options);
// What paynamed adds to a Lightning node that answers at once: an invoice, a payment until its event is
// readable, and payments taken in a second beside the bare writer. Prints; throws when it cannot measure.
void bench_payments(const Options& options);
// Events to a thousand and ten thousand WebSocket clients, beside nchan. Prints; throws when it cannot
// measure.
void bench_fanout(const Options& options);
// A child of bench_fanout: an event server over a log in `folder`, which publishes what stdin says.
void serve_events(const Options& options, std::uint16_t port);
// A child of bench_fanout: feeds `count` connections with frames as fast as they are taken.
void serve_frames(std::size_t count);
// A child of bench_names: opens the state file, recovers, looks one name up, prints "ready" and waits for the
// end of stdin.
void serve_ready(const std::filesystem::path& state_file);

}  // namespace paynamed::bench
