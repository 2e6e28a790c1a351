// Fields: one TOML table read key by key. Each key is asked for once, with its type and its bounds; whatever
// is wrong becomes a diagnostic at the value, and finish() reports the keys that nobody asked for.
//
// Threads: used by one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "config/config.hpp"
#include "config/diagnostic.hpp"
#include "config/source.hpp"
#include "config/toml.hpp"

namespace paynamed::config {

// What all parts of the parser share.
struct Reader {
  const SourceText& text;
  Diagnostics& diagnostics;
  std::filesystem::path folder;  // of the configuration file

  Region region(const toml::source_region& source) const;
  Region region(const toml::node& node) const { return region(node.source()); }
  Region region(const toml::key& key) const { return region(key.source()); }
  std::filesystem::path path(const std::string& text) const;
};

// The entries of a table as they stand in the file; toml++ keeps them by name.
struct Entry {
  const toml::key& key;
  const toml::node& node;
};
std::vector<Entry> in_file_order(const toml::table& table);

// "a string", "an integer", ...: for messages.
std::string_view type_name(const toml::node& node);

class Fields {
 public:
  // `where` names the table in messages, for example "[dns]".
  Fields(Reader& reader, const toml::table& table, std::string where, Region region);

  Reader& reader() const { return reader_; }
  const std::string& where() const { return where_; }
  Region region() const { return region_; }

  // Absent keys give nothing; so do wrong values, after a diagnostic.
  std::optional<At<std::string>> text(std::string_view key);
  std::optional<At<std::string>> identifier(std::string_view key);
  std::optional<At<std::filesystem::path>> path(std::string_view key);
  std::optional<At<std::string>> choice(std::string_view key,
                                        std::initializer_list<std::string_view> choices);
  std::optional<bool> boolean(std::string_view key);
  std::optional<At<std::int64_t>> integer(std::string_view key, std::int64_t min, std::int64_t max);
  std::optional<At<base::Duration>> duration(std::string_view key, base::Duration min, base::Duration max);
  std::optional<SecretSource> secret(std::string_view key);

  // Each element of a list, in order. False when the key is absent or no list.
  bool list(std::string_view key, std::string_view elements,
            const std::function<void(const toml::node&)>& each);
  // A table, or nothing. `wanted` says what stands in it.
  const toml::table* table(std::string_view key);
  // Any value; asked for, so never unknown.
  const toml::node* any(std::string_view key);

  // Reports `key` as missing.
  void missing(std::string_view key, std::string suggestion);
  // The place of a key that is there; the table's otherwise.
  Region key_region(std::string_view key) const;
  void finish();

 private:
  const toml::node* find(std::string_view key);
  void wrong_type(const toml::node& node, std::string_view key, std::string_view wanted,
                  std::string suggestion = {});

  Reader& reader_;
  const toml::table& table_;
  std::string where_;
  Region region_;
  std::vector<std::string> known_;
};

// `{ env = "NAME" }` or `{ file = "path" }`; anything else is a diagnostic that hides the value.
std::optional<SecretSource> read_secret(Reader& reader, const toml::node& node, std::string_view what);

// True when `text` may be an id: a-z, 0-9, '_' and '-', a letter or digit first, at most 64.
bool is_identifier(std::string_view text);

// An IP address and a port, "192.0.2.1:53", "[2001:db8::1]:53"; without a port the given default, if there is
// one. INVALID_ARGUMENT saying what is wrong.
base::Result<DnsServer> parse_server(std::string_view text, std::optional<std::uint16_t> default_port);

}  // namespace paynamed::config
