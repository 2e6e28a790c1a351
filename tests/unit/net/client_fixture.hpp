// An HTTPS client in the test's own thread, with a resolver that the test scripts.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/https_client.hpp"
#include "tests/fakes/tls/fake_https_server.hpp"
#include "tests/fakes/tls/fake_proxy.hpp"

namespace paynamed::net {

class ClientFixture : public testing::Test {
 protected:
  ClientFixture() {
    settings_.policy = *TlsPolicy::from_pem(authority_.certificate());
    settings_.find_host = [this](std::string host, base::Duration) { return find(std::move(host)); };
    restart();
  }
  void restart() { client_ = std::make_unique<HttpsClient>(io_.get_executor(), clock_, settings_); }

  // What the next look-up answers; the last one stays.
  void answers(const std::vector<std::string>& addresses) {
    std::vector<boost::asio::ip::address> parsed;
    for (const auto& each : addresses) parsed.push_back(boost::asio::ip::make_address(each));
    found_.push_back(std::move(parsed));
  }
  const std::vector<std::string>& looked_up() const { return looked_up_; }

  static std::shared_ptr<const AddressGuard> guard(const std::vector<std::string>& allow = {},
                                                   std::vector<std::uint16_t> ports = {}) {
    return *AddressGuard::create(allow, std::move(ports));
  }
  static fakes::FakeTlsOptions plain(const std::string& address = "127.0.0.1") {
    fakes::FakeTlsOptions options;
    options.tls = false;
    options.address = address;
    return options;
  }
  static HttpRequest post_to(const std::string& url) {
    HttpRequest request;
    request.method = "POST";
    request.url = url;
    request.body = "event";
    request.repeatable = true;
    return request;
  }

  // A timer for idle connections may be left, so the context runs only until the answer.
  HttpOutcome attempt(HttpRequest request, base::Duration timeout = base::Duration{20'000}) {
    std::optional<HttpOutcome> outcome;
    boost::asio::co_spawn(
        io_,
        [&]() -> boost::asio::awaitable<void> {
          auto asked = client_->attempt(std::move(request), timeout);
          outcome.emplace(co_await std::move(asked));
        },
        boost::asio::detached);
    io_.restart();
    while (!outcome && io_.run_one() != 0) {
    }
    if (!outcome) return HttpOutcome(base::fail(base::internal("the request never ended")), false);
    return *std::move(outcome);
  }

  // All of them at once.
  void attempt_all(std::vector<HttpRequest> requests) {
    std::size_t open = requests.size();
    const auto run_one = [&](HttpRequest request) -> boost::asio::awaitable<void> {
      auto asked = client_->attempt(std::move(request), base::Duration{20'000});
      const HttpOutcome outcome = co_await std::move(asked);
      EXPECT_TRUE(outcome.result);
      --open;
    };
    for (auto& each : requests) boost::asio::co_spawn(io_, run_one(std::move(each)), boost::asio::detached);
    io_.restart();
    while (open != 0 && io_.run_one() != 0) {
    }
  }

  fakes::TlsAuthority authority_;
  fakes::TlsIdentity good_ = authority_.issue({"DNS:hook.example", "IP:127.0.0.1"});
  base::SystemClock clock_;
  boost::asio::io_context io_;
  HttpsClientSettings settings_;
  std::unique_ptr<HttpsClient> client_;

 private:
  boost::asio::awaitable<base::Result<std::vector<boost::asio::ip::address>>> find(std::string host) {
    looked_up_.push_back(std::move(host));
    if (found_.empty()) co_return base::fail(base::unavailable("nobody has scripted this look-up"));
    auto found = found_.front();
    if (found_.size() > 1) found_.pop_front();
    co_return found;
  }

  std::deque<std::vector<boost::asio::ip::address>> found_;
  std::vector<std::string> looked_up_;
};

}  // namespace paynamed::net
