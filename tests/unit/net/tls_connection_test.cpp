#include "net/tls_connection.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <optional>

namespace paynamed::net {
namespace {
namespace asio = boost::asio;
using asio::ip::tcp;
using base::Code;

constexpr base::Duration kLong{20'000};

// TLS is off: what is tested ends before it.
base::Status connected_to(asio::io_context& io, std::vector<tcp::endpoint> endpoints) {
  base::SystemClock clock;
  TlsPeer peer{"several.example", "several.example:443", {}, false};
  const auto policy = TlsPolicy::create({});
  const asio::any_io_executor executor = io.get_executor();
  auto connection =
      std::make_shared<TlsConnection>(clock, asio::make_strand(executor), *policy, std::move(peer));
  std::optional<base::Status> status;
  const auto open = [&]() -> asio::awaitable<void> {
    connection->end_at(clock.monotonic() + kLong, kLong);
    auto opening = connection->open(std::move(endpoints));
    status = co_await std::move(opening);
    connection->rest();
  };
  asio::co_spawn(connection->strand(), open, asio::detached);
  io.restart();
  while (!status && io.run_one() != 0) {
  }
  return status.value_or(base::internal("it never ended"));
}

TEST(TlsConnection, OfSeveralAddressesTheMostTellingFailureCounts) {
  asio::io_context io;
  tcp::acceptor listening{io, {asio::ip::address_v4::loopback(), 0}};
  tcp::acceptor closed{io, {asio::ip::address_v4::loopback(), 0}};
  const tcp::endpoint taken = listening.local_endpoint();
  const tcp::endpoint refused = closed.local_endpoint();
  closed.close();
  // A link-local address without a scope has no route on any machine.
  const tcp::endpoint no_route{asio::ip::make_address("fe80::1"), 443};
  struct Case {
    const char* rule;
    std::vector<tcp::endpoint> endpoints;
    Code code;
  };
  const Case cases[] = {
      {"no route at all", {no_route, no_route}, Code::kFailedPrecondition},
      {"refused, then no route", {refused, no_route}, Code::kUnavailable},
      {"no route, then refused", {no_route, refused}, Code::kUnavailable},
      {"one takes it", {no_route, refused, taken}, Code::kOk},
      {"no address", {}, Code::kUnavailable},
  };
  for (const Case& each : cases) {
    const auto status = connected_to(io, each.endpoints);
    EXPECT_EQ(status.code(), each.code) << each.rule << ": " << status.to_string();
  }
}

}  // namespace
}  // namespace paynamed::net
