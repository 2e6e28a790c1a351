#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/clock.hpp"
#include "names/proof/canonical.hpp"
#include "names/proof/encode_chain.hpp"
#include "names/proof/payment_proof.hpp"
#include "names/proof/rrsig_rules.hpp"
#include "names/proof/signature.hpp"
#include "tests/bench/benchmarks.hpp"
#include "tests/bench/machine.hpp"
#include "tests/bench/must.hpp"
#include "tests/bench/report.hpp"
#include "tests/fakes/dnssec/signed_zone.hpp"

namespace paynamed::bench {
namespace {

using fakes::Records;
using fakes::SignedZone;
using fakes::operator+;

constexpr std::size_t kVerifications = 2'000;  // a round
constexpr const char* kAlice = "alice.user._bitcoin-payment.example.test.";
// As long as a BOLT 12 offer with one blinded path.
const std::string kTxt =
    fmt::format(" 300 IN TXT \"bitcoin:?lno=lno1{}\" \"{}\"", std::string(230, 'q'), std::string(200, 'p'));

// What one signature check needs, so that the checks of a chain can be made without the chain.
struct Check {
  names::Dnskey key;
  std::vector<std::uint8_t> message;
  names::ByteView signature;
};

struct Measured {
  std::string name;
  std::string what;
  std::vector<std::uint8_t> chain;
  names::TrustAnchors anchors;
  std::vector<names::RecordSet> sets;  // over `chain`
  std::vector<Check> checks;
  std::vector<double> p50_us;  // a round
  std::vector<double> p99_us;
  std::vector<double> cpu_p99_us;  // what others do to the machine is not in it
  std::vector<double> checks_p50_us;
  double verify_us() const { return median(p50_us); }
  double ratio() const { return median(p50_us) / median(checks_p50_us); }
};

// Root, "test." and "example.test.", a key each but the root, which has a KSK and a ZSK as the real one.
struct Tree {
  Tree(std::uint8_t root_algorithm, std::uint8_t below)
      : root_ksk{".", root_algorithm, 257, 2048},
        root_zsk{".", root_algorithm, 256, 2048},
        tld{"test.", below, 2048},
        zone{"example.test.", below, 2048} {}

  Records above() const {
    const Records keys{root_ksk.dnskey(), root_zsk.dnskey()};
    const Records ds{tld.key().ds()};
    return keys + Records{root_ksk.rrsig(keys)} + ds + Records{root_zsk.rrsig(ds)} + tld.keys() +
           tld.delegate(zone) + zone.keys();
  }

