// What is wrong with a server of the zone, or the way to it.
#include <fmt/format.h>

#include "tests/e2e/faults/fault.hpp"

namespace paynamed::e2e {
namespace {

using fakes::BindZone;
using Source = BindZone::Source;
using End = RegistrationFault::End;

const Setting kTwoServers{.servers = {"127.0.0.1", kSecondAddress}};
// Its record alone does not fit into a packet of UDP.
const Setting kLongAnswer{.servers = {"127.0.0.3"}, .description = std::string(1'000, 'x')};

void bind_is_secondary(Stage& stage) {
  stage.bind_serves({{kZone, Source::kPrimary, {}}});
}

void bind_keeps_an_old_copy(Stage& stage) {
  bind_is_secondary(stage);
  stage.bind_serves({{kZone, Source::kOldCopy, {}}});
}

// As it was before the name was registered.
void bind_goes_back(Stage& stage) {
  stage.bind().stop();
  stage.bind().put_back_copy(kZone);
  stage.bind_serves({{kZone, Source::kOldCopy, {}}});
}

void bind_keeps_the_first_copy(Stage& stage) {
  bind_is_secondary(stage);
  stage.bind().stop();
  stage.bind().keep_copy(kZone);
  bind_is_secondary(stage);
}

std::string soa_and_ns(const std::string& zone) {
  return fmt::format(
      "{0} 60 SOA ns.{0} hostmaster.{0} 1 3600 600 86400 5\n{0} 60 NS ns.{0}\nns.{0} 60 A 127.0.0.3\n", zone);
}

// It has another zone.
void bind_refuses(Stage& stage) {
  stage.bind_serves({{"elsewhere.test.", Source::kText, soa_and_ns("elsewhere.test.")}});
}

// It has the zone above, and so only knows who should be asked.
void bind_is_lame(Stage& stage) {
  stage.bind_serves(
      {{"test.", Source::kText,
        soa_and_ns("test.") + fmt::format("{0} 60 NS ns1.{0}\nns1.{0} 60 A 127.0.0.1\n", kZone)}});
}

void block_tcp(Stage& stage) {
  stage.relay_at(kSecondAddress).close_tcp();
}

void open_tcp(Stage& stage) {
  stage.relay_at(kSecondAddress).open_tcp();
}

}  // namespace

void add_server_faults(std::vector<RegistrationFault>& faults) {
  faults.push_back(
      {"stale_secondary",
       kTwoServers,
       bind_keeps_an_old_copy,
       End::kWaits,
       "await",
       {"1 of 2 authoritative addresses", "ns2.fault.test. at 127.0.0.3:", "has no TXT record", "yet"},
       bind_is_secondary});
  faults.push_back({"refusing_server",
                    kTwoServers,
                    bind_refuses,
                    End::kWaits,
                    "await",
                    {"1 of 2 authoritative addresses", "ns2.fault.test. at 127.0.0.3:", "refuses to answer",
                     "let everybody query that zone there"},
                    bind_is_secondary});
  faults.push_back({"lame_server",
                    kTwoServers,
                    bind_is_lame,
                    End::kWaits,
                    "await",
                    {"1 of 2 authoritative addresses", "ns2.fault.test. at 127.0.0.3:",
                     "is not authoritative", "(lame)", "mend the server or the delegation"},
                    bind_is_secondary});
  faults.push_back({"tcp_blocked",
                    kLongAnswer,
                    block_tcp,
                    End::kWaits,
                    "await",
                    {"0 of 1 authoritative addresses", "ns1.fault.test. at 127.0.0.3:", "too long for UDP",
                     "does not answer by TCP", "open TCP port"},
                    open_tcp});
}

void add_server_faults(std::vector<WatchFault>& faults) {
  faults.push_back({"stale_secondary",
                    kTwoServers,
                    bind_keeps_the_first_copy,
                    bind_goes_back,
                    "absent",
                    {"ns2.fault.test. at 127.0.0.3:", "has no TXT record", "the server is not up to date"},
                    bind_is_secondary});
  faults.push_back(
      {"lame_server",
       {.servers = {"127.0.0.3"}},
       bind_is_secondary,
       bind_is_lame,
       "not_delegated",
       {"127.0.0.3:", "does not serve it (lame delegation)", "mend the server or the delegation"},
       bind_is_secondary});
  faults.push_back({"refusing_server",
                    {.servers = {"127.0.0.3"}},
                    bind_is_secondary,
                    bind_refuses,
                    "not_delegated",
                    {"127.0.0.3:", "answers REFUSED", "mend that server or the delegation"},
                    bind_is_secondary});
  // Others answer, so it is no fault of the name: a registration says more.
  faults.push_back(
      {"one_lame_server", kTwoServers, bind_is_secondary, bind_is_lame, "", {}, bind_is_secondary});
  faults.push_back(
      {"tcp_blocked", kLongAnswer, open_tcp, block_tcp, "", {"too long for UDP", "open TCP port"}, open_tcp});
}

}  // namespace paynamed::e2e
