#include "net/dns_over_https.hpp"

#include <fmt/format.h>

namespace paynamed::net {
namespace asio = boost::asio;
namespace {

constexpr const char* kMediaType = "application/dns-message";

std::string url_of(const DnsResolver& resolver) {
  const bool v6 = resolver.host.find(':') != std::string::npos;
  return fmt::format("https://{}{}{}:{}{}", v6 ? "[" : "", resolver.host, v6 ? "]" : "", resolver.port,
                     resolver.path);
}

// Without parameters, which the type has none of, and in any case (RFC 9110 section 8.3.1).
bool is_dns_message(const HttpResponse& response) {
  const auto found = response.headers.find("content-type");
  if (found == response.headers.end()) return false;
  std::string type = found->second.substr(0, found->second.find(';'));
  type.erase(type.find_last_not_of(" \t") + 1);
  return lower_case(type) == kMediaType;
}

base::Status explain_status(const DnsResolver& resolver, unsigned status) {
  if (status == 401 || status == 403 || status == 404 || status == 429) {
    return base::permission_denied(
        fmt::format("{} answers HTTP {}: {}", resolver.shown, status,
                    status == 404   ? "nothing is at that path; look at its documentation"
                    : status == 429 ? "it has too many of our questions; ask less often or take another"
                                    : "it does not serve this host; take another"));
  }
  if (status >= 300 && status < 400) {
    return base::internal(
        fmt::format("{} answers HTTP {}, which leads elsewhere; configure the address that it leads to",
                    resolver.shown, status));
  }
  return base::internal(
      fmt::format("{} answers HTTP {}; try again, or take another resolver", resolver.shown, status));
}

}  // namespace

asio::awaitable<base::Result<std::vector<std::uint8_t>>> dns_over_https(const HttpsClient& client,
                                                                        DnsResolver resolver,
                                                                        std::vector<std::uint8_t> message,
                                                                        base::Duration timeout) {
  HttpRequest request;
  request.method = "POST";
  request.url = url_of(resolver);
  request.headers = {{"Content-Type", kMediaType}, {"Accept", kMediaType}};
  request.body.assign(message.begin(), message.end());
  request.most_body_bytes = 65'535;
  request.address = resolver.address;
  request.repeatable = true;
  auto asked = client.request(std::move(request), timeout);
  auto response = co_await std::move(asked);
  if (!response) co_return base::fail(response.error());
  if (response->status != 200) co_return base::fail(explain_status(resolver, response->status));
  if (!is_dns_message(*response)) {
    const auto found = response->headers.find("content-type");
    const std::string type =
        found == response->headers.end() ? "no content type" : found->second.substr(0, 60);
    co_return base::fail(base::data_loss(
        fmt::format("{} answers with {}, not {}; its path may be wrong", resolver.shown, type, kMediaType)));
  }
  co_return std::vector<std::uint8_t>(response->body.begin(), response->body.end());
}

}  // namespace paynamed::net
