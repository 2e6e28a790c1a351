// Webhooks, dead letters and filtered events on the command line.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "command_fixture.hpp"

namespace paynamed::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Header = std::pair<std::string, std::string>;

const std::string kId = "01890000-0000-7000-8000-000000000001";
const std::string kTarget = "/v1/webhooks/" + kId;

std::string webhook(const std::string& more = "") {
  return R"({"id":")" + kId +
         R"(","instance":"hooks","address":"https://a.example.com/\u001b[31m","description":"shop","types":["payment.*"],)"
         R"("names":[],"schedule":["0s","1h"],"concurrency":null,"per_minute":60,"ordered":true,"state":"disabled",)"
         R"("reason":"It answered 410.","position":"1-17","waiting":3,"dead":2,"failing_since":null,"delivered":null,)"
         R"("secrets":[{"name":"s2","signature":"v1","public_key":null,"since":"t","until":null},)"
         R"({"name":"s1","signature":"v1a","public_key":"whpk_x","since":"t","until":"2026-11-24T12:00:00.000Z"}],)"
         R"("created":"c","updated":"u","revision":4)" +
         more + "}";
}

class WebhookCommands : public CommandTest {
 protected:
  ~WebhookCommands() override { std::filesystem::remove(file); }
  std::string written() const {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  std::string file = ::testing::TempDir() + "paynamectl-webhook-secret-" + std::to_string(::getpid());
};

TEST_F(WebhookCommands, AreListedAndShown) {
  for (const auto& command : {std::vector<std::string>{"webhooks"}, {"webhooks", "list"}}) {
    script.reply(200, R"({"items":[)" + webhook() + R"(],"next":null})");
    EXPECT_EQ(run(command), 0) << err;
    EXPECT_THAT(script.lines(), ElementsAre("GET /v1/webhooks?&limit=200"));
    EXPECT_THAT(out, HasSubstr("disabled"));
    EXPECT_THAT(out, Not(HasSubstr("\x1b")));
  }
  script.reply(200, webhook());
  EXPECT_EQ(run({"webhooks", "show", kId}), 0) << err;
  EXPECT_THAT(script.lines(), ElementsAre("GET " + kTarget));
  for (const char* line :
       {"state         disabled\n", "reason        It answered 410.\n", "dead letters  2\n",
        "types         payment.*\n", "names         all\n", "schedule      0s, 1h\n",
        "secret        s1 v1a, public key whpk_x, replaced, counts until 2026-11-24"}) {
    EXPECT_THAT(out, HasSubstr(line));
  }
  script.reply(200, webhook());
  EXPECT_EQ(run({"webhooks", "show", kId, "--json"}), 0);
  EXPECT_EQ(out, webhook() + "\n");
  script.reply(404, R"({"detail":"there is no such webhook","correlation_id":"c"})");
  EXPECT_EQ(run({"webhooks", "show", kId}), 1);
  EXPECT_EQ(run({"webhooks", "show"}), 2);
}

TEST_F(WebhookCommands, OneIsMadeAndItsSecretShownOnce) {
  script.reply(201, webhook(R"(,"secret":"whsec_abc","warnings":["It is not HTTPS."])"));
  EXPECT_EQ(run({"webhooks",
                 "create",
                 "https://a.example.com/",
                 "--types",
                 "payment.*,name.live",
                 "--names",
                 "alice@example.com",
                 "--schedule",
                 "0s,1m",
                 "--concurrency",
                 "2",
                 "--per-minute",
                 "60",
                 "--ordered",
                 "--asymmetric",
                 "--instance",
                 "hooks",
                 "--after",
                 "1-17",
                 "--description",
                 "shop",
                 "--idempotency-key",
                 "k1"}),
            0)
      << err;
  ASSERT_EQ(script.calls.size(), 1U);
  EXPECT_EQ(script.calls[0].method + " " + script.calls[0].target, "POST /v1/webhooks");
  EXPECT_EQ(
      script.calls[0].body,
      R"({"address":"https://a.example.com/","description":"shop","types":["payment.*","name.live"],)"
      R"("names":["alice@example.com"],"schedule":["0s","1m"],"concurrency":2,"per_minute":60,"ordered":true,)"
      R"("instance":"hooks","asymmetric":true,"after":"1-17"})");
  EXPECT_THAT(script.calls[0].headers, ElementsAre(Header{"Idempotency-Key", "k1"}));
  EXPECT_THAT(out, HasSubstr("new secret    whsec_abc\n"));
  EXPECT_THAT(err, HasSubstr("store the secret now"));
  EXPECT_THAT(err, HasSubstr("note: It is not HTTPS."));
  script.reply(201, webhook(R"(,"secret":"whsec_abc","warnings":[])"));
  EXPECT_EQ(run({"webhooks", "create", "https://a.example.com/", "--json"}), 0);
  EXPECT_THAT(out, HasSubstr(R"("secret":"whsec_abc")"));
  script.reply(201, webhook(R"(,"secret":null,"warnings":[])"));
  EXPECT_EQ(run({"webhooks", "create", "https://a.example.com/"}), 0);
  EXPECT_THAT(err, HasSubstr("no secret is shown"));
}

TEST_F(WebhookCommands, ASecretGoesToAFileOfItsOwn) {
  script.reply(201, webhook(R"(,"secret":"whsec_abc","warnings":[])"));
  EXPECT_EQ(run({"webhooks", "create", "https://a.example.com/", "--secret-file", file, "--json"}), 0) << err;
  EXPECT_EQ(written(), "whsec_abc\n");
  EXPECT_THAT(out + err, Not(HasSubstr("whsec_abc")));
  struct stat about {};
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);

