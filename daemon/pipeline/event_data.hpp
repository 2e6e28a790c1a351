// The data of the events that the pipelines write (docs/events.md), made in one place.
//
// Threads: pure functions.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "state/model.hpp"

namespace paynamed::pipeline {

struct RunInput;

// A member as text; empty when it is absent or no string.
std::string text_of(const boost::json::object& object, std::string_view key);
// A member as a whole number; nothing when it is absent or something else.
std::optional<std::int64_t> integer_of(const boost::json::object& object, std::string_view key);

// Values of strangers are bytes, and journals are JSON. `values_from_hex` gives nothing for a member that
// to_hex() did not make.
boost::json::array to_hex(const std::vector<std::string>& values);
std::optional<std::vector<std::string>> values_from_hex(const boost::json::object& object,
                                                        std::string_view key);

// The part of a name's row that is its record in DNS, and back. `record_from_data` gives nothing for an
// object that is no such record.
boost::json::object record_data(const state::NameRow& row);
std::optional<state::NameRow> record_from_data(const boost::json::object& object);

// An event about a run's name; id and time are filled in when it is written.
state::NewEvent event_of(std::string_view type, const base::Uuid& run, const RunInput& input,
                         boost::json::object data = {});

}  // namespace paynamed::pipeline
