// Schema: what a module's JSON Schema (draft-07) says about an instance's table, and the errors it finds
// there.
//
// A schema is an object of `properties`; a key that stands in none is an error, unless the schema says
// `additionalProperties`. The keyword `secret` (ours) marks a property whose value is a place to read a
// secret from: { env = "NAME" } or { file = "path" }. Keywords that the validator would silently ignore are
// refused when the module is loaded.
//
// Threads: immutable after parse(); every function may be called from any thread.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "host/secrets.hpp"

namespace paynamed::host {

// One mistake in a table.
struct SchemaProblem {
  std::string path;        // JSON pointer (RFC 6901) to the value, "" for the table itself
  bool at_key = false;     // the key itself is wrong, not its value
  std::string message;     // "\"sever\" is not a known key"
  std::string suggestion;  // "server"; empty if there is none
  bool hide = false;       // what stands there may be a secret and is not to be shown

  friend bool operator==(const SchemaProblem&, const SchemaProblem&) = default;
};

class Schema {
 public:
  // INVALID_ARGUMENT if `text` is no schema, or uses a keyword that would not be checked.
  static base::Result<Schema> parse(std::string_view text);
  Schema(Schema&&) noexcept;
  Schema& operator=(Schema&&) noexcept;
  ~Schema();

  // All mistakes in `table`, in the order of their paths; empty if it is good.
  std::vector<SchemaProblem> check(const boost::json::object& table) const;

  // `table` with the place of each secret replaced by what `handle` gives for it. Only for a table that
  // check() found good. `handle` gets the JSON pointer and the place.
  boost::json::object replace_secrets(
      const boost::json::object& table,
      const std::function<std::string(const std::string& path, SecretSource source)>& handle) const;

 private:
  struct Compiled;
  explicit Schema(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace paynamed::host
