// How full a zone is at its provider, from the provider's own numbers to what the operator reads.
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/e2e/daemon/scene.hpp"
#include "tests/fakes/cloudflare/fake_cloudflare.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

class DomainQuota : public LabTest {
 protected:
  static json::object quota_of(const Scene& scene) {
    const auto ended = scene.ctl({"domains", "check", "full.test", "--json"});
    const json::object report = json::parse(ended.output).as_object();
    for (const auto& item : report.at("findings").as_array()) {
      if (text(item.as_object(), "part") == "quota") return item.as_object();
    }
    throw std::runtime_error("nothing is said of the quota: " + ended.output + ended.errors);
  }
};

TEST_F(DomainQuota, IsWarnedOfFromFourFifthsOn) {
  lab().add_zone("full.test.", "unsigned", lab().addresses());
  const fakes::FakeCloudflare fake{{"--zone", "full.test", "--quota", "10"}};
  Parts parts;
  parts.tables = fmt::format(R"([plugins.cloud]
module = "cloudflare"
endpoint = "{}"
api_token = {{ file = "token" }}
[domains."full.test"]
dns = "cloud"
test = true
ttl = "60s"
)",
                             fake.endpoint());
  Scene scene{lab(), parts};
  write_file(scene.folder() / "token", std::string(fakes::FakeCloudflare::kToken) + "\n");
  std::filesystem::permissions(scene.folder() / "token",
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  scene.daemon().start();
  const auto plant = [&](int count) {
    for (int i = 0; i < count; ++i) {
      static int number = 0;
      fake.post("records", {{"zone", "full.test"},
                            {"records", json::array{{{"type", "TXT"},
                                                     {"name", fmt::format("p{}.full.test", number++)},
                                                     {"content", "\"x\""},
                                                     {"ttl", 300}}}}});
    }
  };
  plant(7);
  EXPECT_EQ(text(quota_of(scene), "verdict"), "fine");
  plant(1);
  const json::object almost = quota_of(scene);
  EXPECT_EQ(text(almost, "code"), "almost_used_up");
  EXPECT_THAT(json::serialize(almost), HasSubstr("8 of 10 records are used"));
  plant(2);
  EXPECT_EQ(text(quota_of(scene), "code"), "used_up");
}

}  // namespace
}  // namespace paynamed::e2e
