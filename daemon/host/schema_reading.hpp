// Reading a module's JSON Schema (draft-07) as an object: what it says of a key, and in words for people.
//
// Threads: pure functions. Pointers point into the schema.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/secrets.hpp"

namespace paynamed::host {

// A token of a JSON pointer (RFC 6901 section 3).
std::string escaped(std::string_view token);
std::string quoted(std::string_view text);

const boost::json::value* member(const boost::json::object& object, std::string_view key);
const boost::json::object* object_member(const boost::json::object& object, std::string_view key);

// The schema of the value under `key` of a table; nullptr if the key is not known. `any` is set if it may
// hold anything.
const boost::json::object* schema_of_key(const boost::json::object& schema, std::string_view key, bool& any);
std::vector<std::string> keys_of(const boost::json::object& schema);

bool is_secret(const boost::json::object& schema);
// Whether a secret stands in such a table, or in one inside of it.
bool holds_secret(const boost::json::object& schema);
// The place that a table gives for a secret, or nothing.
std::optional<SecretSource> secret_source(const boost::json::value& value);

// "a whole number between 1 and 65535"; empty if the schema says too little or too much for a sentence.
std::string describe(const boost::json::object& schema);
// For anyOf and oneOf over lists of required keys, which is how a schema says "a or b": the sentence.
std::string describe_alternatives(const boost::json::object& schema);

}  // namespace paynamed::host
