#include "config/config.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "config/sections.hpp"

namespace paynamed::config {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

void read_root(Reader& reader, const toml::table& root, Config& config) {
  Fields fields{reader, root, "the file", {}};
  const auto section = [&](std::string_view name, auto read) {
    if (const toml::table* table = fields.table(name)) {
      Fields inner{reader, *table, fmt::format("[{}]", name), fields.key_region(name)};
      read(inner, config);
      inner.finish();
    }
  };
  section("daemon", read_daemon);
  section("log", read_log);
  section("api", read_api);
  if (const toml::table* table = fields.table("tenants")) read_tenants(reader, *table, config);
  section("tls", read_tls);
  section("dns", read_dns);
  section("monitor", read_monitor);
  section("breakers", read_breakers);
  section("nodes", read_nodes);
  section("delivery", read_delivery);
  if (const toml::table* table = fields.table("domains")) read_domains(reader, *table, config);
  if (const toml::table* table = fields.table("plugins")) read_plugins(reader, *table, config);
  if (const toml::table* table = fields.table("pipelines")) config.pipelines = read_pipelines(reader, *table);
  fields.finish();
  if (root.get("daemon") == nullptr) {
    reader.diagnostics.error({}, "the file has no [daemon] table",
                             "add [daemon] with state = \"paynamed.db\", where names and runs are kept");
  }
}

}  // namespace

const Domain* Config::find_domain(std::string_view name) const {
  for (const Domain& domain : domains) {
    if (domain.name == name) return &domain;
  }
  return nullptr;
}

const Plugin* Config::find_plugin(std::string_view id) const {
  for (const Plugin& plugin : plugins) {
    if (plugin.id == id) return &plugin;
  }
  return nullptr;
}

const Pipeline* Config::find_pipeline(std::string_view name) const {
  for (const Pipeline& pipeline : pipelines) {
    if (pipeline.name == name) return &pipeline;
  }
  return nullptr;
}

Region Config::place_in_plugin(std::string_view id, std::string_view pointer, bool key) const {
  const Plugin* plugin = find_plugin(id);
  const Region table = plugin == nullptr ? Region{} : plugin->region;
  const auto places = plugin_places.find(id);
  if (places == plugin_places.end()) return table;
  const auto& map = key ? places->second.keys : places->second.values;
  const auto at = map.find(pointer);
  return at == map.end() ? table : at->second;
}

Config parse(std::string source, const std::filesystem::path& file, Diagnostics& diagnostics) {
  Config config;
  config.file = file;
  config.source = std::move(source);
  Tenant standard;
  standard.id = "default";
  config.tenants.push_back(std::move(standard));
  if (!check_bytes(config.source, diagnostics)) return config;
  const SourceText text{config.source};
  const std::optional<toml::table> root = parse_document(text, config.source, diagnostics);
  if (!root) return config;
  Reader reader{text, diagnostics, file.parent_path()};
  read_root(reader, *root, config);
  check_references(config, diagnostics);
  return config;
}

std::vector<Pipeline> parse_pipelines(std::string source, Diagnostics& diagnostics) {
  if (!check_bytes(source, diagnostics)) return {};
  const SourceText text{source};
  const std::optional<toml::table> root = parse_document(text, source, diagnostics);
  if (!root) return {};
  Reader reader{text, diagnostics, {}};
  Fields fields{reader, *root, "the file", {}};
  std::vector<Pipeline> pipelines;
  if (const toml::table* table = fields.table("pipelines")) pipelines = read_pipelines(reader, *table);
  fields.finish();
  return pipelines;
}

Config load(const std::filesystem::path& file, Diagnostics& diagnostics) {
  const auto refuse = [&](int code) {
    diagnostics.error({}, fmt::format("the file cannot be read: {}", std::strerror(code)),
                      "check the path and its permissions");
    Config config;
    config.file = file;
    return config;
  };
  const std::unique_ptr<std::FILE, Close> stream{std::fopen(file.c_str(), "rb")};
  if (!stream) return refuse(errno);
  std::string source;
  std::array<char, 65'536> block{};
  // One byte more than allowed is enough for parse() to refuse the file; /dev/zero has no end.
  while (source.size() <= kMaxSourceBytes) {
    const std::size_t got = std::fread(block.data(), 1, block.size(), stream.get());
    if (got == 0) break;
    source.append(block.data(), got);
  }
  if (std::ferror(stream.get()) != 0) return refuse(errno);
  return parse(std::move(source), file, diagnostics);
}

}  // namespace paynamed::config