  EXPECT_EQ(run({"webhooks", "rotate", kId, "--secret-file", file}), 2) << "it is there already";
  EXPECT_THAT(script.calls, IsEmpty());
  std::filesystem::remove(file);
  script.reply(409, R"({"detail":"2 secrets of before still count","correlation_id":"c"})");
  EXPECT_EQ(run({"webhooks", "rotate", kId, "--secret-file", file}), 1);
  EXPECT_FALSE(std::filesystem::exists(file));
  script.reply(200, webhook(R"(,"secret":"whsec_def","warnings":[])"));
  EXPECT_EQ(run({"webhooks", "rotate", kId, "--grace", "12h", "--secret-file", file}), 0) << err;
  EXPECT_EQ(script.calls[0].method + " " + script.calls[0].target, "POST " + kTarget + "/rotate");
  EXPECT_EQ(script.calls[0].body, R"({"grace":"12h"})");
  EXPECT_EQ(written(), "whsec_def\n");
}

TEST_F(WebhookCommands, AChangeSaysOnlyWhatIsGiven) {
  struct Case {
    std::vector<std::string> options;
    const char* body;
  };
  for (const Case& each : {
           Case{{"--types", "name.*"}, R"({"types":["name.*"]})"},
           Case{{"--all-types", "--all-names"}, R"({"types":[],"names":[]})"},
           Case{{"--schedule", "default", "--concurrency", "0", "--per-minute", "0"},
                R"({"schedule":null,"concurrency":null,"per_minute":null})"},
           Case{{"--unordered", "--description", ""}, R"({"description":"","ordered":false})"},
           Case{{"--address", "https://b.example.com/"}, R"({"address":"https://b.example.com/"})"},
       }) {
    script.reply(200, webhook(R"(,"warnings":[])"));
    std::vector<std::string> command{"webhooks", "change", kId, "--revision", "4"};
    command.insert(command.end(), each.options.begin(), each.options.end());
    EXPECT_EQ(run(command), 0) << err;
    ASSERT_EQ(script.calls.size(), 1U);
    EXPECT_EQ(script.calls[0].method + " " + script.calls[0].target, "PATCH " + kTarget);
    EXPECT_EQ(script.calls[0].body, each.body);
    EXPECT_THAT(script.calls[0].headers, ElementsAre(Header{"If-Match", "\"4\""}));
  }
  for (const auto& wrong : {std::vector<std::string>{},
                            {"--types", "a.b", "--all-types"},
                            {"--ordered", "--unordered"},
                            {"--concurrency", "65"},
                            {"--per-minute", "x"}}) {
    std::vector<std::string> command{"webhooks", "change", kId};
    command.insert(command.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(run(command), 2);
    EXPECT_THAT(script.calls, IsEmpty());
  }
}

TEST_F(WebhookCommands, ATestEndsWithWhetherItWasDelivered) {
  script.reply(200, R"({"outcome":"delivered","status":204,"latency_ms":12,"reason":null,"answer":""})");
  EXPECT_EQ(run({"webhooks", "test", kId}), 0) << err;
  EXPECT_EQ(out, "delivered, status 204, after 12 ms\n");
  const std::string failed =
      R"({"outcome":"retry","status":503,"latency_ms":7,"reason":"It answered 503.","answer":"busy\u001b"})";
  script.reply(200, failed);
  EXPECT_EQ(run({"webhooks", "test", kId}), 1);
  EXPECT_EQ(out, "not delivered (retry), status 503, after 7 ms: It answered 503.\nbusy?\n");
  script.reply(200, failed);
  EXPECT_EQ(run({"webhooks", "test", kId, "--json"}), 1);
  EXPECT_EQ(out, failed + "\n");
}

TEST_F(WebhookCommands, IsPausedResumedAndDeleted) {
  for (const char* verb : {"pause", "resume"}) {
    script.reply(200, webhook());
    EXPECT_EQ(run({"webhooks", verb, kId}), 0) << err;
    EXPECT_THAT(script.lines(), ElementsAre("POST " + kTarget + "/" + verb));
  }
  script.reply(200, R"({"id":"i","deleted":true})");
  EXPECT_EQ(run({"webhooks", "delete", kId}), 0);
  EXPECT_THAT(script.lines(), ElementsAre("DELETE " + kTarget));
  EXPECT_THAT(out, HasSubstr("are gone"));
}

const std::string kDelivery =
    R"({"webhook":"w1","seq":"17","position":"1-17","event":"e1","type":"payment.received","subject":"alice@example.com",)"
    R"("state":"dead","attempts":2,"next":null,"reason":"It answered 503.","created":"c","updated":"u")";

TEST_F(WebhookCommands, DeliveriesAreListedAndOneIsShownWithItsAttempts) {
  script.reply(200, R"({"items":[)" + kDelivery + R"(}],"next":"n"})");
  script.reply(200, R"({"items":[],"next":null})");
  EXPECT_EQ(
      run({"webhooks", "deliveries", kId, "--state", "dead", "--type", "payment.*", "--before", "1-20"}), 0)
      << err;
  EXPECT_THAT(script.lines(),
              ElementsAre("GET " + kTarget + "/deliveries?&state=dead&type=payment.%2A&before=1-20&limit=100",
                          "GET " + kTarget +
                              "/deliveries?&state=dead&type=payment.%2A&before=1-20&limit=99&cursor=n"));
  EXPECT_THAT(out, HasSubstr("It answered 503."));
  script.reply(200, kDelivery + R"(,"attempt_log":[{"number":1,"time":"t1","latency_ms":7,"status":503,)"
                                R"("delivered":false,"reason":"It answered 503.","answer":"busy"},)"
                                R"({"number":2,"time":"t2","latency_ms":20000,"status":null,)"
                                R"("delivered":false,"reason":"It took too long.","answer":""}]})");
  EXPECT_EQ(run({"webhooks", "deliveries", kId, "1-17"}), 0) << err;
  EXPECT_THAT(script.lines(), ElementsAre("GET " + kTarget + "/deliveries/1-17"));
  EXPECT_THAT(out, HasSubstr("attempt 1  t1  503  7 ms  It answered 503.\n  busy\n"));
  EXPECT_THAT(out, HasSubstr("attempt 2  t2  no answer  20000 ms  It took too long.\n"));
}

TEST_F(WebhookCommands, AReplaySaysWhatItMeans) {
  script.reply(202, R"({"deliveries":1,"dry_run":false})");
  EXPECT_EQ(run({"webhooks", "replay", kId, "--position", "1-17"}), 0) << err;
  EXPECT_EQ(script.calls[0].method + " " + script.calls[0].target, "POST " + kTarget + "/replay");
  EXPECT_EQ(script.calls[0].body, R"({"position":"1-17"})");
  EXPECT_EQ(out, "1 delivery is being sent again\n");
  script.reply(200, R"({"deliveries":5,"dry_run":true})");
  EXPECT_EQ(run({"webhooks", "replay", kId, "--from", "1-1", "--to", "1-9", "--types", "a.b,c.*", "--state",
                 "dead", "--since", "s", "--until", "u", "--dry-run"}),
            0);
  EXPECT_EQ(
      script.calls[0].body,
      R"({"from":"1-1","to":"1-9","since":"s","until":"u","state":"dead","types":["a.b","c.*"],"dry_run":true})");
  EXPECT_EQ(out, "5 deliveries would be sent again\n");
  EXPECT_EQ(run({"webhooks", "replay", kId}), 2);
  EXPECT_EQ(run({"webhooks", "replay", kId, "--dry-run"}), 2);
  EXPECT_EQ(run({"webhooks", "replay", kId, "--position", "1-1", "--from", "1-1"}), 2);
  EXPECT_THAT(script.calls, IsEmpty());
}

TEST_F(WebhookCommands, DeadLettersAreListedAndSentAgain) {
  for (const auto& command : {std::vector<std::string>{"deadletters"},
                              {"deadletters", "list"},
                              {"deadletters", "list", "--limit", "100"}}) {
    script.reply(200, R"({"items":[)" + kDelivery + R"(}],"next":null})");
    EXPECT_EQ(run(command), 0) << err;
    EXPECT_THAT(script.lines(), ElementsAre("GET /v1/deadletters?&limit=100"));
    EXPECT_THAT(out, HasSubstr("w1"));
  }
  script.reply(200, R"({"items":[],"next":null})");
  EXPECT_EQ(run({"deadletters", "list", "--type", "payment.*"}), 0);
  EXPECT_EQ(out, "no dead letters\n");
  script.reply(200, R"({"deliveries":0,"webhooks":[],"dry_run":true})");
  EXPECT_EQ(run({"deadletters", "replay", "--types", "payment.*", "--dry-run"}), 0);
  EXPECT_EQ(script.calls[0].body, R"({"types":["payment.*"],"dry_run":true})");
  EXPECT_EQ(out, "0 deliveries would be sent again\n");
  script.reply(202, R"({"deliveries":3,"webhooks":[],"dry_run":false})");
  EXPECT_EQ(run({"deadletters", "replay"}), 0);
  EXPECT_EQ(script.calls[0].body, "{}");
  EXPECT_EQ(out, "3 deliveries are being sent again\n");
}

TEST_F(WebhookCommands, EventsAreFilteredAndAnEmptyPageIsNotTheEnd) {
  script.reply(200, R"({"items":[],"next":"1-20000","head":"1-20001"})");
  script.reply(
      200,
      R"({"items":[{"position":"1-20001","type":"payment.received"}],"next":"1-20001","head":"1-20001"})");
  script.reply(200, R"({"items":[],"next":"1-20001","head":"1-20001"})");
  EXPECT_EQ(run({"events", "--types", "payment.*,name.live", "--names", "alice@example.com"}), 0) << err;
  const std::string filter = "&types=payment.%2A%2Cname.live&names=alice@example.com";
  EXPECT_THAT(script.lines(), ElementsAre("GET /v1/events?limit=100" + filter,
                                          "GET /v1/events?limit=100" + filter + "&after=1-20000",
                                          "GET /v1/events?limit=99" + filter + "&after=1-20001"));
  EXPECT_THAT(out, HasSubstr("payment.received"));
}

TEST_F(WebhookCommands, HelpSaysWhatThereIs) {
  EXPECT_EQ(run({"webhooks", "--help"}), 0);
  for (const char* verb :
       {"create", "change", "rotate", "test", "pause", "resume", "delete", "deliveries", "replay"})
    EXPECT_THAT(out, HasSubstr(verb));
  EXPECT_EQ(run({"webhooks", "create", "--help"}), 0);
  EXPECT_THAT(out, HasSubstr("--secret-file"));
}

}  // namespace
}  // namespace paynamed::ctl
