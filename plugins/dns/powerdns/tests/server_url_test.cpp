#include "server_url.hpp"

#include <gtest/gtest.h>

namespace paynamed::powerdns {
namespace {

TEST(ServerUrl, TakesHttpAndHttpsWithAPathInFront) {
  const auto url = ServerUrl::parse("https://proxy.example/pdns/", "localhost");
  ASSERT_TRUE(url);
  EXPECT_FALSE(url->plain());
  EXPECT_EQ(url->whole_zone("example.test."),
            "https://proxy.example/pdns/api/v1/servers/localhost/zones/example.test.");
  EXPECT_EQ(url->name_in_zone("example.test.", "a.user._bitcoin-payment.example.test."),
            "https://proxy.example/pdns/api/v1/servers/localhost/zones/example.test."
            "?rrset_name=a.user._bitcoin-payment.example.test.");
}

TEST(ServerUrl, LetsNoNameChangeTheResource) {
  const auto url = ServerUrl::parse("http://[::1]:8081", "localhost");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->keys_of("0/25.example."),
            "http://[::1]:8081/api/v1/servers/localhost/zones/0=2F25.example./cryptokeys");
  EXPECT_EQ(url->name_in_zone("z.", "a&b=c#d?.z."),
            "http://[::1]:8081/api/v1/servers/localhost/zones/z.?rrset_name=a%26b%3Dc%23d%3F.z.");
}

TEST(ServerUrl, KnowsThisHost) {
  for (const char* here :
       {"http://127.0.0.1:8081", "http://127.1.2.3", "http://[::1]:1", "http://localhost:8081"}) {
    const auto url = ServerUrl::parse(here, "localhost");
    ASSERT_TRUE(url) << here;
    EXPECT_TRUE(url->loopback()) << here;
  }
  for (const char* elsewhere : {"http://192.0.2.1", "http://localhost.example", "http://[2001:db8::1]"}) {
    const auto url = ServerUrl::parse(elsewhere, "localhost");
    ASSERT_TRUE(url) << elsewhere;
    EXPECT_FALSE(url->loopback()) << elsewhere;
  }
}

TEST(ServerUrl, RefusesWhatIsNone) {
  for (const char* wrong : {"", "127.0.0.1:8081", "ftp://a.example", "http://", "http://user:pw@a.example",
                            "http://a.example?x=1", "http://a.example#x", "http://a b"}) {
    EXPECT_FALSE(ServerUrl::parse(wrong, "localhost")) << wrong;
  }
}

}  // namespace
}  // namespace paynamed::powerdns
