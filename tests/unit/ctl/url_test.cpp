#include "ctl/url.hpp"

#include <gtest/gtest.h>

namespace paynamed::ctl {
namespace {

TEST(Url, IsReadInItsParts) {
  struct Case {
    std::string text;
    bool tls;
    std::string host, port, prefix, authority;
  };
  for (const Case& c : std::vector<Case>{
           {"http://127.0.0.1:8080", false, "127.0.0.1", "8080", "", "127.0.0.1:8080"},
           {"http://localhost/", false, "localhost", "80", "", "localhost"},
           {"http://[::1]:8080", false, "::1", "8080", "", "[::1]:8080"},
           {"https://names.example.com/pay/", true, "names.example.com", "443", "/pay", "names.example.com"},
           {"https://192.0.2.1:8443", true, "192.0.2.1", "8443", "", "192.0.2.1:8443"}}) {
    const auto url = parse_url(c.text);
    ASSERT_TRUE(url) << c.text << ": " << url.error().message();
    EXPECT_EQ(url->tls, c.tls);
    EXPECT_EQ(url->host, c.host);
    EXPECT_EQ(url->port, c.port);
    EXPECT_EQ(url->prefix, c.prefix);
    EXPECT_EQ(url->authority, c.authority);
  }
}

TEST(Url, IsRefusedWhenItWouldLeakTheKeyOrMeansNothing) {
  for (const auto* bad : {"", "127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://user:secret@127.0.0.1",
                          "http://127.0.0.1/?x=1", "http://192.0.2.1:8080", "http://names.example.com",
                          "http://127.0.0.1.example.com", "http://a b"}) {
    EXPECT_FALSE(parse_url(bad)) << bad;
  }
}

}  // namespace
}  // namespace paynamed::ctl
