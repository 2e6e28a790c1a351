// The conformance suite of DnsProvider: one list of cases that every provider has to pass against its real
// server or a strict fake of it. A case is named after the rule of dns_provider.proto that it checks.
//
// The author of a provider writes a DnsSubject: how the plugin is called (DnsCaller; TestHostCaller calls one
// in a TestHost) and how the zone is seen and disturbed behind the plugin's back (PeerZone).
// dns_conformance_gtest.hpp makes a GoogleTest of each case.
//
// Threads: a case calls everything from one thread, but PeerZone::txt() and the second plugin from another
// one at the same time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "paynamed/testing/plugin_caller.hpp"

namespace paynamed::testing {

using DnsCall = PluginCall;
using DnsCaller = PluginCaller;

struct PeerTxt {
  std::string value;  // joined
  std::uint32_t ttl_seconds = 0;
};

// The zone at the server, seen and changed without the plugin. Functions throw std::exception when they
// cannot do it, which fails the case.
class PeerZone {
 public:
  virtual ~PeerZone() = default;
  // Absolute, lower case, with the final dot: "example.test.".
  virtual std::string apex() const = 0;
  // Below what the suite makes its names. They are new in each case and cleared when it ends.
  virtual std::string suffix() const { return "user._bitcoin-payment." + apex(); }

  // Every TXT record that stands at the name, in any order. From any thread, also while the plugin is called.
  virtual std::vector<PeerTxt> txt(const std::string& name) = 0;
  // By hand, without the plugin's owner marker: one more TXT record, beside those that stand there.
  virtual void add_txt(const std::string& name, const std::string& value) = 0;
  // By hand. Only if DnsCapabilities::cname.
  virtual void add_cname(const std::string& name, const std::string& target);
  // Nothing stands at the name any more, and nothing is wrong with that.
  virtual void clear(const std::string& name) = 0;
  // A number that is another one after each change to the zone and the same one otherwise, such as the serial
  // of its SOA record; nothing where there is none.
  virtual std::optional<std::uint64_t> version() { return std::nullopt; }

  // The next request of the plugin that changes the zone is carried out and its answer never arrives. Only if
  // DnsCapabilities::loses_replies.
  virtual void lose_next_write_reply();
  // The next request of the plugin that changes the zone is carried out, and before its answer goes out
  // somebody adds a record as add_txt() does. Only if DnsCapabilities::meets_writers.
  virtual void add_txt_after_next_write(const std::string& name, const std::string& value);
  // The next `requests` of the plugin are refused as too many, with the shortest wait that the server can ask
  // for. Only if DnsCapabilities::throttles.
  virtual void throttle_next(int requests);
  // Each request that changes the zone, and no other, is answered that much later from now on, and may be
  // carried out that much later, also when nobody waits for it any more; 0 ends it. Only if
  // DnsCapabilities::delays.
  virtual void delay_writes(std::chrono::milliseconds time);
};

// What differs between providers beyond what Describe says, and what the fixture can do. A case that needs
// what is not there is skipped and says so.
struct DnsCapabilities {
  bool several_records = true;  // a stranger can put a second TXT record beside ours
  bool cname = true;            // a stranger can put a CNAME where ours would stand
  bool every_byte = true;       // values can have control characters; bytes from 0x80 on are always tried
  bool loses_replies = false;
  bool meets_writers = false;
  bool throttles = false;
  bool delays = false;
  bool lists_apex = true;           // ListZone gives the SOA and NS records of the apex, too
  std::optional<bool> zone_signed;  // what SigningStatus has to find
};

// A provider with its server.
class DnsSubject {
 public:
  virtual ~DnsSubject() = default;
  virtual DnsCaller& plugin() = 0;
  // One more instance for the same zone, as a second daemon has it; called from a second thread at the same
  // time as the first, so not for a TestHost. nullptr: those cases are skipped.
  virtual DnsCaller* second_plugin() { return nullptr; }
  // An instance whose credentials the server refuses. nullptr: that case is skipped.
  virtual DnsCaller* plugin_with_wrong_credentials() { return nullptr; }
  virtual PeerZone& zone() = 0;
  virtual DnsCapabilities capabilities() const = 0;
  // Everything that the plugin's instances have logged so far.
  virtual std::string logged() = 0;
  // What must be neither in a log line nor in an error: keys and tokens, the wrong ones too.
  virtual std::vector<std::string> secrets() const = 0;
};

class DnsCaseRun;  // for the cases

struct DnsCase {
  const char* name;  // its rule: "WithdrawOfAnotherValueIsAborted"
  void (*run)(DnsCaseRun& run);
};

struct DnsCaseResult {
  std::vector<std::string> failures;  // sentences; empty: the rule holds
  std::string skipped;                // why it was not checked; empty: it was
};

// All cases.
const std::vector<DnsCase>& dns_cases();
DnsCaseResult run_dns_case(const DnsCase& which, DnsSubject& subject);

}  // namespace paynamed::testing
