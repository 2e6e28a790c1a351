// Whether a domain is fit, asked of real zones that are and are not.
#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class DomainCheck : public LabTest {
 protected:
  // "part verdict code".
  static std::vector<std::string> findings(const fakes::Ended& ended) {
    std::vector<std::string> all;
    const json::object body = json::parse(ended.output).as_object();
    for (const auto& item : body.at("findings").as_array()) {
      const json::object& each = item.as_object();
      all.push_back(text(each, "part") + " " + text(each, "verdict") +
                    (each.at("code").is_null() ? "" : " " + text(each, "code")));
    }
    return all;
  }
};

TEST_F(DomainCheck, SaysOfEachDomainWhatItIs) {
  lab().add_zone("optout.test.", "opt-out", lab().addresses());
  Parts parts;
  parts.tables = "[domains.\"optout.test\"]\ndns = \"zone\"\ntest = true\n";
  Scene scene{lab(), parts};
  scene.daemon().start();
  const struct {
    const char* domain;
    int exit;
    std::vector<std::string> says;
  } cases[] = {
      {"second.test",
       0,
       {"delegation fine", "security fine", "provider fine", "quota unknown not_told", "wallets fine"}},
      {"unsigned.test", 1, {"security failed unsigned", "provider failed unsigned_there"}},
      {"bogus.test", 1, {"security failed ds_mismatch", "provider failed other_keys"}},
      {"halfdown.test", 1, {"delegation failed silent_server", "security fine"}},
      {"optout.test", 0, {"security fine", "wallets warning nsec3_opt_out"}},
  };
  for (const auto& each : cases) {
    const auto ended = scene.ctl({"domains", "check", each.domain, "--json"});
    EXPECT_EQ(ended.exit_code, each.exit) << each.domain << ended.errors << ended.output;
    const auto found = findings(ended);
    for (const std::string& wanted : each.says)
      EXPECT_THAT(found, Contains(wanted)) << each.domain << ended.output;
  }
  EXPECT_EQ(scene.ctl({"domains", "check", "elsewhere.test"}).exit_code, 1);
  const auto people = scene.ctl({"domains", "check", "second.test"});
  EXPECT_THAT(people.output, HasSubstr("second.test is fit for payment names"));
}

TEST_F(DomainCheck, CredentialsAreTried) {
  Parts parts;
  parts.tables = fmt::format(
      "[plugins.stranger]\nmodule = \"rfc2136\"\nserver = \"127.0.0.1\"\nport = {}\n"
      "tsig = {{ name = \"stranger\", secret = {{ file = \"{}\" }} }}\n"
      "[domains.\"foreign.second.test\"]\ndns = \"stranger\"\ntest = true\n",
      lab().port(), (lab().directory() / "tsig.secret").string());
  Scene scene{lab(), parts};
  scene.daemon().start();
  const auto ended = scene.ctl({"domains", "check", "foreign.second.test", "--json"});
  EXPECT_EQ(ended.exit_code, 1) << ended.output;
  EXPECT_THAT(findings(ended), Contains("provider failed read")) << ended.output;
  EXPECT_THAT(findings(ended), Contains("delegation warning inside_zone")) << ended.output;
}

TEST_F(DomainCheck, AWildcardIsFound) {
  Scene scene{lab()};
  scene.daemon().start();
  lab().edit("second.test.", {"set *.user._bitcoin-payment.second.test. 60 TXT \"x\""});
  const auto ended = scene.ctl({"domains", "check", "second.test", "--json"});
  lab().edit("second.test.", {"unset *.user._bitcoin-payment.second.test. TXT"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(findings(ended), Contains("wallets failed wildcard")) << ended.output;
}

}  // namespace
}  // namespace paynamed::e2e
