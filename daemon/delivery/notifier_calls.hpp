// What is asked of a Notifier while somebody waits for the answer: what it needs, whether an address is one,
// and a single attempt. Answers are bounded and read with distrust.
//
// Threads: coroutines; any executor. `call_plugin` outlives the call.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "pipeline/actions/services.hpp"
#include "state/webhooks.hpp"

namespace paynamed::delivery {

using CallPlugin = std::function<boost::asio::awaitable<pipeline::PluginAnswer>(pipeline::PluginCall)>;

struct NotifierTraits {
  bool signs = false;
  bool signs_ed25519 = false;
  base::Duration timeout{20'000};  // of an attempt
};
// UNAVAILABLE when it could not be asked now.
boost::asio::awaitable<base::Result<NotifierTraits>> describe_notifier(const CallPlugin& call_plugin,
                                                                       std::string instance);

struct CheckedAddress {
  std::string address;  // as it is kept
  std::string warning;  // a sentence, or empty
};
// INVALID_ARGUMENT, or PERMISSION_DENIED, with the Notifier's sentence for the tenant, which may quote the
// address; UNAVAILABLE when it could not be asked now.
boost::asio::awaitable<base::Result<CheckedAddress>> check_address(const CallPlugin& call_plugin,
                                                                   std::string instance, std::string address);

// One event for one target, once.
struct Attempt {
  enum class Outcome {
    kDelivered,
    kRetry,      // it was not taken, and may be later
    kGone,       // the receiver wants nothing any more
    kRefused,    // it is never sent like this: an address that must not be called
    kNotCalled,  // nothing was sent: the operator has to mend the instance, or it is not called now
  };
  Outcome outcome = Outcome::kRetry;
  std::uint32_t status = 0;  // the receiver's; 0: none
  base::Duration latency{0};
  std::string reason;             // of all but kDelivered: a sentence
  std::string answer;             // the first kMaxAnswerBytes of what it said; any bytes
  base::Duration retry_after{0};  // its wish; 0: none
};
std::string_view to_string(
    Attempt::Outcome outcome);  // "delivered", "retry", "gone", "refused", "not_called"

struct AttemptWish {
  state::WebhookRow webhook;
  base::Uuid event;
  std::string type;
  std::string text;  // what is sent
  base::Duration timeout{20'000};
};
boost::asio::awaitable<Attempt> attempt_once(const CallPlugin& call_plugin, base::Clock& clock,
                                             AttemptWish wish);

// The secrets that count at `now`, the newest first of each kind.
std::vector<state::WebhookSecret> counting_secrets(const state::WebhookRow& webhook, base::WallTime now);

}  // namespace paynamed::delivery
