#include "net/http_url.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace paynamed::net {
namespace {

TEST(HttpUrl, IsReadInItsParts) {
  struct Case {
    std::string text;
    bool tls;
    std::string host;
    int port;
    std::string authority, target;
    bool loopback;
  };
  for (const Case& c : std::vector<Case>{
           {"https://dns.example/dns-query", true, "dns.example", 443, "dns.example", "/dns-query", false},
           {"HTTPS://DNS.Example", true, "dns.example", 443, "dns.example", "/", false},
           {"https://dns.example:8443/a?b=c&d", true, "dns.example", 8443, "dns.example:8443", "/a?b=c&d",
            false},
           {"https://dns.example?x", true, "dns.example", 443, "dns.example", "/?x", false},
           {"https://[2001:db8::1]:443/", true, "2001:db8::1", 443, "[2001:db8::1]", "/", false},
           {"http://127.0.0.1:8080/x", false, "127.0.0.1", 8080, "127.0.0.1:8080", "/x", true},
           {"http://localhost", false, "localhost", 80, "localhost", "/", true}}) {
    const auto url = parse_http_url(c.text);
    ASSERT_TRUE(url) << c.text << ": " << url.error().message();
    EXPECT_EQ(url->tls, c.tls);
    EXPECT_EQ(url->host, c.host);
    EXPECT_EQ(url->port, c.port);
    EXPECT_EQ(url->authority(), c.authority);
    EXPECT_EQ(url->target(), c.target);
    EXPECT_EQ(url->is_loopback(), c.loopback) << c.text;
  }
}

TEST(HttpUrl, IsRefusedWhenItMeansNothingOrSomethingElse) {
  for (const std::string& bad : std::vector<std::string>{"",
                                                         "dns.example",
                                                         "/dns-query",
                                                         "ftp://dns.example",
                                                         "https://",
                                                         "https://a b",
                                                         "https://user@dns.example",
                                                         "https://user:word@dns.example",
                                                         "https://dns.example/#there",
                                                         "https://dns.example:0/",
                                                         "https://dns.example:65536/",
                                                         "https://dns.example:x/",
                                                         "https://127.0.0.1.example.com/",
                                                         "http://127.0.0.1.example.com",
                                                         "https://dns%2eexample/",
                                                         "https://[::1",
                                                         "https://[v1.x]/",
                                                         "https://d\xc3\xa4.example/",
                                                         "https://a/\r\nX: y",
                                                         "https://" + std::string(5000, 'a')}) {
    const auto url = parse_http_url(bad);
    ASSERT_FALSE(url) << bad;
    EXPECT_EQ(url.error().code(), base::Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace paynamed::net
