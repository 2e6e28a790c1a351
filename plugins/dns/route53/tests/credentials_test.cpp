// Where credentials come from: each source, their order, and how temporary ones are kept and refreshed.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <paynamed/dns_provider.hpp>

#include <filesystem>
#include <fstream>
#include <paynamed/testing/test_host.hpp>

#include "credentials/chain.hpp"
#include "credentials/container.hpp"
#include "credentials/shared_files.hpp"

namespace paynamed::route53 {
namespace {

using ::paynamed::testing::Instance;
using ::paynamed::testing::TestHost;
using plugin::v1::DescribeDnsReply;
using plugin::v1::DescribeDnsRequest;
using Variables = std::map<std::string, std::string>;

Variables variables;

// A plugin whose Describe tells which key it would sign with, and with what.
class Probe final : public DnsProvider {
 public:
  Probe(Host host, const Config& config)
      : chain_(host, credential_sources(host, config, [](const char* name) {
                 const auto at = variables.find(name);
                 return at == variables.end() ? std::string() : at->second;
               })) {}
  void describe(DescribeDnsRequest, Reply<DescribeDnsReply> reply) override {
    chain_.get(
        [shared = std::make_shared<Reply<DescribeDnsReply>>(std::move(reply))](Result<Credentials> found) {
          if (!found.ok()) return shared->fail(found.error());
          DescribeDnsReply said;
          said.set_summary(found->access_key_id + " " + std::string(found->secret_access_key->reveal()) +
                           " " + (found->session_token ? std::string(found->session_token->reveal()) : "-"));
          shared->ok(said);
        });
  }

 private:
  CredentialChain chain_;
};

struct CredentialsTest : ::testing::Test {
  TestHost host;
  std::filesystem::path home;
  std::vector<HttpRequest> requests;
  std::function<Result<HttpReply>(const HttpRequest&)> server = [](const HttpRequest&) {
    return Error(Code::kUnavailable, "Nothing listens.");
  };

  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "credentials-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    home = pattern;
    variables = {{"HOME", home.string()}};
    host.set_service("pn.http/1", "Request",
                     [this](std::string_view bytes, const Call::Info&) -> Result<std::string> {
                       HttpRequest request;
                       if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
                         return Error(Code::kInternal, "?");
                       requests.push_back(request);
                       const auto reply = server(request);
                       if (!reply.ok()) return reply.error();
                       return reply->SerializeAsString();
                     });
  }
  void TearDown() override { std::filesystem::remove_all(home); }

