// The plugin against a real knotd: every promise of the contract and every refusal that a server can give.
#include "rfc2136.hpp"

#include <gtest/gtest.h>
#include <sys/time.h>

#include <atomic>
#include <ctime>
#include <fstream>
#include <paynamed/testing/test_host.hpp>

#include "tests/fakes/dns/knot_lab.hpp"

// The clock that libldns signs with; it asks nobody else for the time. Only in this program.
static std::atomic<std::time_t> clock_error_seconds{0};
extern "C" __attribute__((visibility("default"))) int gettimeofday(timeval* out, void*) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  *out = {now.tv_sec + clock_error_seconds, now.tv_nsec / 1'000};
  return 0;
}

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

TEST_F(Rfc2136Test, SeveralRecordsAreReplacedAtOnceWhenTheyAreExactlyThose) {
  // A stranger's value may be any bytes.
  const Values several{"bitcoin:?lno=ours", "bitcoin:?lno=foreign", "\xff\xfe binary"};
  const auto replacing = [&](const Values& values) {
    PublishRequest request = wanted("bitcoin:?lno=ours");
    request.mutable_previous_values();
    for (const auto& value : values) request.mutable_previous_values()->add_values(value);
    return publish(request);
  };
  lab->put_txt(kZone, name, {several[0], several[1], "\\255\\254 binary"});
  for (const Values& others : {Values{several[0], several[1]}, Values{several[0], several[1], "x"},
                               Values{several[0], several[1], several[2], "x"}}) {
    const auto reply = replacing(others);
    ASSERT_FALSE(reply.ok()) << others.size();
    EXPECT_EQ(reply.code(), Code::kAborted) << reply.error().message();
    EXPECT_NE(reply.error().message().find("3 TXT records"), std::string::npos) << reply.error().message();
  }
  EXPECT_EQ(values().size(), 3u);
  // In another order than the server has them.
  const auto reply = replacing({several[2], several[0], several[1]});
  ASSERT_TRUE(reply.ok()) << reply.error().message();
  EXPECT_TRUE(reply->changed());
  EXPECT_EQ(values(), Values{"bitcoin:?lno=ours"});
  const auto again = replacing(several);
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_FALSE(again->changed()) << "as when the first answer was lost";

  EXPECT_EQ(replacing({}).code(), Code::kInvalidArgument);
  EXPECT_EQ(replacing(Values(300, "x")).code(), Code::kInvalidArgument);
  EXPECT_EQ(replacing({std::string(20'000, 'x'), std::string(20'000, 'y')}).code(), Code::kInvalidArgument);
  ASSERT_TRUE(withdraw("bitcoin:?lno=ours").ok());
}

TEST_F(Rfc2136Test, SeveralRecordsThatWereSplitElsewhereAreTheSame) {
  const std::string value = "bitcoin:?lno=" + std::string(20, 'q');
  // Two strings where this plugin writes one.
  lab->put_txt_strings(kZone, name, {value.substr(0, 10), value.substr(10)});
  lab->add_txt(kZone, name, "bitcoin:?lno=foreign");
  PublishRequest request = wanted("bitcoin:?lno=new");
  for (const auto& each : {std::string("bitcoin:?lno=foreign"), value})
    request.mutable_previous_values()->add_values(each);
  const auto reply = publish(request);
  ASSERT_TRUE(reply.ok()) << reply.error().message();
  EXPECT_EQ(values(), Values{"bitcoin:?lno=new"});
  ASSERT_TRUE(withdraw("bitcoin:?lno=new").ok());
}

TEST_F(Rfc2136Test, SaysThatItReplacesSeveral) {
  const auto described = host.call<DescribeDnsReply>(plugin, "Describe", DescribeDnsRequest());
  ASSERT_TRUE(described.ok());
  EXPECT_TRUE(described->replaces_several());
  EXPECT_TRUE(described->compare_and_set());
}

