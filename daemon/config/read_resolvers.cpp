// Recursive resolvers: "192.0.2.1:53", "tls://ADDRESS#NAME", "tls://NAME", "https://NAME/PATH",
// "https://ADDRESS/PATH#NAME". The name after '#' is whom the certificate must be for.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/name.hpp"
#include "config/sections.hpp"

namespace paynamed::config {
namespace {

constexpr std::string_view kTls = "tls://";
constexpr std::string_view kHttps = "https://";
constexpr std::size_t kMostBytes = 512;

constexpr std::string_view kHow =
    "write \"192.0.2.1\", \"tls://192.0.2.1#dns.example\" or \"https://dns.example/dns-query\"";

base::Result<DnsResolver> bad(std::string what) {
  return base::fail(base::invalid_argument(std::move(what)));
}

bool is_address(std::string_view text) {
  in6_addr storage{};
  const std::string copy{text};
  return inet_pton(AF_INET, copy.c_str(), &storage) == 1 || inet_pton(AF_INET6, copy.c_str(), &storage) == 1;
}

// RFC 3986 section 3.3, without a query.
bool is_path(std::string_view text) {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=:@/%";
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != kOthers.npos;
  });
}

base::Result<std::string> host_name(std::string_view text) {
  auto name = base::parse_domain(text);
  if (!name)
    return base::fail(base::invalid_argument(fmt::format("its name is none: {}", name.error().message())));
  return name;
}

// "HOST", "HOST:PORT", "[ADDRESS]:PORT" into host (without brackets) and port.
base::Status read_authority(std::string_view text, DnsResolver& resolver) {
  std::string_view host = text;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == text.npos) return base::invalid_argument("the '[' is not closed");
    host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    if (host.find(':') == host.npos || !is_address(host)) {
      return base::invalid_argument("only an IPv6 address stands in brackets");
    }
  } else if (std::count(text.begin(), text.end(), ':') > 1) {
    return base::invalid_argument("an IPv6 address stands in brackets here");
  } else if (const std::size_t colon = text.find(':'); colon != text.npos) {
    host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (host.empty()) return base::invalid_argument("it has no host");
  if (!rest.empty()) {
    const std::string_view port = rest.substr(1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), resolver.port);
    if (!rest.starts_with(':') || error != std::errc{} || end != port.data() + port.size() ||
        resolver.port == 0) {
      return base::invalid_argument("its port must be 1 to 65535");
    }
  }
  resolver.host = std::string{host};
  return {};
}

// Of "tls://" and "https://": what stands behind that.
base::Result<DnsResolver> parse_protected(std::string_view text, DnsResolver resolver) {
  const std::size_t hash = text.find('#');
  const std::string_view before = text.substr(0, hash);
  const std::size_t slash = before.find('/');
  if (resolver.kind == DnsResolver::Kind::kTls && slash != before.npos) {
    return bad("DNS over TLS has no path");
  }
  if (resolver.kind == DnsResolver::Kind::kHttps) {
    if (slash == before.npos || slash + 1 == before.size()) {
      return bad("the path is missing; with most resolvers it is /dns-query");
    }
    resolver.path = std::string{before.substr(slash)};
    if (!is_path(resolver.path))
      return bad("its path has characters that a path cannot have; leave {?dns} away");
  }
  if (auto status = read_authority(before.substr(0, slash), resolver); !status.ok())
    return base::fail(status);
  if (!is_address(resolver.host)) {
    if (hash != text.npos) return bad("'#' and a name are for an address; here the host is a name already");
    auto name = host_name(resolver.host);
    if (!name) return base::fail(name.error());
    resolver.host = *std::move(name);
    return resolver;
  }
  resolver.address = resolver.host;
  if (hash == text.npos) return resolver;
  auto name = host_name(text.substr(hash + 1));
  if (!name) return base::fail(name.error());
  resolver.host = *std::move(name);
  return resolver;
}

base::Result<DnsResolver> parse_resolver(std::string_view text) {
  if (text.size() > kMostBytes) return bad("it is too long");
  DnsResolver resolver;
  resolver.shown = std::string{text};
  if (text.starts_with(kTls)) {
    resolver.kind = DnsResolver::Kind::kTls;
    resolver.port = 853;
    return parse_protected(text.substr(kTls.size()), std::move(resolver));
  }
  if (text.starts_with(kHttps)) {
    resolver.kind = DnsResolver::Kind::kHttps;
    resolver.port = 443;
    return parse_protected(text.substr(kHttps.size()), std::move(resolver));
  }
  if (text.find("://") != text.npos) return bad("only tls:// and https:// are known");
  const auto server = parse_server(text, std::uint16_t{53});
  if (!server) return base::fail(server.error());
  if (server->port == 0) return bad("its port must be 1 to 65535");
  resolver.address = server->address;
  resolver.port = server->port;
  const bool v6 = server->address.find(':') != std::string::npos;
  resolver.shown = fmt::format("{}{}{}:{}", v6 ? "[" : "", server->address, v6 ? "]" : "", server->port);
  return resolver;
}

}  // namespace

std::vector<DnsResolver> read_resolvers(Fields& fields) {
  std::vector<DnsResolver> resolvers;
  fields.list("resolvers", "resolvers", [&](const toml::node& node) {
    Reader& reader = fields.reader();
    const auto* text = node.as_string();
    if (text == nullptr) {
      reader.diagnostics.error(reader.region(node),
                               fmt::format("'resolvers' holds resolvers, not {}", type_name(node)),
                               std::string{kHow});
      return;
    }
    auto resolver = parse_resolver(text->get());
    if (!resolver) {
      reader.diagnostics.error(
          reader.region(node),
          fmt::format("{} is no resolver: {}", in_quotes(text->get()), resolver.error().message()),
          std::string{kHow});
      return;
    }
    resolvers.push_back(*std::move(resolver));
  });
  return resolvers;
}

}  // namespace paynamed::config
