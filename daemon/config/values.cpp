#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "config/reader.hpp"

namespace paynamed::config {
namespace {

constexpr std::string_view kHowToRefer = "write { env = \"NAME\" } or { file = \"path\" }";

bool is_variable_name(std::string_view text) {
  if (text.empty() || text.size() > 128 || (text.front() >= '0' && text.front() <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_address(const std::string& text) {
  if (text.find('\0') != std::string::npos) return false;
  in6_addr storage{};
  return inet_pton(AF_INET, text.c_str(), &storage) == 1 || inet_pton(AF_INET6, text.c_str(), &storage) == 1;
}

}  // namespace

base::Result<DnsServer> parse_server(std::string_view text, std::optional<std::uint16_t> default_port) {
  std::string_view address = text;
  std::optional<std::string_view> port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == text.npos) return base::fail(base::invalid_argument("the '[' is not closed"));
    address = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (rest.starts_with(':')) {
      port = rest.substr(1);
    } else if (!rest.empty()) {
      return base::fail(base::invalid_argument("after ']' only a port may follow"));
    }
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    const std::size_t colon = text.find(':');
    address = text.substr(0, colon);
    port = text.substr(colon + 1);
  } else if (!default_port && text.find(':') != text.npos && is_address(std::string{text})) {
    return base::fail(base::invalid_argument("an IPv6 address with a port is written in brackets"));
  }
  DnsServer server;
  server.address = std::string{address};
  if (!is_address(server.address)) {
    return base::fail(base::invalid_argument(fmt::format("{} is not an IP address", in_quotes(address))));
  }
  if (!port && !default_port) return base::fail(base::invalid_argument("the port is missing"));
  if (!port) {
    server.port = *default_port;
    return server;
  }
  const auto [end, error] = std::from_chars(port->data(), port->data() + port->size(), server.port);
  if (error != std::errc{} || end != port->data() + port->size() || port->empty()) {
    return base::fail(
        base::invalid_argument(fmt::format("{} is not a port; it must be 0 to 65535", in_quotes(*port))));
  }
  return server;
}

std::optional<SecretSource> read_secret(Reader& reader, const toml::node& node, std::string_view what) {
  const Region region = reader.region(node);
  const toml::table* table = node.as_table();
  if (table == nullptr) {
    reader.diagnostics.secret_error(
        region,
        fmt::format("{} must say where the secret is read from; a secret never stands in this file", what),
        std::string{kHowToRefer});
    return std::nullopt;
  }
  for (const auto& [key, value] : *table) {
    if (key.str() != "env" && key.str() != "file") {
      reader.diagnostics.secret_error(
          reader.region(key),
          fmt::format("unknown key {} in the reference to a secret", in_quotes(key.str())),
          std::string{kHowToRefer});
      return std::nullopt;
    }
  }
  if (table->size() != 1) {
    reader.diagnostics.error(region, fmt::format("{} must have either 'env' or 'file'", what),
                             std::string{kHowToRefer});
    return std::nullopt;
  }
  // The pair lives inside the iterator.
  const auto only = table->begin();
  const toml::key& key = only->first;
  const toml::node& value = only->second;
  const auto* where = value.as_string();
  const bool file = key.str() == "file";
  if (where == nullptr || where->get().empty() || where->get().find('\0') != std::string::npos ||
      (!file && !is_variable_name(where->get()))) {
    reader.diagnostics.secret_error(
        reader.region(value),
        file ? "'file' must be the path of the file that holds the secret"
             : "'env' must be the name of an environment variable: letters, digits and '_'",
        std::string{kHowToRefer});
    return std::nullopt;
  }
  SecretSource source;
  source.kind = file ? SecretSource::Kind::kFile : SecretSource::Kind::kEnvironment;
  source.where = file ? reader.path(where->get()).string() : where->get();
  source.region = region;
  return source;
}

}  // namespace paynamed::config
