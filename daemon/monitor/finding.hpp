// What a look at a name found.
//
// Threads: value types.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>

#include "state/model.hpp"

namespace paynamed::monitor {

struct Finding {
  enum class Verdict {
    kFine,     // the record stands and is proven
    kWrong,    // somebody who knows says that it does not
    kUnknown,  // nobody could be asked: says nothing about the name
  };
  Verdict verdict = Verdict::kUnknown;
  std::string code;                   // of kWrong: a word of docs/events.md
  std::string sentence;               // of kWrong and kUnknown, for people
  std::optional<state::Proof> proof;  // of kFine: the proof that holds now
};

enum class Depth {
  kOne,  // one address of the zone, another one each time
  kAll,  // all of them, and everything anew: before a name changes its state
};

// Looks at one name. Never fails: trouble is kUnknown.
using Look = std::function<boost::asio::awaitable<Finding>(state::WatchedName, Depth)>;

}  // namespace paynamed::monitor