  Instance* make(const std::string& config = "{}") { return host.create<Probe>(config).value(); }
  // What it would sign with, or "<code>: <sentence> <detail>".
  std::string get(Instance* instance) {
    const auto reply = host.call<DescribeDnsReply>(instance, "Describe", DescribeDnsRequest());
    if (reply.ok()) return reply->summary();
    return std::to_string(static_cast<int>(reply.code())) + ": " + reply.error().message() + " " +
           reply.error().detail();
  }
  std::string file(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((home / name).parent_path());
    std::ofstream(home / name) << text;
    return (home / name).string();
  }
  static HttpReply reply(std::uint32_t status, const std::string& body) {
    HttpReply said;
    said.set_status(status);
    said.set_body(body);
    return said;
  }
  std::string json(const std::string& key, std::chrono::seconds lasts) {
    const auto end = std::chrono::floor<std::chrono::seconds>(host.wall() + lasts);
    const auto day = std::chrono::floor<std::chrono::days>(end);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(end - day);
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", int(date.year()),
                  unsigned(date.month()), unsigned(date.day()), int(time.hours().count()),
                  int(time.minutes().count()), int(time.seconds().count()));
    return R"({"AccessKeyId":")" + key + R"(","SecretAccessKey":"s","Token":"t","Expiration":")" + text +
           R"("})";
  }
  static std::string header(const HttpRequest& request, const std::string& name) {
    for (const auto& each : request.headers()) {
      if (each.name() == name) return each.value();
    }
    return "";
  }
};

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(CredentialsTest, WhatCannotBeReadPauses) {
  const std::string kPauses = std::to_string(static_cast<int>(Code::kUnauthenticated)) + ": ";
  EXPECT_HAS(get(make(R"({"access_key_id": "AKID", "secret_access_key": "nobody-set-it"})")), kPauses);
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = (home / "absent").string();
  variables["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/paynamed";
  EXPECT_HAS(get(make()), kPauses);
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = home.string();  // no file
  EXPECT_HAS(get(make()), kPauses);
}

TEST_F(CredentialsTest, ConfiguredOnesAreReadAtEachUse) {
  variables["AWS_ACCESS_KEY_ID"] = "OTHER";
  variables["AWS_SECRET_ACCESS_KEY"] = "other";
  host.set_secret("key", "one\n");
  host.set_secret("token", "tok\n");
  auto* plain = make(R"({"access_key_id": "AKID", "secret_access_key": "key"})");
  EXPECT_EQ(get(plain), "AKID one -");
  host.set_secret("key", "two");
  EXPECT_EQ(get(plain), "AKID two -");
  EXPECT_EQ(get(make(R"({"access_key_id": "AKID", "secret_access_key": "key", "session_token": "token"})")),
            "AKID two tok");
  host.set_secret("key", "\n");
  EXPECT_HAS(get(plain), "\"secret_access_key\" is empty");
  for (const char* half :
       {R"({"access_key_id": "AKID"})", R"({"secret_access_key": "key"})", R"({"session_token": "token"})"}) {
    EXPECT_EQ(host.create<Probe>(half).code(), Code::kInvalidArgument) << half;
  }
}

TEST_F(CredentialsTest, TheEnvironmentComesFirst) {
  file(".aws/credentials", "[default]\naws_access_key_id=FILE\naws_secret_access_key=f\n");
  auto* instance = make();
  EXPECT_EQ(get(instance), "FILE f -");
  variables["AWS_ACCESS_KEY_ID"] = "ENV";
  EXPECT_HAS(get(instance), "Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  variables["AWS_SECRET_ACCESS_KEY"] = "e";
  EXPECT_EQ(get(instance), "ENV e -");
  variables["AWS_SESSION_TOKEN"] = "t";
  EXPECT_EQ(get(instance), "ENV e t");
  EXPECT_EQ(get(make(R"({"profile": "default"})")), "FILE f -") << "who names a profile means it";
}

TEST_F(CredentialsTest, SharedFilesAndProfiles) {
  struct Case {
    const char* what;
    const char* credentials;
    const char* config;
    Variables more;
    const char* expected;  // a part of what get() gives
  };
  const char* both =
      "[default]\naws_access_key_id = D\naws_secret_access_key = d\n\n# x\n[work]\naws_access_key_id=W\n"
      "aws_secret_access_key=w=w\naws_session_token = t\n";
  for (const Case& each : {
           Case{"the default profile", both, "", {}, "D d -"},
           Case{"AWS_PROFILE", both, "", {{"AWS_PROFILE", "work"}}, "W w=w t"},
           Case{"a profile that is not there",
                both,
                "",
                {{"AWS_PROFILE", "none"}},
                "it has no profile \"none\""},
           Case{"the config file",
                "",
                "[default]\naws_access_key_id=C\naws_secret_access_key=c\n",
                {},
                "C c -"},
           Case{"a profile of the config file",
                "",
                "[profile work]\naws_access_key_id=C\naws_secret_access_key=c\n",
                {{"AWS_PROFILE", "work"}},
                "C c -"},
           Case{"half a profile",
                "[default]\naws_access_key_id=D\n",
                "",
                {},
                "has only one of aws_access_key_id"},
           Case{"a role to assume",
                "[default]\nrole_arn=arn\n",
                "",
                {},
                "names a role to assume (role_arn), which this plugin does not do"},
           Case{"a program", "[default]\ncredential_process=/bin/x\n", "", {}, "names a program to run"},
           Case{"values that go on",
                "[default]\ns3 =\n  aws_access_key_id = NO\naws_access_key_id=D\naws_secret_access_key=d\n",
                "",
                {},
                "D d -"},
           Case{"Windows line ends",
                "[default]\r\naws_access_key_id=D\r\naws_secret_access_key=d\r\n",
                "",
                {},
                "D d -"},
       }) {
    variables = {{"HOME", home.string()}};
    variables.insert(each.more.begin(), each.more.end());
    file(".aws/credentials", each.credentials);
    file(".aws/config", each.config);
    EXPECT_HAS(get(make()), each.expected);
  }
  variables["AWS_PROFILE"] = "";
  variables["AWS_SHARED_CREDENTIALS_FILE"] =
      file("elsewhere", "[default]\naws_access_key_id=E\naws_secret_access_key=e\n");
  EXPECT_EQ(get(make()), "E e -");
  variables["AWS_SHARED_CREDENTIALS_FILE"] = home.string();
  EXPECT_HAS(get(make()), "it is no regular file");
  variables["AWS_SHARED_CREDENTIALS_FILE"] = file("large", std::string(70'000, 'x'));
  EXPECT_HAS(get(make()), "larger than 64 KiB");
}

TEST_F(CredentialsTest, WhatWasTriedIsSaid) {
  const std::string said = get(make());
  for (const char* part :
       {"16: There are no AWS credentials. Tried the environment (AWS_ACCESS_KEY_ID is not set)",
        "web identity (AWS_WEB_IDENTITY_TOKEN_FILE is not set)", "/.aws/credentials (it is not there)",
        "/.aws/config (it is not there)", "the container's endpoint (neither AWS_CONTAINER",
        "the instance's metadata (nothing answers there)"}) {
    EXPECT_HAS(said, part);
  }
}

TEST_F(CredentialsTest, AContainersEndpoint) {
  variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/1";
  server = [this](const HttpRequest&) { return reply(200, json("ASIA1", std::chrono::hours(6))); };
  EXPECT_EQ(get(make()), "ASIA1 s t");
  EXPECT_EQ(requests.at(0).url(), "http://169.254.170.2/v2/credentials/1");
  EXPECT_TRUE(requests.at(0).allow_plain());

  variables.erase("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = file("token", "tok\n");
  EXPECT_EQ(get(make()), "ASIA1 s t");
  EXPECT_EQ(header(requests.at(1), "Authorization"), "tok");
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = (home / "none").string();
  EXPECT_HAS(get(make()), "is not there");
  variables.erase("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  server = [](const HttpRequest&) { return reply(401, "secret-body"); };
  EXPECT_HAS(get(make()), "answered HTTP 401");
  server = [](const HttpRequest&) {
    return reply(200, R"({"AccessKeyId":"A","SecretAccessKey":"secret-body","Token":"t"})");
  };
  const std::string said = get(make());
  EXPECT_HAS(said, "has no credentials");
  EXPECT_EQ(said.find("secret-body"), std::string::npos);
}

TEST_F(CredentialsTest, CredentialsAreAskedFromAllowedHostsOnly) {
  for (const char* allowed :
       {"https://credentials.example/x", "http://127.0.0.1:80/x", "http://localhost/x", "http://[::1]:1/",
        "http://169.254.170.2/x", "http://169.254.170.23/", "http://[fd00:ec2::23]/v1"}) {
    EXPECT_TRUE(is_allowed_container_uri(allowed)) << allowed;
  }
  for (const char* other :
       {"http://credentials.example/x", "http://169.254.169.254/", "http://127.0.0.1.example/",
        "http://127.example.com/", "http://169.254.170.2@example.com/", "http://169.254.170.2.example.com/",
        "ftp://127.0.0.1/", "http://[fd00:ec2::24]/", "127.0.0.1", "", "http://example.com\\@127.0.0.1/",
        "http://localhost.example/"}) {
    EXPECT_FALSE(is_allowed_container_uri(other)) << other;
  }
  variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://credentials.example/x";
  EXPECT_HAS(get(make()), "names a host that credentials must not be asked from");
  variables = {{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254.example/"}};
  EXPECT_HAS(get(make()), "names a host that credentials must not be asked from");
  EXPECT_TRUE(requests.empty());
}

TEST_F(CredentialsTest, AWebIdentityIsExchangedAtSts) {
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = file("jwt", "a.b+c=\n");
  EXPECT_HAS(get(make()), "AWS_ROLE_ARN is not");
  variables["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/x";
  server = [](const HttpRequest&) {
    return reply(
        200,
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA2"
        "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
        "<Expiration>2026-01-01T06:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
        "</AssumeRoleWithWebIdentityResponse>");
  };
  EXPECT_EQ(get(make()), "ASIA2 s t");
  EXPECT_EQ(requests.at(0).url(), "https://sts.amazonaws.com/");
  EXPECT_EQ(requests.at(0).body(),
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx&"
            "RoleSessionName=paynamed&WebIdentityToken=a.b%2Bc%3D");
  server = [](const HttpRequest&) {
    return reply(400,
                 "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>a.b+c=</Message></Error></"
                 "ErrorResponse>");
  };
  const std::string said = get(make());
  EXPECT_HAS(said,
             "16: STS does not give credentials for the web identity token (HTTP 400 InvalidIdentityToken)");
  EXPECT_EQ(said.find("a.b"), std::string::npos);
}

TEST_F(CredentialsTest, InstanceMetadataIsAskedInVersion2Only) {
  server = [this](const HttpRequest& request) -> Result<HttpReply> {
    if (request.method() == "PUT") return reply(200, "session");
    if (header(request, "x-aws-ec2-metadata-token") != "session") return reply(200, "version 1");
    if (request.url().ends_with("security-credentials/")) return reply(200, "role one");
    return reply(200, json("ASIA3", std::chrono::hours(6)));
  };
  EXPECT_EQ(get(make()), "ASIA3 s t");
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].url(), "http://169.254.169.254/latest/api/token");
  EXPECT_EQ(header(requests[0], "x-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_TRUE(requests[2].url().ends_with("/security-credentials/role%20one"));

  server = [](const HttpRequest& request) {
    return request.method() == "PUT" ? reply(403, "") : reply(200, "version 1");
  };
  requests.clear();
  EXPECT_HAS(get(make()), "it gives no session token (HTTP 403)");
  EXPECT_EQ(requests.size(), 1U) << "version 1 must never be asked, and nothing twice";

  requests.clear();
  variables["AWS_EC2_METADATA_DISABLED"] = "TRUE";
  EXPECT_HAS(get(make()), "AWS_EC2_METADATA_DISABLED is true");
  EXPECT_TRUE(requests.empty());
}

TEST_F(CredentialsTest, TemporaryOnesAreRefreshedBeforeTheyEndByOneQuestion) {
  variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1/x";
  int given = 0;
  server = [&](const HttpRequest&) {
    return reply(200, json("ASIA" + std::to_string(++given), std::chrono::hours(1)));
  };
  auto* instance = make();
  std::vector<paynamed::testing::PendingCall> calls;
  for (int i = 0; i < 10; ++i) calls.push_back(host.start(instance, "Describe", DescribeDnsRequest()));
  for (const auto& call : calls) EXPECT_EQ(host.wait<DescribeDnsReply>(call)->summary(), "ASIA1 s t");
  EXPECT_EQ(requests.size(), 1U);

  host.advance(std::chrono::minutes(44));
  EXPECT_EQ(get(instance), "ASIA1 s t");
  EXPECT_EQ(requests.size(), 1U) << "at least 15 minutes are left";
  host.advance(std::chrono::minutes(7));
  EXPECT_EQ(get(instance), "ASIA1 s t") << "nobody waits for a refresh while the old ones last";
  host.run();
  EXPECT_EQ(get(instance), "ASIA2 s t");
  EXPECT_EQ(requests.size(), 2U);
}

TEST_F(CredentialsTest, OldOnesAreUsedWhileTheyLastWhenARefreshFails) {
  variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1/x";
  server = [this](const HttpRequest&) { return reply(200, json("ASIA1", std::chrono::hours(1))); };
  auto* instance = make();
  EXPECT_EQ(get(instance), "ASIA1 s t");
  server = [](const HttpRequest&) { return reply(503, ""); };
  host.advance(std::chrono::minutes(55));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(get(instance), "ASIA1 s t");
    host.run();
  }
  EXPECT_EQ(requests.size(), 2U) << "it is not asked again at once";
  EXPECT_TRUE(host.logged("could not be refreshed; the old ones still last"));
  host.advance(std::chrono::minutes(1));
  EXPECT_EQ(get(instance), "ASIA1 s t");
  host.run();
  EXPECT_EQ(requests.size(), 3U);
  host.advance(std::chrono::minutes(4));
  EXPECT_HAS(get(instance), "14: The container's endpoint for credentials answered HTTP 503");
}

}  // namespace
}  // namespace paynamed::route53
