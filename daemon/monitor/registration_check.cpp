#include "monitor/registration_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace paynamed::monitor {
namespace asio = boost::asio;
using base::Result;

namespace {

constexpr int kMostRedirects = 3;

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string header_of(const net::HttpResponse& response, const std::string& name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? std::string{} : found->second;
}

Result<RdapBootstrap> read_bootstrap(const net::HttpResponse& answer) {
  if (answer.status == 200) return RdapBootstrap::parse(answer.body);
  return base::fail(base::unavailable(fmt::format("the answer has status {}", answer.status)));
}

// Without its first label; empty at a top level domain.
std::string above(const std::string& domain) {
  const auto dot = domain.find('.');
  const std::string rest = dot == std::string::npos ? std::string{} : domain.substr(dot + 1);
  return rest.find('.') == std::string::npos ? std::string{} : rest;
}

}  // namespace

RegistrationCheck::RegistrationCheck(Settings settings, Fetch fetch, base::Clock& clock)
    : settings_(std::move(settings)), fetch_(std::move(fetch)), clock_(clock) {}

asio::awaitable<Result<RegistrationFacts>> RegistrationCheck::ask(std::string domain) {
  if (auto ready = co_await refresh_bootstrap(); !ready.ok()) co_return base::fail(std::move(ready));
  RegistrationFacts facts;
  facts.asked = clock_.wall();
  const auto server = bootstrap_->server_of(domain);
  if (!server) co_return facts;
  facts.server = *server;
  for (std::string name = domain; !name.empty(); name = above(name)) {
    auto found = co_await ask_for(*server, name);
    if (!found) co_return base::fail(found.error());
    if (!*found) continue;
    facts.known = true;
    facts.status = std::move((*found)->status);
    facts.expires = (*found)->expires;
    judge_registration(name, facts);
    break;
  }
  co_return facts;
}

asio::awaitable<base::Status> RegistrationCheck::refresh_bootstrap() {
  if (clock_.monotonic() < bootstrap_until_) co_return bootstrap_ ? base::Status{} : bootstrap_trouble_;
  auto list = co_await fetch(settings_.bootstrap, kMostBootstrapBytes);
  auto parsed = list ? read_bootstrap(*list) : Result<RdapBootstrap>{base::fail(list.error())};
  // An old list is better than none.
  bootstrap_until_ = clock_.monotonic() + (parsed ? settings_.bootstrap_for : settings_.bootstrap_retry);
  if (parsed) {
    bootstrap_ = *std::move(parsed);
  } else {
    bootstrap_trouble_ = base::Status{parsed.error().code(),
                                      fmt::format("the list of RDAP servers cannot be read ({}); look at "
                                                  "[monitor] registration_bootstrap",
                                                  parsed.error().message())};
  }
  co_return bootstrap_ ? base::Status{} : bootstrap_trouble_;
}

asio::awaitable<Result<std::optional<RdapDomain>>> RegistrationCheck::ask_for(std::string server,
                                                                              std::string domain) {
  const auto answer = co_await fetch(rdap_domain_url(server, domain), kMostRdapBytes);
  if (!answer) co_return base::fail(answer.error());
  if (answer->status == 404) co_return std::optional<RdapDomain>{};
  if (answer->status != 200) {
    co_return base::fail(base::unavailable(
        fmt::format("the RDAP server {} answers with status {} for {}", server, answer->status, domain)));
  }
  auto parsed = parse_rdap_domain(answer->body, domain);
  if (!parsed) co_return base::fail(parsed.error());
  co_return std::optional<RdapDomain>{*std::move(parsed)};
}

asio::awaitable<Result<net::HttpResponse>> RegistrationCheck::fetch(std::string url, std::size_t most_bytes) {
  for (int hop = 0; hop <= kMostRedirects; ++hop) {
    const std::string origin = origin_of(url);
    const auto now = clock_.monotonic();
    std::erase_if(paused_, [now](const auto& entry) { return entry.second <= now; });
    if (const auto pause = paused_.find(origin); pause != paused_.end()) {
      const auto left = std::chrono::ceil<base::Duration>(pause->second - now);
      co_return base::fail(base::resource_exhausted(fmt::format("{} wants to be asked later", origin))
                               .with_retry_after(static_cast<std::uint32_t>(left.count())));
    }
    net::HttpRequest request;
    request.url = url;
    request.headers = {{"Accept", "application/rdap+json, application/json"}, {"User-Agent", "paynamed"}};
    request.most_body_bytes = most_bytes;
    auto answer = co_await fetch_(std::move(request));
    if (!answer) co_return base::fail(answer.error());
    if (answer->status == 429 || answer->status == 503) {
      const auto said = parse_retry_after(header_of(*answer, "retry-after"), clock_.wall());
      const base::Duration wait = std::max(said.value_or(settings_.wait_unsaid), base::Duration{1'000});
      paused_[origin] = clock_.monotonic() + wait;
      co_return base::fail(
          base::resource_exhausted(
              fmt::format("{} answers with status {}: it is asked too often", origin, answer->status))
              .with_retry_after(static_cast<std::uint32_t>(wait.count())));
    }
    if (!is_redirect(answer->status)) co_return answer;
    auto next = https_redirect(url, header_of(*answer, "location"));
    if (!next) {
      co_return base::fail(base::data_loss(
          fmt::format("{} refers to something that is not another https URL; it is not followed", origin)));
    }
    url = *std::move(next);
  }
  co_return base::fail(
      base::data_loss(fmt::format("{} is referred on and on; given up after {} times", url, kMostRedirects)));
}

std::string RegistrationCheck::origin_of(const std::string& url) {
  const auto scheme = url.find("://");
  return scheme == std::string::npos ? url : url.substr(0, url.find('/', scheme + 3));
}

}  // namespace paynamed::monitor
