// The model: what a daemon that takes payments in ought to say, from what people asked it for and what was
// paid at the node. It knows nothing of how the daemon does it.
//
// Threads: a value type.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace paynamed::model {

struct Name {
  enum class State { kNone, kLive, kRemoved };
  std::string tenant;
  State state = State::kNone;  // after the last thing that was accepted for it
  // Somebody asked for something and has no answer yet.
  bool asked = false;
};

// An offer that stood in DNS for a name. Whoever has it may pay it for as long as the node takes it.
struct Offer {
  std::string name;
  std::string bolt12;
  bool stands = true;        // in DNS, when it was last looked
  bool is_over = false;      // another one, or none, stood there while everything was at rest
  std::int64_t over_ms = 0;  // since when
  bool lost = false;         // the node's database was put back since
};

// What somebody asked an invoice for. Its reference is unique.
struct Wish {
  enum class Answer {
    kNone,     // none yet, or nobody waits for one any more
    kMade,     // here it is
    kNotMade,  // surely not
    kUnknown,  // invoice.created will tell
  };
  std::string tenant;
  std::string name;
  std::string memo;
  std::uint64_t amount_msat = 0;
  std::uint32_t expiry_seconds = 0;
  std::int64_t asked_ms = 0;
  Answer answer = Answer::kNone;
  std::string why;  // of kNotMade
  // Of kMade, or by invoice.created.
  std::string id;
  std::string bolt11;
  std::string payment_hash;
  std::int64_t expires_ms = 0;
};

struct Payment {
  std::string tenant;
  std::string name;
  std::string offer_id;   // or
  std::string reference;  // of the wish that was paid
  std::uint64_t msat = 0;
  std::string note;
  bool offer_was_over = false;  // when it was paid
  bool offer_stood = false;
  // The node may never have told of it: it lost it before it was read.
  bool may_be_missing = false;
  bool in_log = false;  // it was told to the tenant
};

struct Model {
  std::map<std::string, Name> names;
  std::map<std::string, Offer> offers;      // by id
  std::map<std::string, Wish> wishes;       // by reference
  std::map<std::string, Payment> payments;  // by payment hash: those that are somebody's
  std::set<std::string> foreign;            // hashes of others
  bool cursor_may_be_lost = false;          // the node was put back, or paid invoices were deleted

  // A name says this offer now (empty: none). One sentence when that cannot be.
  std::string saw(const std::string& name, const std::string& offer_id, const std::string& bolt12);
};

}  // namespace paynamed::model
