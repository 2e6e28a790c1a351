// RegistrationCheck asks the registry of a domain by RDAP how its registration is.
//
// A redirect is followed to another https URL, three times at most: registries send those who ask to the
// registrar (RFC 7480 section 5.2). What comes is read within bounds and never believed for more than what it
// says of this one domain.
//
// Threads: ask() may be called on any executor, one call at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "monitor/rdap.hpp"
#include "monitor/registration_facts.hpp"
#include "net/https_client.hpp"

namespace paynamed::monitor {

// net::HttpsClient::request
using Fetch = std::function<boost::asio::awaitable<base::Result<net::HttpResponse>>(net::HttpRequest)>;

class RegistrationCheck {
 public:
  struct Settings {
    std::string bootstrap = "https://data.iana.org/rdap/dns.json";
    base::Duration bootstrap_for{86'400'000};
    base::Duration bootstrap_retry{600'000};  // after one that could not be read
    base::Duration wait_unsaid{3'600'000};    // after a 429 or 503 that does not say how long
  };
  RegistrationCheck(Settings settings, Fetch fetch, base::Clock& clock);

  // `domain` is without its final dot; a part of a registered domain is looked for above. `known` is false in
  // the answer when the registry has no RDAP or no such domain. Failures:
  //   RESOURCE_EXHAUSTED  the server wants to be left alone; has a retry_after
  //   UNAVAILABLE, DEADLINE_EXCEEDED, DATA_LOSS and as net::HttpsClient  nothing is known
  boost::asio::awaitable<base::Result<RegistrationFacts>> ask(std::string domain);

 private:
  boost::asio::awaitable<base::Status> refresh_bootstrap();
  // Nothing for 404.
  boost::asio::awaitable<base::Result<std::optional<RdapDomain>>> ask_for(std::string server,
                                                                          std::string domain);
  boost::asio::awaitable<base::Result<net::HttpResponse>> fetch(std::string url, std::size_t most_bytes);
  // The server of a URL: "https://rdap.example:443".
  static std::string origin_of(const std::string& url);

  const Settings settings_;
  const Fetch fetch_;
  base::Clock& clock_;
  std::optional<RdapBootstrap> bootstrap_;
  base::MonotonicTime bootstrap_until_;
  base::Status bootstrap_trouble_;
  std::map<std::string, base::MonotonicTime> paused_;  // until when a server is left alone
};

}  // namespace paynamed::monitor
