// Plan: what a change needs at a name, decided from what stands there before, and what it has come to, judged
// from what stands there after. Cloudflare has no compare-and-set and takes a second TXT record at a name
// without a word, so both looks are needed.
//
// Threads: pure.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <paynamed/error.hpp>
#include <string>
#include <variant>
#include <vector>

#include "record.hpp"

namespace paynamed::cloudflare {

// What Publish or Withdraw asks for.
struct Change {
  enum class Kind { kPublish, kWithdraw };
  Kind kind = Kind::kPublish;
  std::string name;   // absolute
  std::string value;  // wanted, or to be removed
  // Of a publication:
  std::uint32_t ttl_seconds = 0;
  std::string comment;                // with our mark
  std::vector<std::string> expected;  // empty: nothing may stand there
};

// One request's worth of work on one record; those of a change are done together.
struct Write {
  enum class Kind { kDelete, kPatch, kPost };
  Kind kind = Kind::kPost;
  std::string id;            // of kDelete and kPatch
  boost::json::object body;  // of kPatch and kPost
};
using Writes = std::vector<Write>;

// All that stands at a name, of every type that was looked for.
using Found = std::vector<Record>;

struct Settled {
  bool changed = false;
};
// Settled: there is nothing to do. Error: it must not be done.
using Plan = std::variant<Settled, Error, Writes>;
Plan plan_of(const Change& change, const Found& found, const std::string& owner);

// What is known of the writes before the name was looked at again.
struct Written {
  bool posted = false;           // a record was added, none was replaced
  bool changed = true;           // false: Cloudflare said that the record was there
  std::vector<Error> unknown{};  // one: no answer came, and it may happen still
};
// Settled: the change is what stands there. Writes: what has to be taken away first because somebody wrote at
// the same time, before the outcome is true. An Error is ABORTED only when ours does not stand there and what
// was expected does (or Cloudflare did nothing); else UNKNOWN.
struct Verdict {
  Writes repair;
  std::variant<Settled, Error> outcome;
};
// Whether the value that is to be published stands there.
bool stands_in(const Found& found, const Change& change);
Verdict verdict_of(const Change& change, const Written& written, const Found& found,
                   const std::string& owner);

}  // namespace paynamed::cloudflare
