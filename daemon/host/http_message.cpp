#include "host/http_message.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "host/text.hpp"
#include "net/http_url.hpp"

namespace paynamed::host {
namespace {

using base::Code;

constexpr std::size_t kUsualReplyBytes = 1024 * 1024;
constexpr std::size_t kMostReplyBytes = 16 * 1024 * 1024;
constexpr std::size_t kMostBodyBytes = 16 * 1024 * 1024;
constexpr std::size_t kMostTrustBytes = 1024 * 1024;
constexpr std::size_t kMostHeaders = 100;
constexpr std::size_t kMostHeaderBytes = 64 * 1024;
constexpr int kMostBudgets = 8;
constexpr std::size_t kMostLaneBytes = 200;
constexpr double kMostTokens = 1'000'000;
constexpr double kLeastPerSecond = 0.00001;  // one a day

base::Status wrong(std::string_view what) {
  return base::invalid_argument("The HTTP request cannot be sent: " + std::string(what) + ".");
}

// What is wrong with it, without the URL itself, whose query may be a secret.
std::string wrong_in_url(const base::Status& status, const std::string& url) {
  const std::string quoted = "'" + url.substr(0, 4096) + "' ";
  const std::string& message = status.message();
  return message.starts_with(quoted) ? message.substr(quoted.size()) : std::string("is not understood");
}

base::Result<std::shared_ptr<const net::AddressGuard>> make_guard(const plugin::v1::HttpGuard& message) {
  std::vector<std::uint16_t> ports;
  for (const std::uint32_t port : message.ports()) {
    if (port > 65'535) return base::fail(wrong("its guard has a port above 65535"));
    ports.push_back(static_cast<std::uint16_t>(port));
  }
  auto guard = net::AddressGuard::create({message.allow().begin(), message.allow().end()}, std::move(ports),
                                         {message.names().begin(), message.names().end()},
                                         {message.nat64().begin(), message.nat64().end()});
  if (!guard) return base::fail(wrong("in its guard " + printable(guard.error().message(), 200)));
  return guard;
}

// Where it goes, and who may be called.
base::Status take_way(const plugin::v1::HttpRequest& message, net::HttpRequest& request) {
  if (message.lane().size() > kMostLaneBytes) return wrong("its lane is longer than 200 bytes");
  request.lane = message.lane();
  if (message.has_guard()) {
    auto guard = make_guard(message.guard());
    if (!guard) return guard.error();
    request.guard = *std::move(guard);
  }
  if (!message.proxy().empty()) {
    auto proxy = net::HttpProxy::parse(message.proxy());
    if (!proxy) return wrong(proxy.error().message());
    request.proxy = *std::move(proxy);
  }
  return {};
}

// "the host ..." as a sentence.
std::string sentence(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') text.front() -= 'a' - 'A';
  return printable(text, 500) + ".";
}

base::Status check_bounds(const plugin::v1::HttpRequest& message) {
  if (message.max_reply_bytes() > kMostReplyBytes) return wrong("it asks for an answer of more than 16 MiB");
  if (message.body().size() > kMostBodyBytes) return wrong("its body is larger than 16 MiB");
  if (message.trust_pem().size() > kMostTrustBytes) return wrong("it trusts more than 1 MiB of certificates");
  if (static_cast<std::size_t>(message.headers_size()) > kMostHeaders)
    return wrong("it has more than 100 headers");
  std::size_t bytes = 0;
  std::set<std::string> names;
  for (const auto& header : message.headers()) {
    bytes += header.name().size() + header.value().size();
    if (!names.insert(net::lower_case(header.name())).second) {
      return wrong("the header " + printable(header.name(), 100) +
                   " stands twice; join the values with a comma");
    }
  }
  return bytes > kMostHeaderBytes ? wrong("its headers are larger than 64 KiB") : base::Status();
}

base::Result<BudgetShare> check_budget(const plugin::v1::HttpBudget& budget) {
  if (auto status = check_budget_key(budget.key()); !status.ok()) return base::fail(std::move(status));
  const double rate = budget.per_second();
  if (!std::isfinite(rate) || rate < kLeastPerSecond || rate > kMostTokens) {
    return base::fail(
        wrong("the per_second of the budget " + budget.key() + " is not between 0.00001 and 1000000"));
  }
  if (budget.burst() < 1 || budget.burst() > kMostTokens || budget.cost() > kMostTokens) {
    return base::fail(
        wrong("the burst or the cost of the budget " + budget.key() + " is not between 1 and 1000000"));
  }
  if (budget.reserve() >= budget.burst()) {
    return base::fail(wrong("the reserve of the budget " + budget.key() + " is not below its burst"));
  }
  return BudgetShare{budget.key(), rate, static_cast<double>(budget.burst()),
                     budget.cost() == 0 ? 1.0 : static_cast<double>(budget.cost()),
                     static_cast<double>(budget.reserve())};
}

base::Result<std::vector<BudgetShare>> check_budgets(const plugin::v1::HttpRequest& message) {
  if (message.budgets_size() > kMostBudgets) return base::fail(wrong("it has more than 8 budgets"));
  std::vector<BudgetShare> shares;
  for (const auto& budget : message.budgets()) {
    auto share = check_budget(budget);
    if (!share) return base::fail(share.error());
    const bool twice = std::ranges::any_of(shares, [&](const auto& each) { return each.key == share->key; });
    if (twice) return base::fail(wrong("it has the budget " + share->key + " twice"));
    shares.push_back(*std::move(share));
  }
  return shares;
}

}  // namespace

base::Status check_budget_key(const std::string& key) {
  const bool plain = !key.empty() && key.size() <= 200 && printable(key, 200) == key;
  return plain ? base::Status() : wrong("the key of a budget is not a text of 1 to 200 bytes");
}

base::Result<CheckedHttpRequest> check_http_request(const plugin::v1::HttpRequest& message,
                                                    net::TrustMemory& trust) {
  const auto url = net::parse_http_url(message.url());
  if (!url) return base::fail(wrong("its URL " + wrong_in_url(url.error(), message.url())));
  if (!url->tls && !message.allow_plain())
    return base::fail(wrong("its URL is http:// and it is not allow_plain"));
  if (auto status = check_bounds(message); !status.ok()) return base::fail(std::move(status));

  CheckedHttpRequest checked;
  net::HttpRequest& request = checked.request;
  request.method = message.method();
  request.url = message.url();
  for (const auto& header : message.headers()) request.headers.emplace_back(header.name(), header.value());
  request.body = message.body();
  request.most_body_bytes = message.max_reply_bytes() == 0 ? kUsualReplyBytes : message.max_reply_bytes();
  request.repeatable = message.repeatable();
  request.allow_plain = message.allow_plain();
  request.truncate = message.truncate_reply();
  if (auto status = take_way(message, request); !status.ok()) return base::fail(std::move(status));
  if (auto status = net::check_request(request); !status.ok()) {
    return base::fail(wrong(printable(status.message(), 300)));
  }
  if (url->tls && !message.trust_pem().empty()) {
    auto policy = trust.policy_of(message.trust_pem());
    if (!policy) return base::fail(policy.error());
    request.policy = *std::move(policy);
  }
  auto budgets = check_budgets(message);
  if (!budgets) return base::fail(budgets.error());
  checked.budgets = *std::move(budgets);
  const bool guarded = message.has_guard();
  const std::string path = url->path.empty() ? "/" : url->path;
  checked.place = {message.method(), url->host, guarded ? std::string() : path, guarded};
  return checked;
}

base::Result<std::string> check_http_url(const plugin::v1::HttpRequest& message) {
  const auto url = net::parse_http_url(message.url());
  if (!url) {
    return base::fail(
        base::invalid_argument(sentence("the URL " + wrong_in_url(url.error(), message.url()))));
  }
  if (!url->tls && !message.allow_plain()) {
    return base::fail(base::invalid_argument("The URL is http://; it must be https://."));
  }
  if (message.has_guard()) {
    const auto guard = make_guard(message.guard());
    if (!guard) return base::fail(guard.error());
    const base::Status judged = (*guard)->check_url(*url);
    if (!judged.ok()) return base::fail(base::Status(judged.code(), sentence(judged.message())));
  }
  return (url->tls ? "https://" : "http://") + url->authority() + url->target();
}

base::Result<std::string> to_http_reply(net::HttpOutcome outcome) {
  if (outcome.result) {
    plugin::v1::HttpReply reply;
    reply.set_status(outcome.result->status);
    for (auto& [name, value] : outcome.result->headers) {
      auto& header = *reply.add_headers();
      header.set_name(name);
      header.set_value(std::move(value));
    }
    reply.set_body(std::move(outcome.result->body));
    return reply.SerializeAsString();
  }
  const base::Status& status = outcome.result.error();
  const auto as = [&](Code code) {
    return base::fail(base::Status(code, status.message(), status.detail()));
  };
  const Code code = status.code();
  if (!outcome.sent) {
    // A network that is down for a moment has no routes either: to a plugin that is no end.
    const bool says_it = code == Code::kInvalidArgument || code == Code::kUnauthenticated ||
                         code == Code::kPermissionDenied || code == Code::kResourceExhausted;
    return as(says_it ? code : Code::kUnavailable);
  }
  const bool says_it =
      code == Code::kDeadlineExceeded || code == Code::kOutOfRange || code == Code::kDataLoss;
  return as(says_it ? code : Code::kUnknown);
}

}  // namespace paynamed::host
