// The configuration is changed under a daemon that works.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <thread>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using std::chrono_literals::operator""ms;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// Takes connections and answers nothing.
class SilentServer {
 public:
  SilentServer() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no port to be silent at");
    }
    port_ = ::ntohs(address.sin_port);
  }
  ~SilentServer() { ::close(listener_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  int listener_ = -1;
  std::uint16_t port_ = 0;
};

class ReloadBase : public LabTest {
 protected:
  void TearDown() override { lab().restore_secret(); }

  // Replaces the first `from` in the configuration file.
  static void edit(const Scene& scene, const std::string& from, const std::string& to) {
    std::string config = read_file(scene.config_file());
    const auto at = config.find(from);
    ASSERT_NE(at, config.npos) << from;
    config.replace(at, from.size(), to);
    write_file(scene.config_file(), config);
  }
  static void append(const Scene& scene, const std::string& more) {
    write_file(scene.config_file(), read_file(scene.config_file()) + more);
  }
  static fakes::HttpReply reload(const Scene& scene) { return scene.send("POST", "/v1/reload"); }
  // Reloads, which has to work.
  static json::object reloaded(const Scene& scene) {
    const auto reply = reload(scene);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.json().as_object();
  }
  static json::object refused(const Scene& scene, int status) {
    const auto reply = reload(scene);
    EXPECT_EQ(reply.status, status) << reply.body;
    return reply.json().as_object();
  }
  static void expect_stale(const Scene& scene, bool stale) {
    EXPECT_EQ(scene.get("/healthz").at("config_stale").as_bool(), stale);
  }
  static void hang_up(Scene& scene) { ASSERT_EQ(::kill(scene.daemon().pid(), SIGHUP), 0); }
  static bool eventually(const std::function<bool()>& holds) {
    for (auto waited = 0ms; waited < 30'000ms; waited += 50ms) {
      if (holds()) return true;
      std::this_thread::sleep_for(50ms);
    }
    return false;
  }
  static std::int64_t generation(const Scene& scene) {
    return scene.get("/healthz").at("config_generation").to_number<std::int64_t>();
  }
  static std::vector<std::string> steps_of(const json::object& run) {
    std::vector<std::string> ids;
    for (const auto& step : run.at("steps").as_array()) ids.push_back(text(step.as_object(), "id"));
    return ids;
  }
};

class Reload : public ReloadBase {};
class ReloadRules : public ReloadBase {};

TEST_F(Reload, ADomainIsAddedAndRegisteredOn) {
  Scene scene{lab()};
  const std::string whole = read_file(scene.config_file());
  edit(scene, "[domains.\"second.test\"]\ndns = \"zone\"\ntest = true\nttl = \"60s\"\n", "");
  scene.daemon().start();
  EXPECT_EQ(scene.register_name("alice-a@second.test").status, 404);
  write_file(scene.config_file(), whole);

  const auto checked = scene.send("POST", "/v1/reload?check=true");
  EXPECT_EQ(checked.status, 200) << checked.body;
  EXPECT_EQ(text(checked.json().as_object(), "outcome"), "checked");
  EXPECT_EQ(generation(scene), 1) << "a check must change nothing";

  const json::object report = reloaded(scene);
  EXPECT_EQ(text(report, "outcome"), "applied");
  EXPECT_THAT(text(report, "text"), HasSubstr("+ domains.\"second.test\""));
  EXPECT_EQ(generation(scene), 2);
  EXPECT_EQ(scene.register_name("alice-a@second.test").status, 201);
  EXPECT_EQ(text(reloaded(scene), "outcome"), "unchanged");
  EXPECT_EQ(generation(scene), 2);
}

TEST_F(Reload, ABadFileIsRefusedWhole) {
  Scene scene{lab()};
  scene.daemon().start();
  const std::string whole = read_file(scene.config_file());
  edit(scene, "level = \"debug\"", "level = \"error\"");
  append(scene, "[domains.\"third.test\"]\ndns = \"zoen\"\n");
  const json::object report = refused(scene, 422);
  EXPECT_EQ(text(report, "outcome"), "refused");
  EXPECT_THAT(text(report, "text"), HasSubstr("did you mean 'zone'?"));
  EXPECT_THAT(text(report, "text"), HasSubstr("^~~~"));
  EXPECT_EQ(report.at("diagnostics").at("errors").to_number<int>(), 1);

  const json::object health = scene.get("/healthz");
  EXPECT_TRUE(health.at("config_stale").as_bool());
  EXPECT_THAT(text(health, "config_stale_reason"), HasSubstr("zoen"));
  EXPECT_FALSE(text(health, "config_stale_since").empty());
  EXPECT_EQ(health.at("config_generation").to_number<int>(), 1);
  const auto ready = scene.send("GET", "/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_THAT(ready.body, HasSubstr("zoen"));
  EXPECT_THAT(scene.send("GET", "/metrics").body, HasSubstr("paynamed_config_reload_failures_total 1"));
  EXPECT_THAT(scene.send("GET", "/metrics").body, HasSubstr("paynamed_config_stale 1"));
  EXPECT_EQ(scene.register_name("alice-b@example.test").status, 201) << "the configuration before works on";
  const auto ctl = scene.ctl({"reload"});
  EXPECT_EQ(ctl.exit_code, 1);
  EXPECT_THAT(ctl.errors, HasSubstr("did you mean 'zone'?"));

  write_file(scene.config_file(), whole);
  hang_up(scene);
  EXPECT_TRUE(eventually([&] { return !scene.get("/healthz").at("config_stale").as_bool(); }));
  EXPECT_THAT(scene.send("GET", "/metrics").body, HasSubstr("paynamed_config_stale 0"));
}

TEST_F(Reload, AFileThatIsGoneIsRefused) {
  Scene scene{lab()};
  scene.daemon().start();
  std::filesystem::remove(scene.config_file());
  EXPECT_THAT(text(refused(scene, 422), "detail"), HasSubstr("cannot be read"));
  EXPECT_EQ(scene.register_name("alice-c@example.test").status, 201);
}

TEST_F(Reload, TwoSignalsAtOnceAreTwoReloads) {
  Scene scene{lab()};
  scene.daemon().start();
  edit(scene, "ttl = \"60s\"", "ttl = \"61s\"");
  hang_up(scene);
  edit(scene, "ttl = \"61s\"", "ttl = \"62s\"");
  hang_up(scene);
  EXPECT_TRUE(eventually([&] {
    return text(scene.send("POST", "/v1/reload?check=true").json().as_object(), "outcome") == "checked" &&
           scene.send("POST", "/v1/reload?check=true").json().at("changes").as_array().empty();
  })) << "the last file is not what counts";
  EXPECT_GE(generation(scene), 2);
  expect_stale(scene, false);
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(Reload, AnApiKeyIsRotated) {
  Scene scene{lab()};
  scene.daemon().start();
  write_file(scene.folder() / "new.key", "pn_test_key_that_is_new\n");
  edit(scene, "api.key", "new.key");
  reloaded(scene);
  EXPECT_EQ(scene.send("GET", "/v1/names").status, 401) << "the old key still works";
  EXPECT_EQ(
      (fakes::HttpClient{scene.daemon().port(), "pn_test_key_that_is_new"}.send("GET", "/v1/names").status),
      200);
}

TEST_F(Reload, ATenantIsAddedAndMayNotReload) {
  Scene scene{lab()};
  scene.daemon().start();
  write_file(scene.folder() / "shop.key", "pn_test_key_of_the_shop\n");
  append(scene, "[tenants.shop]\napi_keys = [{ file = \"shop.key\" }]\n");
  const fakes::HttpClient shop{scene.daemon().port(), "pn_test_key_of_the_shop"};
  EXPECT_EQ(shop.send("GET", "/v1/names").status, 401);
  reloaded(scene);
  EXPECT_EQ(shop.send("GET", "/v1/names").status, 200);
  EXPECT_EQ(shop.send("POST", "/v1/reload").status, 403);
}

TEST_F(Reload, APausedRunKeepsThePipelineThatItBeganWith) {
  Scene scene{lab()};
  scene.daemon().start();
  lab().set_secret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  const auto paused = scene.register_name("alice-g@example.test");
  ASSERT_EQ(paused.status, 202) << paused.body;
  const std::string run = text(paused.json().as_object(), "run");
  scene.run_when(run, "paused");
  lab().restore_secret();
  append(scene, register_pipeline({}) +
                    "[[pipelines.register.steps]]\nid = \"tell\"\ndo = \"event.emit\"\nargs = { type = "
                    "\"custom.told\" }\n");
  EXPECT_THAT(text(reloaded(scene), "text"), HasSubstr("+ pipelines.register"));

  EXPECT_EQ(scene.send("POST", "/v1/runs/" + run + "/resume").status, 202);
  EXPECT_THAT(steps_of(scene.run_when(run, "completed")), Not(Contains("tell")));
  ASSERT_EQ(scene.register_name("bob-g@example.test").status, 201);
  EXPECT_THAT(scene.event_types("bob-g@example.test"), Contains("custom.told"));
  EXPECT_THAT(scene.event_types("alice-g@example.test"), Not(Contains("custom.told")));
}

TEST_F(Reload, ACallInFlightEndsBeforeItsInstanceDoes) {
  const SilentServer silent;
  Scene scene{lab()};
  const std::string whole = read_file(scene.config_file());
  const std::string server =
      fmt::format("server = \"{}\"\nport = {}", lab().addresses().front(), lab().port());
  edit(scene, server, fmt::format("server = \"127.0.0.1\"\nport = {}", silent.port()));
  scene.daemon().start();
  const std::string run = scene.begin_registration("alice-h@example.test");
  ASSERT_TRUE(eventually([&] {
    return scene.get("/v1/plugins").at("items").as_array().at(1).at("in_flight").to_number<int>() > 0;
  }));

  write_file(scene.config_file(), whole);
  const json::object report = reloaded(scene);
  EXPECT_THAT(text(report, "text"), HasSubstr("~ plugins.zone.port"));
  EXPECT_THAT(text(report, "text"), Not(HasSubstr(std::to_string(silent.port()))));
  // The call goes to its end where it began; the next attempt is at the new instance.
  scene.run_when(run, "completed");
  EXPECT_TRUE(scene.daemon().wait_for_log("an instance that was replaced has ended"));
  EXPECT_EQ(scene.sandbox_offers().size(), 1U);
  EXPECT_EQ(scene.register_name("bob-h@example.test").status, 201);
}

TEST_F(Reload, ARefusedTableLeavesTheInstanceAsItIs) {
  Scene scene{lab()};
  scene.daemon().start();
  // It fits the schema, and the plugin knows better.
  edit(scene, "timeout = \"5s\"", "timeout = \"1ms\"");
  const json::object report = refused(scene, 409);
  EXPECT_THAT(text(report, "detail"), HasSubstr("[plugins.zone] cannot be used"));
  expect_stale(scene, true);
  EXPECT_EQ(scene.register_name("alice-i@example.test").status, 201);
}

TEST_F(Reload, InstancesAreAddedRetiredAndRemoved) {
  Scene scene{lab()};
  scene.daemon().start();
  const std::string whole = read_file(scene.config_file());
  const std::string second = fmt::format(
      "[plugins.second]\nmodule = \"rfc2136\"\nserver = \"{}\"\nport = {}\ntsig = {{ name = \"{}\", secret = "
      "{{ "
      "file = \"{}\" }} }}\n",
      lab().addresses().front(), lab().port(), lab().tsig_name(),
      (lab().directory() / "tsig.secret").string());
  append(scene, second);
  reloaded(scene);
  EXPECT_THAT(scene.send("GET", "/v1/plugins").body, HasSubstr("\"second\""));
  append(scene, "retired = true\n");
  reloaded(scene);
  EXPECT_THAT(scene.send("GET", "/v1/plugins").body, HasSubstr("\"retired\":true"));
  write_file(scene.config_file(), whole);
  reloaded(scene);
  EXPECT_THAT(scene.send("GET", "/v1/plugins").body, Not(HasSubstr("\"second\"")));
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(Reload, HowTheDnsIsAskedIsTakenUp) {
  Parts parts;
  parts.reachable_servers = false;
  parts.dns = "root_hints = [\"127.0.0.1:1\"]";
  Scene scene{lab(), parts};
  scene.daemon().start();
  const std::string run = scene.begin_registration("alice-k@example.test");
  scene.run_when(run, [&](const json::object&) {
    return text(scene.step(run, "check"), "state") != "done" &&
           !text(scene.step(run, "check"), "message").empty();
  });
  parts.reachable_servers = true;
  parts.dns.clear();
  scene.write_config(parts);
  reloaded(scene);
  if (text(scene.run(run), "state") == "paused") scene.send("POST", "/v1/runs/" + run + "/resume");
  scene.run_when(run, "completed");
  EXPECT_EQ(text(reloaded(scene), "outcome"), "unchanged") << "what follows a reload came to its end";
}

TEST_F(Reload, UnderLoadNothingIsLost) {
  Scene scene{lab()};
  scene.daemon().start();
  constexpr int kCustomers = 4;
  constexpr int kNames = 12;
  std::atomic<int> live{0};
  std::atomic<int> done{0};
  std::vector<std::string> complaints(kCustomers);
  std::vector<std::jthread> customers;
  for (int customer = 0; customer < kCustomers; ++customer) {
    customers.emplace_back([&, customer] {
      for (int i = 0; i < kNames; ++i) {
        const auto reply = scene.register_name(fmt::format("c{}-{}@example.test", customer, i));
        if (reply.status == 201) ++live;
        if (reply.status != 201) complaints[static_cast<std::size_t>(customer)] += reply.body;
      }
      ++done;
    });
  }
  int reloads = 0;
  // Bounded, for a key may ask only so often.
  while (done < kCustomers && reloads < 30) {
    const bool odd = reloads % 2 == 1;
    edit(scene, odd ? "timeout = \"4s\"" : "timeout = \"5s\"", odd ? "timeout = \"5s\"" : "timeout = \"4s\"");
    // The sandbox holds a file that only one instance can have.
    edit(scene, odd ? "//sandbox.state" : "/sandbox.state", odd ? "/sandbox.state" : "//sandbox.state");
    reloaded(scene);
    ++reloads;
  }
  customers.clear();
  for (const std::string& complaint : complaints) EXPECT_EQ(complaint, "");
  EXPECT_EQ(live, kCustomers * kNames);
  EXPECT_GE(reloads, 2);
  EXPECT_EQ(scene.sandbox_offers().size(), static_cast<std::size_t>(kCustomers * kNames));
  expect_stale(scene, false);
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(ReloadRules, WhatNeedsARestartIsNamed) {
  Scene scene{lab()};
  scene.daemon().start();
  edit(scene, "listen = \"127.0.0.1:0\"", "listen = \"127.0.0.1:1\"");
  edit(scene, "ttl = \"60s\"", "ttl = \"61s\"");
  const json::object report = refused(scene, 409);
  EXPECT_THAT(text(report, "detail"), HasSubstr("restart to change api.listen"));
  EXPECT_EQ(generation(scene), 1) << "refused is refused whole";
  expect_stale(scene, true);
}

TEST_F(ReloadRules, TheDnsOfADomainWithNamesStays) {
  Scene scene{lab()};
  const std::string second = fmt::format(
      "[plugins.zone2]\nmodule = \"rfc2136\"\nserver = \"{}\"\nport = {}\ntsig = {{ name = \"{}\", secret = "
      "{{ "
      "file = \"{}\" }} }}\n",
      lab().addresses().front(), lab().port(), lab().tsig_name(),
      (lab().directory() / "tsig.secret").string());
  append(scene, second);
  scene.daemon().start();
  ASSERT_EQ(scene.register_name("alice-n@example.test").status, 201);
  edit(scene, "[domains.\"second.test\"]\ndns = \"zone\"", "[domains.\"second.test\"]\ndns = \"zone2\"");
  reloaded(scene);  // it has no names
  EXPECT_EQ(scene.register_name("alice-n@second.test").status, 201);
  EXPECT_EQ(text(scene.get("/v1/domains/second.test"), "dns_instance"), "zone2");

  edit(scene, "[domains.\"example.test\"]\ndns = \"zone\"", "[domains.\"example.test\"]\ndns = \"zone2\"");
  const json::object report = refused(scene, 409);
  EXPECT_THAT(text(report, "detail"), HasSubstr("paynamectl domains move example.test --to zone2"));
  EXPECT_EQ(text(scene.get("/v1/domains/example.test"), "dns_instance"), "zone");
  EXPECT_EQ(scene.register_name("bob-n@example.test").status, 201);

  ASSERT_EQ(scene.daemon().terminate(), 0);
  const auto ended = fakes::run_program({PAYNAMED_PROGRAM, "run", "--config", scene.config_file().string()});
  EXPECT_EQ(ended.exit_code, 78) << ended.errors;
  EXPECT_THAT(ended.errors, HasSubstr("paynamectl domains move example.test --to zone2"));
}

TEST_F(ReloadRules, WhatOpenRunsBeganWithStays) {
  Scene scene{lab()};
  scene.daemon().start();
  lab().set_secret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  const auto paused = scene.register_name("alice-o@example.test");
  ASSERT_EQ(paused.status, 202) << paused.body;
  lab().restore_secret();
  const std::string whole = read_file(scene.config_file());
  const std::string domain = "[domains.\"example.test\"]\ndns = \"zone\"\ntest = true\nttl = \"60s\"\n";
  edit(scene, domain, "");
  EXPECT_THAT(text(refused(scene, 409), "detail"), HasSubstr("[domains.\"example.test\"]"));

  write_file(scene.config_file(), whole);
  edit(scene, "[plugins.node]", "[plugins.other]");
  EXPECT_THAT(text(refused(scene, 409), "detail"), HasSubstr("lacks [plugins.node]"));
  expect_stale(scene, true);

  const std::string run = text(paused.json().as_object(), "run");
  write_file(scene.config_file(), whole);
  EXPECT_EQ(text(reloaded(scene), "outcome"), "unchanged");
  expect_stale(scene, false);
  EXPECT_EQ(scene.send("POST", "/v1/runs/" + run + "/resume").status, 202);
  scene.run_when(run, "completed");
}

TEST_F(ReloadRules, TheModuleOfAnInstanceInUseStays) {
  Scene scene{lab()};
  scene.daemon().start();
  ASSERT_EQ(scene.register_name("alice-p@example.test").status, 201);
  std::filesystem::create_directory(scene.folder() / "modules");
  std::filesystem::copy_file(
      std::filesystem::path{PAYNAMED_PROGRAM}.parent_path().parent_path() / "plugins/sandbox.so",
      scene.folder() / "modules/sandbox.so");
  // The same module from another folder is loaded and takes over.
  edit(scene, "[daemon]", "[daemon]\nplugin_path = [\"modules\"]");
  reloaded(scene);
  EXPECT_EQ(scene.register_name("bob-p@example.test").status, 201);
  edit(scene, "module = \"sandbox\"", "module = \"rfc2136\"");
  EXPECT_GE(reload(scene).status, 400);
  expect_stale(scene, true);
}

}  // namespace
}  // namespace paynamed::e2e