TEST_F(Rfc2136Test, AWildcardAboveTheNameIsNoRecordOfTheName) {
  // The lab has a TXT record at *.wild.user._bitcoin-payment.
  const std::string below = "name.wild.user._bitcoin-payment." + std::string{kZone};
  const auto values_below = [&] {
    ReadRequest request;
    request.set_zone(kZone);
    request.set_name(below);
    const auto reply = host.call<ReadReply>(plugin, "Read", request);
    EXPECT_TRUE(reply.ok()) << reply.error().message();
    return reply.ok() ? reply->records_size() : -1;
  };
  EXPECT_EQ(values_below(), 0);
  PublishRequest request = wanted("bitcoin:?lno=below");
  request.mutable_record()->set_name(below);
  const auto published = publish(request);
  ASSERT_TRUE(published.ok()) << published.error().message();
  EXPECT_EQ(values_below(), 1);
  WithdrawRequest away;
  away.set_zone(kZone);
  away.set_name(below);
  away.set_value("bitcoin:?lno=below");
  for (const bool changed : {true, false}) {
    const auto withdrawn = host.call<WithdrawReply>(plugin, "Withdraw", away);
    ASSERT_TRUE(withdrawn.ok()) << withdrawn.error().message();
    EXPECT_EQ(withdrawn->changed(), changed);
  }
  EXPECT_EQ(values_below(), 0);
}

TEST_F(Rfc2136Test, ReplacingWhatIsAbsentIsAConflict) {
  const auto reply = publish(wanted("bitcoin:?lno=one", "bitcoin:?lno=zero"));
  EXPECT_EQ(reply.code(), Code::kAborted);
  EXPECT_NE(reply.error().message().find("nothing"), std::string::npos) << reply.error().message();
  EXPECT_EQ(values(), Values{});
}

TEST_F(Rfc2136Test, AnAliasIsRefusedAndNoSilentSuccess) {
  PublishRequest request = wanted("bitcoin:?lno=one");
  request.mutable_record()->set_name("alias.user._bitcoin-payment.example.test.");
  const auto reply = publish(request);
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.code(), Code::kFailedPrecondition) << "trying again does not help";
  EXPECT_NE(reply.error().message().find("has a CNAME; remove it"), std::string::npos)
      << reply.error().message();
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

