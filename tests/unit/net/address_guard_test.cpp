// Whom strangers may make us call.
#include "net/address_guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/address.hpp>
#include <string>
#include <vector>

namespace paynamed::net {
namespace {

using boost::asio::ip::make_address;
using testing::HasSubstr;

std::shared_ptr<const AddressGuard> guard(const std::vector<std::string>& allow = {},
                                          std::vector<std::uint16_t> ports = {}) {
  auto made = AddressGuard::create(allow, std::move(ports));
  EXPECT_TRUE(made) << made.error().to_string();
  return *made;
}

base::Status judge(const std::string& url, const AddressGuard& by) {
  const auto parsed = parse_http_url(url);
  return parsed ? by.check_url(*parsed) : parsed.error();
}

struct Refused {
  std::string rule;
  std::string url;
  std::string says;
};

// Every address that IANA's registries name as not for everybody, each by the first and the last of its
// network.
TEST(AddressGuard, AddressesThatAreNotPublicAreRefused) {
  const std::vector<Refused> table = {
      {"this network", "https://0.0.0.0/", "of this network"},
      {"this network, another host", "https://0.1.2.3/", "of this network"},
      {"this network, its end", "https://0.255.255.255/", "of this network"},
      {"private 10", "https://10.0.0.1/", "private"},
      {"private 10, its end", "https://10.255.255.255/", "private"},
      {"CGNAT", "https://100.64.0.1/", "shared behind a carrier's NAT"},
      {"CGNAT, its end", "https://100.127.255.255/", "shared behind a carrier's NAT"},
      {"CGNAT, Alibaba's metadata", "https://100.100.100.200/", "shared behind a carrier's NAT"},
      {"loopback", "https://127.0.0.1/", "loopback"},
      {"loopback, not the first", "https://127.8.9.10:8443/", "loopback"},
      {"Azure's host", "https://168.63.129.16/", "the cloud host's"},
      {"link-local, metadata", "http://169.254.169.254/latest/meta-data/", "link-local"},
      {"link-local, its end", "https://169.254.255.255/", "link-local"},
      {"private 172.16", "https://172.16.0.1/", "private"},
      {"private 172.16, its end", "https://172.31.255.255/", "private"},
      {"protocol assignments", "https://192.0.0.1/", "for protocols"},
      {"protocol assignments, Oracle's metadata", "https://192.0.0.192/", "for protocols"},
      {"documentation 1", "https://192.0.2.1/", "for documentation"},
      {"documentation 2", "https://198.51.100.7/", "for documentation"},
      {"documentation 3", "https://203.0.113.9/", "for documentation"},
      {"6to4 relays", "https://192.88.99.1/", "a relay for 6to4"},
      {"private 192.168", "https://192.168.1.1/", "private"},
      {"benchmarks", "https://198.18.0.1/", "for benchmarks"},
      {"benchmarks, its end", "https://198.19.255.255/", "for benchmarks"},
      {"multicast", "https://224.0.0.1/", "multicast"},
      {"multicast, its end", "https://239.255.255.255/", "multicast"},
      {"reserved", "https://240.0.0.1/", "reserved"},
      {"reserved, its end", "https://255.255.255.254/", "reserved"},
      {"broadcast", "https://255.255.255.255/", "broadcast"},
      {"IPv6 unspecified", "https://[::]/", "unspecified"},
      {"IPv6 loopback", "https://[::1]/", "loopback"},
      {"IPv6 loopback, in full", "https://[0:0:0:0:0:0:0:1]/", "loopback"},
      {"IPv4-mapped loopback", "https://[::ffff:127.0.0.1]/", "IPv4-mapped"},
      {"IPv4-mapped loopback, in hexadecimal", "https://[::ffff:7f00:1]/", "IPv4-mapped"},
      {"IPv4-mapped metadata", "https://[::ffff:169.254.169.254]/", "IPv4-mapped"},
      {"IPv4-mapped, of a public address", "https://[::ffff:8.8.8.8]/", "IPv4-mapped"},
      {"IPv4-translated", "https://[::ffff:0:127.0.0.1]/", "IPv4-translated"},
      {"IPv4-compatible", "https://[::127.0.0.1]/", "IPv4-compatible"},
      {"IPv4-compatible, a private one", "https://[::10.0.0.1]/", "IPv4-compatible"},
      {"NAT64 to loopback", "https://[64:ff9b::127.0.0.1]/", "NAT64"},
      {"NAT64 to metadata", "https://[64:ff9b::a9fe:a9fe]/", "NAT64"},
      {"NAT64 to a public address", "https://[64:ff9b::8.8.8.8]/", "NAT64"},
      {"NAT64, local use", "https://[64:ff9b:1::7f00:1]/", "NAT64 of a network's own"},
      {"discard", "https://[100::1]/", "discard-only"},
      {"dummy prefix", "https://[100:0:0:1::1]/", "a dummy prefix"},
      {"Teredo", "https://[2001::1]/", "Teredo"},
      {"Teredo to loopback", "https://[2001:0:1:2:0:0:80ff:fffe]/", "Teredo"},
      {"IPv6 benchmarks", "https://[2001:2::1]/", "for benchmarks"},
      {"ORCHID", "https://[2001:10::1]/", "ORCHID"},
      {"ORCHIDv2", "https://[2001:20::1]/", "ORCHID"},
      {"IETF protocols", "https://[2001:1::1]/", "for protocols"},
      {"IPv6 documentation", "https://[2001:db8::1]/", "for documentation"},
      {"IPv6 documentation, the new one", "https://[3fff:fff::1]/", "for documentation"},
      {"6to4 to loopback", "https://[2002:7f00:1::1]/", "6to4"},
      {"6to4 to a private address", "https://[2002:a00:1::]/", "6to4"},
      {"SRv6", "https://[5f00::1]/", "a segment of SRv6"},
      {"unique local", "https://[fc00::1]/", "unique local"},
      {"unique local, AWS metadata", "https://[fd00:ec2::254]/", "unique local"},
      {"IPv6 link-local", "https://[fe80::1]/", "link-local"},
      {"IPv6 link-local, its end", "https://[febf::1]/", "link-local"},
      {"site-local", "https://[fec0::1]/", "site-local"},
      {"IPv6 multicast", "https://[ff02::1]/", "multicast"},
      {"ISATAP to a private address", "https://[2606:4700::5efe:10.0.0.1]/", "ISATAP"},
      {"ISATAP, universal", "https://[2606:4700::200:5efe:192.168.0.1]/", "ISATAP"},
      {"not given out yet", "https://[4000::1]/", "not global unicast"},
      {"not given out yet, another", "https://[200::1]/", "not global unicast"},
  };
  ASSERT_GE(table.size(), 60U);
  for (const auto& each : table) {
    SCOPED_TRACE(each.rule);
    const auto judged = judge(each.url, *guard());
    EXPECT_EQ(judged.code(), base::Code::kPermissionDenied) << judged.to_string();
    EXPECT_THAT(judged.message(), HasSubstr("it is " + each.says));
  }
}

// Behind a proxy, which finds the addresses, these lead to its own network.
TEST(AddressGuard, NamesOfNetworksInsideAreRefused) {
  const std::vector<Refused> table = {
      {"localhost", "https://localhost/", "this host itself"},
      {"below localhost", "https://hook.localhost/", "this host itself"},
      {"in upper case", "https://LocalHost/", "this host itself"},
      {"one label", "https://metadata/", "no domain"},
      {"one label with a port", "https://redis:6379/", "no domain"},
      {"cloud metadata", "http://metadata.google.internal/", "of networks inside"},
      {"a top-level domain alone", "https://internal/", "no domain"},
      {"mDNS", "https://printer.local/", "mDNS"},
      {"a home", "https://router.home.arpa/", "of networks at home"},
      {"the home itself", "https://home.arpa/", "of networks at home"},
  };
  for (const auto& each : table) {
    SCOPED_TRACE(each.rule);
    const auto judged = judge(each.url, *guard({"0.0.0.0/0", "::/0"}));
    EXPECT_EQ(judged.code(), base::Code::kPermissionDenied) << judged.to_string();
    EXPECT_THAT(judged.message(), HasSubstr(each.says));
  }
  for (const std::string url : {"https://internal.example/", "https://localhost.example/",
                                "https://my-localhost.example/", "https://thelocal.example/",
                                "https://home.arpa.example/", "https://notinternal.example.local.example/"}) {
    EXPECT_TRUE(judge(url, *guard()).ok()) << url;
  }
}

TEST(AddressGuard, SpecialNamesThatTheOperatorNamedAreTaken) {
  const auto by = *AddressGuard::create({}, {}, {"hooks.internal", "redis", "local"});
  for (const std::string url : {"https://hooks.internal/", "https://a.hooks.internal/", "https://redis/",
                                "https://printer.local/", "https://HOOKS.internal/"}) {
    EXPECT_TRUE(judge(url, *by).ok()) << url;
  }
  for (const std::string url : {"https://otherhooks.internal/", "https://internal/", "https://localhost/",
                                "https://redis2/", "https://a.home.arpa/"}) {
    EXPECT_EQ(judge(url, *by).code(), base::Code::kPermissionDenied) << url;
  }
  EXPECT_FALSE(by->check("hooks.internal", make_address("10.0.0.1")).ok()) << "the address is judged, too";
  EXPECT_NE(by->key(), guard()->key());
  for (const std::string name : {"", ".internal", "10.0.0.1", "a b", "Hooks.internal", "hooks.internal."}) {
    EXPECT_FALSE(AddressGuard::create({}, {}, {name})) << name;
  }
}

// What a C library, a browser or a proxy would read as an address, and what only looks like the host.
TEST(AddressGuard, HostsThatCanBeReadInTwoWaysAreRefused) {
  const std::vector<Refused> table = {
      {"decimal", "https://2130706433/", "four numbers"},
      {"decimal, metadata", "http://2852039166/", "four numbers"},
      {"octal", "https://0177.0.0.1/", "four numbers"},
      {"octal in one", "https://017700000001/", "four numbers"},
      {"a leading zero", "https://127.0.0.01/", "four numbers"},
      {"hexadecimal", "https://0x7f.0.0.1/", "four numbers"},
      {"hexadecimal in one", "https://0x7f000001/", "four numbers"},
      {"hexadecimal at the end", "https://127.0.0.0x1/", ""},
      {"two parts", "https://127.1/", "four numbers"},
      {"three parts", "https://127.0.1/", "four numbers"},
      {"one part", "https://0/", "four numbers"},
      {"five parts", "https://127.0.0.1.1/", ""},
      {"too large", "https://127.0.0.256/", ""},
      {"overflow", "https://127.0.0.4294967297/", ""},
      {"a name that ends in a number", "https://example.10/", "four numbers"},
      {"a dot at the end of an address", "https://127.0.0.1./", ""},
      {"a dot at the end of a name", "https://localhost./", "ends in a dot"},
      {"a dot at the end of a public name", "https://example.com./", "ends in a dot"},
      {"an empty label", "https://a..example.com/", "not a host name"},
      {"a dot in front", "https://.example.com/", "not a host name"},
      {"percent-encoded digits", "https://%31%32%37.0.0.1/", ""},
      {"a percent-encoded dot", "https://127%2e0.0.1/", ""},
      {"a zone id", "https://[fe80::1%25eth0]/", ""},
      {"a zone id, not encoded", "https://[fe80::1%eth0]/", ""},
      {"an IPv6 address without brackets", "https://::1/", ""},
      {"an address of the future", "https://[v1.fe80]/", ""},
      {"user information", "https://example.com@127.0.0.1/", "more than scheme"},
      {"user and password", "https://example.com:443@169.254.169.254/", "more than scheme"},
      {"an empty user", "https://@127.0.0.1/", "more than scheme"},
      {"a backslash", "https://example.com\\@127.0.0.1/", ""},
      {"a fragment that looks like a host", "https://127.0.0.1#@example.com/", "more than scheme"},
      {"full-width digits", "https://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/", ""},
      {"ideographic dots",
       "https://127\xe3\x80\x82"
       "0\xe3\x80\x82"
       "0\xe3\x80\x82"
       "1/",
       ""},
      {"digits in circles", "https://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/", ""},
      {"a space", "https://127.0.0.1 .example.com/", ""},
      {"a line break", "https://127.0.0.1\r\n.example.com/", ""},
      {"another scheme", "gopher://127.0.0.1/", "neither http nor https"},
      {"a file", "file:///etc/passwd", ""},
      {"no scheme", "//127.0.0.1/", ""},
  };
  for (const auto& each : table) {
    SCOPED_TRACE(each.rule);
    const auto judged = judge(each.url, *guard({"0.0.0.0/0", "::/0"}));
    EXPECT_EQ(judged.code(), base::Code::kInvalidArgument) << judged.to_string();
    EXPECT_THAT(judged.message(), HasSubstr(each.says));
  }
}

TEST(AddressGuard, PublicHostsAreTaken) {
  for (const std::string& url : std::vector<std::string>{"https://example.com/hook",
                                                         "https://hooks.example.co.uk:8443/a?b=c",
                                                         "https://xn--mnchen-3ya.de/",
                                                         "https://a-b_c.example/",
                                                         "https://1.example.com/",
                                                         "https://0x.example/",
                                                         "https://8.8.8.8/",
                                                         "https://9.255.255.255/",
                                                         "https://11.0.0.0/",
                                                         "https://100.63.255.255/",
                                                         "https://100.128.0.0/",
                                                         "https://172.15.255.255/",
                                                         "https://172.32.0.0/",
                                                         "https://192.0.1.1/",
                                                         "https://198.17.255.255/",
                                                         "https://198.20.0.0/",
                                                         "https://223.255.255.255/",
                                                         "https://[2606:4700::1111]/",
                                                         "https://[2a00:1450:4001::8a]/",
                                                         "https://[2001:4860:4860::8888]/",
                                                         "https://[2003::1]/",
                                                         "https://[3ffe:ffff::1]/",
                                                         "http://example.com/"}) {
    const auto judged = judge(url, *guard());
    EXPECT_TRUE(judged.ok()) << url << ": " << judged.to_string();
  }
}

TEST(AddressGuard, NetworksThatAreAllowedMayBeCalled) {
  struct Case {
    std::string allow, address;
    bool fits;
  };
  for (const Case& each : std::vector<Case>{{"10.1.0.0/16", "10.1.255.255", true},
                                            {"10.1.0.0/16", "10.2.0.0", false},
                                            {"10.1.2.3", "10.1.2.3", true},
                                            {"10.1.2.3", "10.1.2.4", false},
                                            {"127.0.0.0/8", "127.0.0.1", true},
                                            {"127.0.0.0/8", "::1", false},
                                            {"127.0.0.0/8", "::ffff:127.0.0.1", false},
                                            {"0.0.0.0/0", "::ffff:10.0.0.1", false},
                                            {"fd00::/8", "fd12::1", true},
                                            {"fd00::/8", "fc00::1", false},
                                            {"10.0.0.0/9", "10.127.0.1", true},
                                            {"10.0.0.0/9", "10.128.0.1", false},
                                            {"64:ff9b::/96", "64:ff9b::8.8.8.8", true},
                                            {"64:ff9b::/96", "64:ff9b::10.0.0.1", false},
                                            {"64:ff9b::/96", "64:ff9b::169.254.169.254", false}}) {
    const auto judged = guard({each.allow})->check("hook.example", make_address(each.address));
    EXPECT_EQ(judged.ok(), each.fits) << each.allow << " " << each.address << ": " << judged.to_string();
  }
}

// The examples of RFC 6052 section 2.4, with other addresses inside.
TEST(AddressGuard, WhatIsBehindATranslatorIsJudged) {
  struct Case {
    std::string prefix, forbidden, fine;  // 10.0.2.33 and 8.0.2.33
  };
  for (const Case& each : std::vector<Case>{
           {"2a01:db8::/32", "2a01:db8:a00:221::", "2a01:db8:800:221::"},
           {"2a01:db8:100::/40", "2a01:db8:10a:2:21::", "2a01:db8:108:2:21::"},
           {"2a01:db8:122::/48", "2a01:db8:122:a00:2:2100::", "2a01:db8:122:800:2:2100::"},
           {"2a01:db8:122:300::/56", "2a01:db8:122:30a:0:221::", "2a01:db8:122:308:0:221::"},
           {"2a01:db8:122:344::/64", "2a01:db8:122:344:a:2:2100::", "2a01:db8:122:344:8:2:2100::"},
           {"2a01:db8:122:344::/96", "2a01:db8:122:344::10.0.2.33", "2a01:db8:122:344::8.0.2.33"},
           {"64:ff9b:1::/48", "64:ff9b:1:a00:2:2100::", "64:ff9b:1:800:2:2100::"},
           {"64:ff9b:1::/96", "64:ff9b:1::10.0.2.33", "64:ff9b:1::8.0.2.33"}}) {
    SCOPED_TRACE(each.prefix);
    const auto by = *AddressGuard::create({}, {}, {}, {each.prefix});
    const auto judged = by->check("hook.example", make_address(each.forbidden));
    EXPECT_EQ(judged.code(), base::Code::kPermissionDenied);
    EXPECT_THAT(judged.message(), HasSubstr("it is private"));
    EXPECT_TRUE(by->check("hook.example", make_address(each.fine)).ok());
    const auto both = *AddressGuard::create({"10.0.0.0/8"}, {}, {}, {each.prefix});
    EXPECT_TRUE(both->check("hook.example", make_address(each.forbidden)).ok()) << "the operator allows it";
    EXPECT_NE(by->key(), guard()->key());
  }
  const auto by = *AddressGuard::create({}, {}, {}, {"2a01:db8:122::/48"});
  EXPECT_FALSE(by->check("hook.example", make_address("2a01:db8:122:800:102:2100::")).ok())
      << "the octet between is not zero";
}

TEST(AddressGuard, ATranslatorIsNotAllowedWithWhatIsBehindIt) {
  for (const std::string allow : {"64:ff9b:1::/48", "64:ff9b:1:2::/64", "64:ff9b:1::1"}) {
    EXPECT_FALSE(AddressGuard::create({allow}, {})) << allow;
  }
  for (const std::string allow : {"::/0", "64:ff9b::/32"}) {
    EXPECT_FALSE(guard({allow})->check("hook.example", make_address("64:ff9b:1::10.0.0.1")).ok()) << allow;
  }
  for (const std::string prefix :
       {"", "10.0.0.0/8", "2a01:db8::/33", "2a01:db8::/128", "2a01:db8:0:0:ff00::/96", "2a01:db8::1/96"}) {
    EXPECT_FALSE(AddressGuard::create({}, {}, {}, {prefix})) << prefix;
  }
}

TEST(AddressGuard, PortsThatAreNotNamedAreRefused) {
  const auto two = guard({}, {8443, 443});
  EXPECT_TRUE(judge("https://example.com/", *two).ok());
  EXPECT_TRUE(judge("http://example.com:8443/", *two).ok());
  const auto judged = judge("https://example.com:22/", *two);
  EXPECT_EQ(judged.code(), base::Code::kPermissionDenied);
  EXPECT_EQ(judged.message(), "port 22 must not be called; allowed are 443, 8443");
}

TEST(AddressGuard, ASentenceDoesNotTellTheAddressOfAName) {
  const auto judged = guard()->check("db.internal.example", make_address("10.9.8.7"));
  EXPECT_EQ(judged.message(),
            "db.internal.example has an address that must not be called: it is private (RFC 1918)");
  EXPECT_EQ(judged.detail(), "10.9.8.7");
}

TEST(AddressGuard, RulesThatAreNoneAreRefused) {
  for (const std::string& text : std::vector<std::string>{
           "", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/8x", "10.0.0.1/8", "::/129",
           "fe80::1%eth0", "example.com", "10/8", "10.0.0.0/-1", "fd00::1/8", "10.0.0.0/8/8"}) {
    const auto made = AddressGuard::create({text}, {});
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().code(), base::Code::kInvalidArgument);
  }
  EXPECT_FALSE(AddressGuard::create({}, {0}));
  EXPECT_FALSE(AddressGuard::create(std::vector<std::string>(65, "10.0.0.0/8"), {}));
}

TEST(AddressGuard, TheSameRulesHaveOneKey) {
  EXPECT_EQ(guard({"10.0.0.0/8", "::1"}, {2, 1})->key(), guard({"::1/128", "10.0.0.0/8"}, {1, 2})->key());
  EXPECT_NE(guard({"10.0.0.0/8"})->key(), guard({"10.0.0.0/9"})->key());
  EXPECT_NE(guard({})->key(), guard({}, {443})->key());
}

}  // namespace
}  // namespace paynamed::net
