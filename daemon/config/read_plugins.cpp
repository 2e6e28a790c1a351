#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <cmath>

#include "config/sections.hpp"

namespace paynamed::config {
namespace {

// RFC 6901 section 3.
std::string pointer_token(std::string_view key) {
  std::string token = "/";
  for (const char c : key) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

const toml::node* first_plain(const toml::array& list) {
  for (const toml::node& element : list) {
    if (!element.is_table() && !element.is_array()) return &element;
  }
  return nullptr;
}

bool holds_plain_secret(const toml::node& node) {
  if (const toml::array* list = node.as_array()) return first_plain(*list) != nullptr;
  return !node.is_table();
}

// The keys that no module gets.
bool is_the_daemons(std::string_view key) {
  return key == "module" || key == "retired" || key == "custodial" || key == "added_nodes" ||
         key == "tenants";
}

void read_added_nodes(Fields& fields, Plugin& plugin) {
  fields.list("added_nodes", "addresses", [&](const toml::node& node) {
    Reader& reader = fields.reader();
    const auto* text = node.as_string();
    const auto rule = NodeRule::parse(text == nullptr ? std::string_view{} : std::string_view{text->get()});
    if (!rule) {
      reader.diagnostics.error(reader.region(node), fmt::format("an address in 'added_nodes' is wrong: {}",
                                                                rule.error().message()));
      return;
    }
    plugin.added_nodes.push_back({*rule, reader.region(node)});
  });
}

// A module's settings as JSON, with the place of every value and key.
class Settings {
 public:
  Settings(Reader& reader, Config::PluginPlaces& places) : reader_(reader), places_(places) {}

  // All but the daemon's own keys.
  boost::json::object all(const toml::table& plugin) { return object(plugin, "", true); }

 private:
  boost::json::object object(const toml::table& table, const std::string& pointer, bool outermost = false) {
    boost::json::object out;
    for (const auto& [key, node] : in_file_order(table)) {
      if (outermost && is_the_daemons(key.str())) continue;
      const std::string inner = pointer + pointer_token(key.str());
      places_.keys[inner] = reader_.region(key);
      if (names_secret(key.str()) && holds_plain_secret(node)) {
        read_secret(reader_, node.is_array() ? *first_plain(*node.as_array()) : node, in_quotes(key.str()));
        // In its place something that is no secret, so that nobody calls the key missing.
        places_.values[inner] = reader_.region(node);
        out[key.str()] = boost::json::object{{"env", "NAME"}};
        continue;
      }
      out[key.str()] = value(node, inner);
    }
    return out;
  }

  boost::json::value value(const toml::node& node, const std::string& pointer) {
    places_.values[pointer] = reader_.region(node);
    if (const auto* text = node.as_string()) return boost::json::string{text->get()};
    if (const auto* integer = node.as_integer()) return integer->get();
    if (const auto* boolean = node.as_boolean()) return boolean->get();
    if (const auto* number = node.as_floating_point()) {
      if (std::isfinite(number->get())) return number->get();
      reader_.diagnostics.error(reader_.region(node), "a setting must be a finite number");
      return nullptr;
    }
    if (const auto* table = node.as_table()) return object(*table, pointer);
    if (const auto* list = node.as_array()) {
      boost::json::array out;
      for (const toml::node& element : *list) {
        out.push_back(value(element, pointer + "/" + std::to_string(out.size())));
      }
      return out;
    }
    reader_.diagnostics.error(reader_.region(node), fmt::format("a setting cannot be {}", type_name(node)),
                              "put it in quotes");
    return nullptr;
  }

  Reader& reader_;
  Config::PluginPlaces& places_;
};

}  // namespace

void read_plugins(Reader& reader, const toml::table& table, Config& config) {
  for (const auto& [key, node] : in_file_order(table)) {
    const Region region = reader.region(key);
    const std::string id{key.str()};
    if (!is_identifier(id)) {
      reader.diagnostics.error(region, fmt::format("{} is no id of an instance", in_quotes(id)),
                               "use a-z, 0-9, '_' and '-', beginning with a letter or digit, at most 64");
    }
    const toml::table* inner = node.as_table();
    if (inner == nullptr) {
      reader.diagnostics.error(reader.region(node),
                               fmt::format("an instance is a table, not {}", type_name(node)),
                               "write [plugins.<id>]");
      continue;
    }
    Plugin plugin;
    plugin.id = id;
    plugin.region = region;
    Fields fields{reader, *inner, fmt::format("[plugins.{}]", printable(id)), region};
    if (const auto module = fields.identifier("module")) {
      plugin.module = *module;
    } else if (fields.any("module") == nullptr) {
      fields.missing("module", "add module = \"<name>\", the file <name>.so of the plugin path");
    }
    if (const auto retired = fields.boolean("retired")) plugin.retired = *retired;
    if (const auto custodial = fields.boolean("custodial")) plugin.custodial = *custodial;
    read_added_nodes(fields, plugin);
    if (fields.any("tenants") != nullptr) {
      plugin.tenants = read_tenant_ids(fields, "'tenants' is empty, so nobody could use the instance",
                                       "list who may, or set retired = true");
    }
    plugin.settings = Settings{reader, config.plugin_places[id]}.all(*inner);
    config.plugins.push_back(std::move(plugin));
  }
}

}  // namespace paynamed::config
