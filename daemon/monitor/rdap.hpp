// RDAP (RFC 9082, RFC 9083, RFC 9224): which server knows a top level domain, and what it says of a domain.
// Untrusted JSON in, bounded values out.
//
// Threads: value types and pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace paynamed::monitor {

// No honest answer is longer. IANA's list of servers has about 60 KB, an answer about a domain 10 KB.
inline constexpr std::size_t kMostBootstrapBytes = 2 << 20;
inline constexpr std::size_t kMostRdapBytes = 256 << 10;

// RFC 9224 section 3: the servers by the domain whose names they know.
class RdapBootstrap {
 public:
  // DATA_LOSS for what is no such list.
  static base::Result<RdapBootstrap> parse(std::string_view json);

  // The https base URL, with its final slash, for a name without final dot: of the longest entry that it is
  // in (RFC 9224 section 4). Nothing when the registry has none.
  std::optional<std::string> server_of(std::string_view domain) const;
  std::size_t size() const { return servers_.size(); }

 private:
  std::map<std::string, std::string, std::less<>> servers_;
};

// RFC 9082 section 3.1.3.
std::string rdap_domain_url(const std::string& server, const std::string& domain);

struct RdapDomain {
  std::vector<std::string> status;  // in lower case, "server hold" (RFC 8056)
  std::optional<base::WallTime> expires;
};
// DATA_LOSS for what is no answer about `domain`.
base::Result<RdapDomain> parse_rdap_domain(std::string_view json, const std::string& domain);

// Any time of RFC 3339, with its offset.
std::optional<base::WallTime> parse_any_rfc3339(std::string_view text);

// Where an answer with a Location refers to: an https URL, also for a path alone (RFC 9110 section 10.2.2).
// Nothing for others.
std::optional<std::string> https_redirect(const std::string& from, const std::string& location);

// Retry-After (RFC 9110 section 10.2.3): seconds or a date. At most a day; nothing for other text.
std::optional<base::Duration> parse_retry_after(std::string_view text, base::WallTime now);

}  // namespace paynamed::monitor
