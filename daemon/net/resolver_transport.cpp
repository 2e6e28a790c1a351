#include "net/resolver_transport.hpp"

#include <fmt/format.h>

#include "net/dns_over_https.hpp"

namespace paynamed::net {
namespace asio = boost::asio;
using Message = std::vector<std::uint8_t>;

namespace {

constexpr std::size_t kHeaderBytes = 12;

base::Status malformed(const DnsResolver& resolver) {
  return base::data_loss(fmt::format(
      "{} sent something that does not answer our question; look at that resolver", resolver.shown));
}

HttpsClientSettings https_settings(std::shared_ptr<const TlsPolicy> policy) {
  HttpsClientSettings settings;
  settings.policy = std::move(policy);
  return settings;
}

}  // namespace

DnsResolver plain_resolver(const Endpoint& endpoint) {
  return {DnsResolver::Kind::kPlain, endpoint.to_string(), endpoint.address, endpoint.port, {}, {}};
}

ResolverTransport::ResolverTransport(asio::any_io_executor executor, base::Clock& clock, base::Random& random,
                                     std::shared_ptr<const TlsPolicy> policy)
    : random_(random),
      plain_(clock, random),
      tls_(executor, clock, policy),
      https_(executor, clock, https_settings(policy)) {}

asio::awaitable<base::Result<DnsAnswer>> ResolverTransport::query(DnsResolver resolver, DnsQuestion question,
                                                                  base::Duration timeout) const {
  question.recursion_desired = true;
  if (resolver.kind == DnsResolver::Kind::kPlain) {
    Endpoint endpoint{*resolver.address, resolver.port};
    co_return co_await plain_.query(std::move(endpoint), std::move(question), timeout);
  }
  auto encoded = encode_query(std::move(question), {}, random_);
  if (!encoded) co_return base::fail(encoded.error());
  auto relayed = relay(resolver, encoded->wire, timeout);
  auto message = co_await std::move(relayed);
  if (!message) co_return base::fail(message.error());
  auto answer = decode_answer(*message, *encoded);
  // These carry messages of any length.
  if (!answer || answer->truncated) co_return base::fail(malformed(resolver));
  co_return std::move(*answer);
}

asio::awaitable<base::Result<Message>> ResolverTransport::relay(DnsResolver resolver, Message message,
                                                                base::Duration timeout) const {
  if (message.size() < kHeaderBytes) co_return base::fail(base::invalid_argument("that is no DNS message"));
  const std::uint8_t id[2] = {message[0], message[1]};
  base::Result<Message> answer = base::fail(base::invalid_argument(
      fmt::format("{} is asked without protection and passes nothing on", resolver.shown)));
  std::uint8_t expected[2] = {id[0], id[1]};
  if (resolver.kind == DnsResolver::Kind::kTls) {
    auto asked = tls_.exchange(resolver, std::move(message), timeout);
    answer = co_await std::move(asked);
  } else if (resolver.kind == DnsResolver::Kind::kHttps) {
    // The same question is the same message, for caches on the way (RFC 8484 section 4.1).
    message[0] = message[1] = expected[0] = expected[1] = 0;
    auto asked = dns_over_https(https_, resolver, std::move(message), timeout);
    answer = co_await std::move(asked);
  }
  if (!answer) co_return answer;
  const bool is_response = answer->size() >= kHeaderBytes && ((*answer)[2] & 0x80) != 0;
  if (!is_response || (*answer)[0] != expected[0] || (*answer)[1] != expected[1]) {
    co_return base::fail(malformed(resolver));
  }
  (*answer)[0] = id[0];
  (*answer)[1] = id[1];
  co_return answer;
}

}  // namespace paynamed::net
