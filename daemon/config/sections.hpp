// The sections of the configuration file, one function each: TOML table in, typed values out.
//
// Threads: used by one thread.
#pragma once

#include "config/reader.hpp"

namespace paynamed::config {

inline constexpr base::Duration kMillisecond{1};
inline constexpr base::Duration kSecond{1'000};
inline constexpr base::Duration kMinute{60'000};
inline constexpr base::Duration kHour{3'600'000};
inline constexpr base::Duration kDay{86'400'000};
inline constexpr base::Duration kLongest = 100 * 365 * kDay;

void read_daemon(Fields& fields, Config& config);
void read_log(Fields& fields, Config& config);
// The listen address, and the key of the tenant "default".
void read_api(Fields& fields, Config& config);
void read_tenants(Reader& reader, const toml::table& table, Config& config);
// The key `tenants`: ids, each once, whether or not there are such tenants. An empty list is told with
// `suggestion`.
std::vector<At<std::string>> read_tenant_ids(Fields& fields, std::string_view when_empty,
                                             std::string_view suggestion);
void read_tls(Fields& fields, Config& config);
void read_dns(Fields& fields, Config& config);
// `resolvers` of [dns].
std::vector<DnsResolver> read_resolvers(Fields& fields);
void read_monitor(Fields& fields, Config& config);
void read_breakers(Fields& fields, Config& config);
void read_nodes(Fields& fields, Config& config);
void read_delivery(Fields& fields, Config& config);
void read_domains(Reader& reader, const toml::table& table, Config& config);
void read_plugins(Reader& reader, const toml::table& table, Config& config);
std::vector<Pipeline> read_pipelines(Reader& reader, const toml::table& table);

// What only the whole can tell: references between sections. An instance or tenant that a table of the file
// defines, even wrongly, counts as defined.
void check_references(const Config& config, Diagnostics& diagnostics);

// The document, or nothing after syntax errors; as many of those as can be found without guessing.
std::optional<toml::table> parse_document(const SourceText& text, std::string_view source,
                                          Diagnostics& diagnostics);

}  // namespace paynamed::config
