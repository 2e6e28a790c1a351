// The plugin against a real knotd: every promise of the contract and every refusal that a server can give.
#include "rfc2136.hpp"

#include <gtest/gtest.h>

#include <paynamed/testing/test_host.hpp>

#include "tests/fakes/dns/knot_lab.hpp"

namespace paynamed::rfc2136 {
namespace {

using namespace plugin::v1;
using fakes::KnotLab;
using ::paynamed::testing::Instance;
using ::paynamed::testing::TestHost;

constexpr char kZone[] = "example.test.";

struct Rfc2136Test : ::testing::Test {
  static std::unique_ptr<KnotLab> lab;
  static void SetUpTestSuite() { lab = std::make_unique<KnotLab>(); }
  static void TearDownTestSuite() { lab.reset(); }

  TestHost host;
  Instance* plugin = nullptr;
  // A name of its own for each test.
  const std::string name = [] {
    std::string user = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    for (char& c : user) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return user.substr(0, 60) + ".user._bitcoin-payment." + kZone;
  }();

  void SetUp() override {
    host.set_secret("key", lab->tsig_secret() + "\n");
    plugin = make(config());
  }
  std::string config(const std::string& key_name = "paynamed", std::uint16_t port = 0,
                     const std::string& more = {}) {
    return R"({"server": "127.0.0.1", "port": )" + std::to_string(port ? port : lab->port()) +
           R"(, "timeout": "1s", "tsig": {"name": ")" + key_name + R"(", "secret": "key"})" + more + "}";
  }
  Instance* make(const std::string& json) { return host.create<Rfc2136>(json).value(); }

