#include <fmt/format.h>

#include <algorithm>

#include "config/sections.hpp"

namespace paynamed::config {
namespace {

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

void check_listen(Reader& reader, const At<std::string>& listen) {
  const base::Result<DnsServer> server = parse_server(listen.value, std::nullopt);
  if (!server) {
    std::string suggestion = "write an address and a port, \"127.0.0.1:8080\"";
    for (const auto& [meant, address] :
         {std::pair{"*:", "0.0.0.0:"}, std::pair{"localhost:", "127.0.0.1:"}}) {
      const std::size_t length = std::string_view{meant}.size();
      if (listen.value.starts_with(meant)) {
        suggestion =
            fmt::format("write \"{}{}\"", address, printable(std::string_view{listen.value}.substr(length)));
      }
    }
    reader.diagnostics.error(listen.region,
                             fmt::format("'listen' is {}, which is no address to listen on: {}",
                                         in_quotes(listen.value), server.error().message()),
                             std::move(suggestion));
    return;
  }
  if (!is_loopback(server->address)) {
    reader.diagnostics.warning(
        listen.region, "the API listens to other machines without TLS, so its keys can be read on the way",
        "listen on 127.0.0.1 and put a TLS proxy in front of it");
  }
}

}  // namespace

void read_daemon(Fields& fields, Config& config) {
  Daemon& daemon = config.daemon;
  if (const auto state = fields.path("state")) {
    daemon.state = state->value;
  } else if (fields.any("state") == nullptr) {
    fields.missing("state", "add state = \"paynamed.db\", the file where names and runs are kept");
  }
  fields.list("plugin_path", "folders", [&](const toml::node& node) {
    const auto* folder = node.as_string();
    if (folder == nullptr || folder->get().empty() || folder->get().find('\0') != std::string::npos) {
      fields.reader().diagnostics.error(fields.reader().region(node),
                                        fmt::format("'plugin_path' holds folders, not {}",
                                                    folder != nullptr ? "an empty string" : type_name(node)));
      return;
    }
    daemon.plugin_path.push_back(fields.reader().path(folder->get()));
  });
  if (const auto value = fields.integer("max_open_runs", 1, 1'000'000)) {
    daemon.max_open_runs = static_cast<std::uint32_t>(value->value);
  }
  if (const auto value = fields.duration("stop_deadline", kSecond, kHour))
    daemon.stop_deadline = value->value;
  if (const auto value = fields.duration("bulk_wait", base::Duration{0}, kHour))
    daemon.bulk_wait = value->value;
  daemon.default_node = fields.identifier("default_node");
  daemon.secrets_key = fields.secret("secrets_key");
}

void read_log(Fields& fields, Config& config) {
  if (const auto value = fields.choice("level", {"trace", "debug", "info", "warn", "error"})) {
    config.log.level = value->value;
  }
  if (const auto value = fields.choice("format", {"text", "json"})) config.log.format = value->value;
}

void read_api(Fields& fields, Config& config) {
  if (const auto listen = fields.text("listen")) {
    config.api.listen = *listen;
    check_listen(fields.reader(), *listen);
  }
  if (const auto value = fields.integer("requests_per_second", 1, 1'000'000))
    config.api.requests_per_second = static_cast<std::uint32_t>(value->value);
  if (const auto value = fields.integer("request_burst", 1, 1'000'000))
    config.api.request_burst = static_cast<std::uint32_t>(value->value);
  if (const auto value = fields.integer("max_streams", 0, 100'000))
    config.api.max_streams = static_cast<std::uint32_t>(value->value);
  if (const auto value = fields.integer("max_streams_of_key", 0, 100'000))
    config.api.max_streams_of_key = static_cast<std::uint32_t>(value->value);
  if (const auto key = fields.secret("key")) config.tenants.front().api_keys.push_back(*key);
}

std::vector<At<std::string>> read_tenant_ids(Fields& fields, std::string_view when_empty,
                                             std::string_view suggestion) {
  Reader& reader = fields.reader();
  std::vector<At<std::string>> tenants;
  fields.list("tenants", "ids of tenants", [&](const toml::node& node) {
    const auto* text = node.as_string();
    const Region region = reader.region(node);
    if (text == nullptr) {
      reader.diagnostics.error(region,
                               fmt::format("'tenants' holds ids of tenants, not {}", type_name(node)));
      return;
    }
    const bool repeated = std::any_of(tenants.begin(), tenants.end(), [&](const At<std::string>& other) {
      return other.value == text->get();
    });
    if (repeated) {
      reader.diagnostics.error(region, fmt::format("tenant {} is listed twice", in_quotes(text->get())));
      return;
    }
    tenants.push_back({text->get(), region});
  });
  const toml::node* node = fields.any("tenants");
  const toml::array* list = node == nullptr ? nullptr : node->as_array();
  if (list != nullptr && list->empty()) {
    reader.diagnostics.error(reader.region(*list), std::string(when_empty), std::string(suggestion));
  }
  return tenants;
}

void read_tenants(Reader& reader, const toml::table& table, Config& config) {
  for (const auto& [key, node] : in_file_order(table)) {
    const Region region = reader.region(key);
    const std::string id{key.str()};
    if (!is_identifier(id)) {
      reader.diagnostics.error(region, fmt::format("{} is no id of a tenant", in_quotes(id)),
                               "use a-z, 0-9, '_' and '-', beginning with a letter or digit, at most 64");
    }
    const toml::table* inner = node.as_table();
    if (inner == nullptr) {
      reader.diagnostics.error(reader.region(node),
                               fmt::format("a tenant is a table, not {}", type_name(node)),
                               "write [tenants.<id>]");
      continue;
    }
    Tenant* tenant = &config.tenants.front();
    if (id != tenant->id) tenant = &config.tenants.emplace_back();
    tenant->id = id;
    tenant->region = region;
    Fields fields{reader, *inner, fmt::format("[tenants.{}]", printable(id)), region};
    fields.list("api_keys", "references to secrets", [&](const toml::node& element) {
      if (const auto secret = read_secret(reader, element, "an API key")) tenant->api_keys.push_back(*secret);
    });
    fields.finish();
  }
}

}  // namespace paynamed::config