TEST_F(Rfc2136Test, ASecretThatCannotBeReadPauses) {
  host.set_service("pn.secret/1", "Read", [](std::string_view, const Call::Info&) -> Result<std::string> {
    return Error(Code::kFailedPrecondition, "The secret file is not there; make it.");
  });
  EXPECT_EQ(publish(wanted("bitcoin:?lno=one")).code(), Code::kUnauthenticated);
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

TEST_F(Rfc2136Test, DifferingClocksAreToldWithWhichAndHowMuch) {
  // RFC 8945 section 5.2.3: the server allows the fudge, 300 seconds.
  struct Case {
    std::time_t error;
    std::string says;
  };
  for (const auto& each :
       std::vector<Case>{{3'600, "behind this machine's"}, {-7'200, "ahead of this machine's"}}) {
    clock_error_seconds = each.error;
    const auto reply = publish(wanted("bitcoin:?lno=one"));
    clock_error_seconds = 0;
    ASSERT_FALSE(reply.ok());
    EXPECT_EQ(reply.code(), Code::kUnauthenticated) << reply.error().message();
    EXPECT_NE(reply.error().message().find("BADTIME"), std::string::npos) << reply.error().message();
    EXPECT_NE(reply.error().message().find(each.says), std::string::npos) << reply.error().message();
    EXPECT_EQ(reply.error().message().find("not signed"), std::string::npos) << reply.error().message();
    // To the second, or one later.
    const std::time_t off = std::abs(each.error);
    const std::string length = std::to_string(off / 3'600) + " h 0 min ";
    EXPECT_TRUE(reply.error().message().find(length + "0 s") != std::string::npos ||
                reply.error().message().find(length + "1 s") != std::string::npos ||
                reply.error().message().find(std::to_string((off - 1) / 3'600) + " h 59 min 59 s") !=
                    std::string::npos)
        << reply.error().message();
  }
  EXPECT_EQ(values(), Values{});
  clock_error_seconds = 200;
  EXPECT_TRUE(publish(wanted("bitcoin:?lno=one")).ok()) << "within the fudge";
  EXPECT_TRUE(withdraw("bitcoin:?lno=one").ok());
  clock_error_seconds = 0;
}

TEST_F(Rfc2136Test, TheLongerHashWorksAndMustBeTheServers) {
  const std::string sha512 = R"({"server": "127.0.0.1", "port": )" + std::to_string(lab->port()) +
                             R"(, "timeout": "1s", "tsig": {"name": "paynamed", "algorithm": "hmac-sha512",
                                "secret": "key"}})";
  plugin = make(sha512);
  const auto refused = publish(wanted("bitcoin:?lno=one"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.code(), Code::kUnauthenticated);
  EXPECT_NE(refused.error().message().find("hmac-sha512"), std::string::npos) << refused.error().message();

  std::ofstream(lab->directory() / "tsig.conf")
      << "key:\n  - id: paynamed.\n    algorithm: hmac-sha512\n    secret: " << lab->tsig_secret() << "\n";
  lab->restart();
  EXPECT_TRUE(publish(wanted("bitcoin:?lno=one")).ok());
  EXPECT_TRUE(publish(wanted("bitcoin:?lno=two", "bitcoin:?lno=one")).ok());
  EXPECT_EQ(values(), Values{"bitcoin:?lno=two"});
  EXPECT_TRUE(withdraw("bitcoin:?lno=two").ok());
  lab->restore_secret();
}

TEST_F(Rfc2136Test, ThePrimaryIsFoundByTheZonesSoaRecord) {
  // The lab's server is its own resolver: it has the SOA record and the primary's address.
  const std::string port = std::to_string(lab->port());
  plugin = make(R"({"resolver": "127.0.0.2:)" + port + R"(", "port": )" + port +
                R"(, "timeout": "1s", "tsig": {"name": "paynamed", "secret": "key"}})");
  const auto reply = publish(wanted("bitcoin:?lno=one"));
  ASSERT_TRUE(reply.ok()) << reply.error().message();
  EXPECT_EQ(values(), Values{"bitcoin:?lno=one"});
  // The zone's server comes back after a restart: what is remembered is no hindrance.
  lab->restart();
  EXPECT_EQ(values(), Values{"bitcoin:?lno=one"});
  EXPECT_TRUE(withdraw("bitcoin:?lno=one").ok());

  PublishRequest request = wanted("x");
  request.set_zone("none.example.test.");
  request.mutable_record()->set_name("a.user._bitcoin-payment.none.example.test.");
  const auto none = host.call<PublishReply>(plugin, "Publish", request, {.idempotency_key = "k3"});
  EXPECT_EQ(none.code(), Code::kNotFound) << none.error().message();
  request.set_zone("user._bitcoin-payment.example.test.");
  request.mutable_record()->set_name("a.user._bitcoin-payment.example.test.");
  const auto inside = host.call<PublishReply>(plugin, "Publish", request, {.idempotency_key = "k4"});
  EXPECT_EQ(inside.code(), Code::kFailedPrecondition);
  EXPECT_NE(inside.error().message().find("a name in the zone example.test."), std::string::npos)
      << inside.error().message();
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
  EXPECT_TRUE(about->list_zone());
  EXPECT_TRUE(about->list_names());
  EXPECT_FALSE(about->signing_operations());
  EXPECT_FALSE(about->foreign_keys());
  const std::vector<std::pair<std::string, std::string>> cannot = {
      {"EnableSigning", "server's configuration"},
      {"DisableSigning", "server's configuration"},
      {"PutForeignKeys", "at the server"}};
  for (const auto& [method, says] : cannot) {
    const auto reply = host.call_bytes(plugin, method, {});
    EXPECT_EQ(reply.code(), Code::kUnimplemented) << method;
    EXPECT_NE(reply.error().message().find(says), std::string::npos) << reply.error().message();
  }
}

TEST_F(Rfc2136Test, BadConfigurationIsNamed) {
  const std::vector<std::pair<std::string, std::string>> table = {
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