  PublishRequest wanted(const std::string& value, std::optional<std::string> previous = {}) {
    PublishRequest request;
    request.set_zone(kZone);
    request.mutable_record()->set_name(name);
    request.mutable_record()->set_value(value);
    request.mutable_record()->set_ttl_seconds(300);
    if (previous) {
      request.set_previous_value(*previous);
    } else {
      request.set_absent(true);
    }
    return request;
  }
  Result<PublishReply> publish(const PublishRequest& request) {
    return host.call<PublishReply>(plugin, "Publish", request, {.idempotency_key = "k1"});
  }
  Result<WithdrawReply> withdraw(const std::string& value) {
    WithdrawRequest request;
    request.set_zone(kZone);
    request.set_name(name);
    request.set_value(value);
    return host.call<WithdrawReply>(plugin, "Withdraw", request, {.idempotency_key = "k2"});
  }
  std::vector<std::string> values() {
    ReadRequest request;
    request.set_zone(kZone);
    request.set_name(name);
    const auto reply = host.call<ReadReply>(plugin, "Read", request);
    if (!reply.ok()) {
      ADD_FAILURE() << reply.error().message();
      return {};
    }
    std::vector<std::string> found;
    for (const auto& record : reply->records()) found.push_back(record.value());
    return found;
  }
};
std::unique_ptr<KnotLab> Rfc2136Test::lab;
using Values = std::vector<std::string>;

TEST_F(Rfc2136Test, CreatesReplacesAndWithdraws) {
  auto reply = publish(wanted("bitcoin:?lno=one"));
  ASSERT_TRUE(reply.ok()) << reply.error().message();
  EXPECT_TRUE(reply->changed());
  EXPECT_EQ(values(), Values{"bitcoin:?lno=one"});

  reply = publish(wanted("bitcoin:?lno=two", "bitcoin:?lno=one"));
  ASSERT_TRUE(reply.ok()) << reply.error().message();
  EXPECT_EQ(values(), Values{"bitcoin:?lno=two"});

  const auto gone = withdraw("bitcoin:?lno=two");
  ASSERT_TRUE(gone.ok()) << gone.error().message();
  EXPECT_TRUE(gone->changed());
  EXPECT_EQ(values(), Values{});
}

TEST_F(Rfc2136Test, TheSameAgainSucceedsAndChangesNothing) {
  ASSERT_TRUE(publish(wanted("bitcoin:?lno=one")).ok());
  auto again = publish(wanted("bitcoin:?lno=one"));
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_FALSE(again->changed());

  ASSERT_TRUE(publish(wanted("bitcoin:?lno=two", "bitcoin:?lno=one")).ok());
  again = publish(wanted("bitcoin:?lno=two", "bitcoin:?lno=one"));
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_FALSE(again->changed());

  ASSERT_TRUE(withdraw("bitcoin:?lno=two").ok());
  const auto gone = withdraw("bitcoin:?lno=two");
  ASSERT_TRUE(gone.ok()) << gone.error().message();
  EXPECT_FALSE(gone->changed());
}

TEST_F(Rfc2136Test, AnotherValueIsAConflictAndStays) {
  lab->put_txt(kZone, name, {"bitcoin:?lno=foreign"});
  for (const auto& reply :
       {publish(wanted("bitcoin:?lno=one")), publish(wanted("bitcoin:?lno=one", "bitcoin:?lno=zero"))}) {
    ASSERT_FALSE(reply.ok());
    EXPECT_EQ(reply.code(), Code::kAborted);
    EXPECT_NE(reply.error().message().find("bitcoin:?lno=foreign"), std::string::npos)
        << reply.error().message();
  }
  EXPECT_EQ(withdraw("bitcoin:?lno=one").code(), Code::kAborted);
  EXPECT_EQ(values(), Values{"bitcoin:?lno=foreign"});
  lab->put_txt(kZone, name, {"bitcoin:?lno=foreign", "v=decoy"});
  EXPECT_EQ(publish(wanted("bitcoin:?lno=one", "bitcoin:?lno=foreign")).code(), Code::kAborted)
      << "two records are not the one expected";
  EXPECT_EQ(values().size(), 2u);
  lab->remove_txt(kZone, name);
}

TEST_F(Rfc2136Test, ReplacingWhatIsAbsentIsAConflict) {
  const auto reply = publish(wanted("bitcoin:?lno=one", "bitcoin:?lno=zero"));
  EXPECT_EQ(reply.code(), Code::kAborted);
  EXPECT_NE(reply.error().message().find("nothing"), std::string::npos) << reply.error().message();
  EXPECT_EQ(values(), Values{});
}

TEST_F(Rfc2136Test, AnAliasIsAConflictNotASilentSuccess) {
  PublishRequest request = wanted("bitcoin:?lno=one");
  request.mutable_record()->set_name("alias.user._bitcoin-payment.example.test.");
  const auto reply = publish(request);
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.code(), Code::kAborted);
  EXPECT_NE(reply.error().message().find("CNAME"), std::string::npos) << reply.error().message();
}

TEST_F(Rfc2136Test, ALongValueIsSplitAndJoined) {
  const std::string value = "bitcoin:?lno=lno1" + std::string(1'500, 'q');
  ASSERT_TRUE(publish(wanted(value)).ok());
  EXPECT_EQ(values(), Values{value});
  ASSERT_TRUE(withdraw(value).ok());
}

TEST_F(Rfc2136Test, AValueThatWasSplitElsewhereIsTheSameValue) {
  const std::string value = "bitcoin:?lno=" + std::string(20, 'q');
  // Two strings where this plugin writes one.
  lab->put_txt_strings(kZone, name, {value.substr(0, 10), value.substr(10)});
  ASSERT_TRUE(publish(wanted("bitcoin:?lno=new", value)).ok());
  EXPECT_EQ(values(), Values{"bitcoin:?lno=new"});
  lab->put_txt_strings(kZone, name, {value.substr(0, 10), value.substr(10)});
  ASSERT_TRUE(withdraw(value).ok());
  EXPECT_EQ(values(), Values{});
}

TEST_F(Rfc2136Test, AWrongSecretPausesUntilItIsMended) {
  host.set_secret("key", "d3Jvbmd3cm9uZ3dyb25nd3Jvbmd3cm9uZ3dyb25nMTI=");
  const auto reply = publish(wanted("bitcoin:?lno=one"));
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.code(), Code::kUnauthenticated);
  EXPECT_NE(reply.error().message().find("BADSIG"), std::string::npos) << reply.error().message();
  host.set_secret("key", lab->tsig_secret());
  EXPECT_EQ(values(), Values{});
  EXPECT_TRUE(publish(wanted("bitcoin:?lno=one")).ok()) << "read at each use: no restart";
  ASSERT_TRUE(withdraw("bitcoin:?lno=one").ok());
  EXPECT_FALSE(host.logged(lab->tsig_secret()));
}

TEST_F(Rfc2136Test, EachRefusalHasItsCodeAndSentence) {
  struct Case {
    std::string what;
    std::function<Result<PublishReply>()> call;
    Code code;
    std::string says;
  };
  const std::vector<Case> table = {
      {"an unknown key",
       [&] {
         plugin = make(config("nobody"));
         return publish(wanted("x"));
       },
       Code::kUnauthenticated, "BADKEY"},
      {"a name that the key may not change",
       [&] {
         PublishRequest request = wanted("x");
         request.mutable_record()->set_name("www.example.test.");
         return publish(request);
       },
       Code::kUnauthenticated, "BADKEY"},
      {"a zone that the server has not",
       [&] {
         PublishRequest request = wanted("x");
         request.set_zone("elsewhere.test.");
         request.mutable_record()->set_name("a.user._bitcoin-payment.elsewhere.test.");
         return publish(request);
       },
       Code::kNotFound, "NOTAUTH"},
      {"a secret that is no base64",
       [&] {
         host.set_secret("key", "not base64 !");
         return publish(wanted("x"));
       },
       Code::kFailedPrecondition, "base64"},
      {"nobody listens",
       [&] {
         plugin = make(config("paynamed", 9));
         return publish(wanted("x"));
       },
       Code::kUnavailable, "nothing was changed"},
      {"a name outside the zone",
       [&] {
         PublishRequest request = wanted("x");
         request.mutable_record()->set_name("a.other.test.");
         return publish(request);
       },
       Code::kInvalidArgument, "not in the zone"},
      {"a zone that is not this instance's",
       [&] {
         plugin = make(config("paynamed", 0, R"(, "zone": "second.test")"));
         return publish(wanted("x"));
       },
       Code::kNotFound, "second.test."},
      {"a TTL out of range",
       [&] {
         PublishRequest request = wanted("x");
         request.mutable_record()->set_ttl_seconds(1);
         return publish(request);
       },
       Code::kInvalidArgument, "TTL"},
      {"no expectation",
       [&] {
         PublishRequest request = wanted("x");
         request.clear_expected();
         return publish(request);
       },
       Code::kInvalidArgument, "expects"},
      {"an empty value", [&] { return publish(wanted("")); }, Code::kInvalidArgument, "bytes"},
  };
  for (const auto& each : table) {
    SetUp();
    const auto reply = each.call();
    ASSERT_FALSE(reply.ok()) << each.what;
    EXPECT_EQ(static_cast<int>(reply.code()), static_cast<int>(each.code))
        << each.what << ": " << reply.error().message();
    EXPECT_NE(reply.error().message().find(each.says), std::string::npos)
        << each.what << ": " << reply.error().message();
  }
}

TEST_F(Rfc2136Test, AfterALostAnswerTheSameCallFindsItsOwnWork) {
  // The server takes the update but is stopped before it can answer: the caller cannot know.
  lab->pause();
  const auto lost = publish(wanted("bitcoin:?lno=one"));
  lab->resume();
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.code(), Code::kDeadlineExceeded) << lost.error().message();
  EXPECT_NE(lost.error().message().find("not known"), std::string::npos);
  const auto again = publish(wanted("bitcoin:?lno=one"));
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(values(), Values{"bitcoin:?lno=one"});
  ASSERT_TRUE(withdraw("bitcoin:?lno=one").ok());
}

