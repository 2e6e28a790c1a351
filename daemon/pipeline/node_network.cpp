#include "pipeline/node_network.hpp"

#include <fmt/format.h>

#include "config/source.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"
#include "pipeline/actions/plugin_call.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;

namespace {

constexpr base::Duration kTimeout{2'000};
constexpr base::Duration kGoodFor{60'000};
constexpr std::string_view kMainnet = "bitcoin";

}  // namespace

asio::awaitable<base::Result<std::string>> network_of(Services services, std::string instance) {
  PluginCall wanted;
  wanted.instance = std::move(instance);
  wanted.method = "Describe";
  wanted.timeout = kTimeout;
  const v1::DescribeNodesRequest request;
  auto called = co_await call<v1::DescribeNodesReply>(services, std::move(wanted), request);
  if (!called.reply) co_return base::fail(called.reply.error());
  co_return called.reply->network();
}

std::optional<std::string> KnownNetworks::kept(const std::string& instance, std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(instance);
  if (found == known_.end()) return std::nullopt;
  const Known& known = found->second;
  const bool is_good = known.generation == generation && clock_.monotonic() - known.asked < kGoodFor;
  return is_good ? std::optional(known.network) : std::nullopt;
}

asio::awaitable<base::Result<std::string>> KnownNetworks::of(std::string instance, std::uint64_t generation) {
  if (auto network = kept(instance, generation)) co_return *std::move(network);
  auto network = co_await ask_(instance);
  if (!network) co_return network;
  const std::lock_guard lock(mutex_);
  known_.insert_or_assign(std::move(instance), Known{generation, clock_.monotonic(), *network});
  co_return network;
}

base::Result<void> check_network(const std::string& instance, const std::string& network,
                                 const config::Domain& domain) {
  if (domain.test || network == kMainnet) return {};
  return base::fail(base::failed_precondition(
      fmt::format("'{}' makes offers for {}, and {} is no domain for tests; name an instance on {}", instance,
                  network.empty() ? "a network that it does not name" : config::printable(network),
                  domain.name, kMainnet)));
}

}  // namespace paynamed::pipeline
