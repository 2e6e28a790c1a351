// What one server's answer says about the record of a live name.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/dns_wire.hpp"

namespace paynamed::monitor {

struct RecordAnswer {
  enum class Says {
    kHasIt,    // exactly the value and nothing else
    kWrong,    // the server knows the zone and has something else there
    kNothing,  // the server's own trouble: it says nothing about the record
  };
  Says says = Says::kNothing;
  std::string code;       // of kWrong: a word of docs/events.md
  std::string sentence;   // of kWrong and kNothing
  bool was_asked = true;  // false: our own budget did not allow it
  // Of kHasIt: the record with its signatures, TTLs as they were signed, for a proof.
  std::vector<net::DnsRecord> signed_record;
};

// `server` for the sentence: "ns1.example.com. at 192.0.2.1:53"; `owner` in normal form. A resolver need not
// be authoritative.
RecordAnswer judge_answer(const net::DnsAnswer& answer, const std::string& server, const std::string& owner,
                          const std::string& value, bool is_resolver = false);

}  // namespace paynamed::monitor