TEST_F(Rfc2136Test, SigningStatusComputesTheDsOfTheParent) {
  SigningStatusRequest request;
  request.set_zone(kZone);
  const auto is_signed = host.call<SigningStatusReply>(plugin, "SigningStatus", request);
  ASSERT_TRUE(is_signed.ok()) << is_signed.error().message();
  EXPECT_EQ(is_signed->state(), SigningStatusReply::SIGNING);
  ASSERT_EQ(is_signed->ds_size(), 1);
  EXPECT_EQ(is_signed->ds(0).algorithm(), 13u);
  EXPECT_EQ(is_signed->ds(0).digest_type(), 2u);
  EXPECT_EQ(is_signed->ds(0).digest().size(), 32u);
  request.set_zone("unsigned.test.");
  EXPECT_EQ(host.call<SigningStatusReply>(plugin, "SigningStatus", request)->state(),
            SigningStatusReply::UNSIGNED);
}

TEST_F(Rfc2136Test, SaysWhatItCanAndWhatItCannot) {
  const auto about = host.call<DescribeDnsReply>(plugin, "Describe", DescribeDnsRequest());
  ASSERT_TRUE(about.ok());
  EXPECT_TRUE(about->compare_and_set());
  EXPECT_FALSE(about->list_zone());
  EXPECT_EQ(host.call<ListZoneReply>(plugin, "ListZone", ListZoneRequest()).code(), Code::kUnimplemented);
  EXPECT_EQ(host.call<EnableSigningReply>(plugin, "EnableSigning", EnableSigningRequest()).code(),
            Code::kUnimplemented);
}

TEST_F(Rfc2136Test, BadConfigurationIsNamed) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {R"({"tsig": {"name": "a", "secret": "key"}})", "server"},
      {R"({"server": "a", "tsig": {"name": "a..b", "secret": "key"}})", "tsig.name"},
      {R"({"server": "a", "tsig": {"name": "a", "secret": "key", "algorithm": "hmac-sha384"}})",
       "tsig.algorithm"},
      {R"({"server": "a", "tsig": {"name": "a", "secret": "key"}, "min_ttl": 600, "max_ttl": 60})",
       "min_ttl"},
      {R"({"server": "a", "tsig": {"name": "a", "secret": "key"}, "zone": ".."})", "zone"},
      {R"({"server": "a", "tsig": {"name": "a", "secret": "key"}, "timeout": "1ms"})", "timeout"},
  };
  for (const auto& [json, key] : table) {
    const auto made = host.create<Rfc2136>(json);
    ASSERT_FALSE(made.ok()) << json;
    EXPECT_EQ(made.code(), Code::kInvalidArgument);
    EXPECT_NE(made.error().message().find(key), std::string::npos) << made.error().message();
  }
}

}  // namespace
}  // namespace paynamed::rfc2136
