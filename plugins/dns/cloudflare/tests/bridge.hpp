// CloudflareTest: the plugin in a TestHost, whose pn.http/1 asks the fake of Cloudflare; tests see each
// request and may answer in the fake's place.
//
// Threads: the test's.
#pragma once

#include <gtest/gtest.h>
#include <paynamed/plugin/v1/http.pb.h>

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <paynamed/testing/test_host.hpp>
#include <string>
#include <vector>

#include "cloudflare.hpp"
#include "tests/fakes/cloudflare/fake_cloudflare.hpp"

namespace paynamed::cloudflare {

class CloudflareTest : public ::testing::Test {
 protected:
  static constexpr char kZone[] = "example.test.";
  CloudflareTest();

  // `more` is added to the endpoint and the token.
  paynamed::testing::Instance* make(boost::json::object more = {});

  static plugin::v1::PublishRequest wanted(const std::string& name, const std::string& value,
                                           std::vector<std::string> previous = {});
  static plugin::v1::WithdrawRequest unwanted(const std::string& name, const std::string& value);
  Result<plugin::v1::PublishReply> publish(const plugin::v1::PublishRequest& request);
  Result<plugin::v1::WithdrawReply> withdraw(const plugin::v1::WithdrawRequest& request);
  Result<plugin::v1::ReadReply> read(const std::string& name);
  // `count` names n0, n1, ... at once.
  std::vector<Result<plugin::v1::PublishReply>> publish_many(int count, bool background = true);
  static std::string full(const std::string& user) { return user + ".user._bitcoin-payment." + kZone; }
  // Without its dot, as the fake has it.
  static std::string bare(const std::string& user) { return user + ".user._bitcoin-payment.example.test"; }
  static std::string quoted(const std::string& value) { return "\"" + value + "\""; }

  fakes::FakeCloudflare fake{{"--quota", "100000"}};
  paynamed::testing::TestHost host;
  paynamed::testing::Instance* plugin = nullptr;

  std::vector<HttpRequest> seen;
  std::vector<plugin::v1::HoldBudgetRequest> held;
  // What is answered in the fake's place; nothing: the fake is asked.
  std::function<std::optional<Result<HttpReply>>(const HttpRequest&)> instead;
  // After the fake was asked.
  std::function<void(const HttpRequest&)> afterwards;

 private:
  Result<std::string> answer(std::string_view bytes);
  Result<HttpReply> ask(const HttpRequest& request) const;
};

}  // namespace paynamed::cloudflare