  fakes::SigningKey root_ksk;
  fakes::SigningKey root_zsk;
  SignedZone tld;
  SignedZone zone;
};

std::optional<names::Dnskey> key_of(const std::vector<names::RecordSet>& sets, const names::Rrsig& rrsig) {
  for (const names::RecordSet& set : sets) {
    if (set.type != net::DnsType::kDnskey || set.owner != rrsig.signer) continue;
    for (const names::ByteView rdata : set.rdata) {
      if (names::key_tag_of(rdata) == rrsig.key_tag) return names::read_dnskey(rdata);
    }
  }
  return std::nullopt;
}

Measured measured(std::string name, std::string what, const Tree& tree, const Records& records) {
  Measured one;
  one.name = std::move(name);
  one.what = std::move(what);
  one.chain = must(names::encode_chain(tree.above() + records));
  const auto ds = tree.root_ksk.ds();
  one.anchors = {{ds.owner, ds.type, ds.rdata}};
  one.sets = must(names::read_record_sets(one.chain));
  for (const names::RecordSet& set : one.sets) {
    std::vector<std::vector<std::uint8_t>> rdata;
    for (const names::ByteView bytes : set.rdata) rdata.push_back(*names::canonical_rdata(set.type, bytes));
    std::sort(rdata.begin(), rdata.end());
    for (const names::Rrsig& rrsig : set.signatures) {
      const auto key = key_of(one.sets, rrsig);
      if (!key) throw std::runtime_error("the chain lacks a key");
      one.checks.push_back(
          {*key, names::signed_bytes(rrsig, names::signed_owner(set.owner, rrsig), rdata), rrsig.signature});
    }
  }
  return one;
}

std::vector<Measured> chains() {
  const Tree typical{8, 13};
  const Tree rsa{8, 8};
  const std::string hash = fakes::nsec3_label(kAlice);
  std::vector<Measured> all;
  all.push_back(measured("typical", "root RSA-2048 (8), TLD and zone P-256 (13)", typical,
                         typical.zone.sign(kAlice + kTxt)));
  all.push_back(measured("rsa", "RSA-2048 (8) everywhere", rsa, rsa.zone.sign(kAlice + kTxt)));
  all.push_back(
      measured("wildcard", "as typical, a wildcard with its NSEC3 record", typical,
               typical.zone.expand("*.user._bitcoin-payment.example.test." + kTxt, kAlice) +
                   typical.zone.sign(fmt::format("{}.example.test. 300 IN NSEC3 1 0 0 - {} TXT",
                                                 fakes::label_before(hash), fakes::label_after(hash)))));
  return all;
}

double percentile(std::vector<double>& values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

double cpu_us() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

// In microseconds, in the order of the calls.
struct Times {
  std::vector<double> wall;
  std::vector<double> cpu;
};

template <class Work>
Times times_of(const base::Clock& clock, Work work) {
  Times spent;
  for (std::size_t i = 0; i < kVerifications; ++i) {
    const double cpu = cpu_us();
    const auto from = clock.monotonic();
    work();
    spent.wall.push_back(std::chrono::duration<double, std::micro>(clock.monotonic() - from).count());
    spent.cpu.push_back(cpu_us() - cpu);
  }
  return spent;
}

void measure_round(Measured& one) {
  const base::SystemClock clock;
  const names::ChainOptions options{base::WallTime{std::chrono::seconds{1'750'000'000}}, base::Duration{0},
                                    names::Unverifiable::kRefuse};
  auto whole =
      times_of(clock, [&] { must(names::verify_payment_proof(one.chain, kAlice, one.anchors, options)); });
  auto checks = times_of(clock, [&] {
    for (const Check& check : one.checks) {
      if (!names::signature_holds(check.key, check.message, check.signature))
        throw std::runtime_error("a wrong signature");
    }
  });
  one.p50_us.push_back(percentile(whole.wall, 0.5));
  one.p99_us.push_back(percentile(whole.wall, 0.99));
  one.cpu_p99_us.push_back(percentile(whole.cpu, 0.99));
  one.checks_p50_us.push_back(percentile(checks.wall, 0.5));
}

}  // namespace

void bench_proofs(const Options& options) {
  const auto where = machine(options.folder);
  std::vector<Measured> all = chains();
  for (int round = 0; round < options.rounds; ++round) {
    for (Measured& one : all) measure_round(one);
  }
  std::vector<Target> targets{
      {"typical chain, verified, p50, us", all.front().verify_us(), 1000, true},
      {"typical chain, verified, p99 of CPU time, us", median(all.front().cpu_p99_us), 1000, true}};
  if (!options.json) {
    fmt::print("{}{:<9} {:>6} {:>11} {:>10} {:>10} {:>10} {:>16} {:>7}\n", machine_text(where), "chain",
               "bytes", "signatures", "p50", "p99", "CPU p99", "signatures alone", "ratio");
    for (const Measured& one : all) {
      fmt::print("{:<9} {:>6} {:>11} {:>7.1f} us {:>7.1f} us {:>7.1f} us {:>13.1f} us {:>7.3f}   {}\n",
                 one.name, one.chain.size(), one.checks.size(), one.verify_us(), median(one.p99_us),
                 median(one.cpu_p99_us), median(one.checks_p50_us), one.ratio(), one.what);
    }
    fmt::print("{}", targets_text(targets));
    return;
  }
  boost::json::object report;
  report["benchmark"] = "proofs";
  report["machine"] = where;
  report["rounds"] = options.rounds;
  boost::json::array list;
  for (const Measured& one : all) {
    boost::json::object entry;
    entry["chain"] = one.name;
    entry["what"] = one.what;
    entry["bytes"] = one.chain.size();
    entry["signatures"] = one.checks.size();
    entry["verify_p50_us"] = rounded(one.verify_us());
    entry["verify_p99_us"] = rounded(median(one.p99_us));
    entry["verify_cpu_p99_us"] = rounded(median(one.cpu_p99_us));
    entry["signatures_alone_p50_us"] = rounded(median(one.checks_p50_us));
    entry["ratio_to_signatures"] = rounded(one.ratio());
    list.push_back(std::move(entry));
  }
  report["chains"] = std::move(list);
  report["targets"] = targets_json(targets);
  fmt::print("{}\n", boost::json::serialize(report));
}

}  // namespace paynamed::bench
