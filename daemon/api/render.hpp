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

Response json_response(unsigned status, const boost::json::object& object);
// {"items": [...], "next": ...}; `next` empty: null.
Response page_response(boost::json::array items, const std::string& next);

}  // namespace paynamed::api
