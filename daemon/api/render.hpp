// The objects of the API as JSON.
//
// Threads: pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "api/dependencies.hpp"
#include "api/message.hpp"

namespace paynamed::api {

// `receivable` is what the name's node said last.
boost::json::object to_json(const state::NameRow& name, const nodes::Receivable& receivable);
boost::json::object to_json(const state::OfferRow& offer);
boost::json::object to_json(const state::RunRow& run);
boost::json::object to_json(const pipeline::RunView& run);
boost::json::object to_json(const PluginStatus& plugin);
boost::json::object to_json(const DomainInfo& domain);
boost::json::object to_json(const Readiness& readiness);
boost::json::object to_json(const ConfigStanding& standing);
// Without its refusal, which is a problem document's matter.
boost::json::object to_json(const ReloadReport& report);

// One event as a CloudEvents 1.0 object in JSON that is also a Standard Webhooks body (`type`, `timestamp`,
// `data`). `data` is the stored text, byte for byte. `epoch` is the log's, for the position.
std::string to_event_json(const state::Event& event, std::string_view tenant, std::uint32_t epoch);

// "1-17": epoch and seq.
std::string to_text(state::Position position);
// The same back; "17" alone is in epoch 1, empty is the start. Nothing for other text.
std::optional<state::Position> position_from(std::string_view text);

Response json_response(unsigned status, const boost::json::object& object);
// {"items": [...], "next": ...}; `next` empty: null.
Response page_response(boost::json::array items, const std::string& next);

}  // namespace paynamed::api
