// Events about targets: webhook.disabled and the like, as everybody writes them. Of an address they say the
// host alone: the rest of a URL may hold secrets.
//
// Threads: pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "state/webhooks.hpp"

namespace paynamed::delivery {

// "shop.example.com" of "https://user@shop.example.com:8443/hook?key=..."; empty for what is no URL.
std::string host_of(std::string_view address);

// `data` has the webhook's id and host, and what is in `more`. Its subject is the id.
state::NewEvent webhook_event(std::string_view type, const state::WebhookRow& webhook,
                              const boost::json::object& more, base::WallTime now, base::Random& random);

// An event about a target is not for that target.
inline bool is_about(std::string_view type, std::string_view subject, std::string_view webhook_id) {
  return type.starts_with("webhook.") && subject == webhook_id;
}

}  // namespace paynamed::delivery
