// Every verdict and every way to the servers, against scripted servers: a root on one address of loopback,
// the servers of example.test. on others, all on one port.
#include "names/authoritative.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include <map>

#include "tests/fakes/dns/fake_dns_server.hpp"
#include "tests/integration/dns/run.hpp"

namespace paynamed::names {
namespace {
namespace asio = boost::asio;
using fakes::fake_a;
using fakes::fake_aaaa;
using fakes::fake_cname;
using fakes::fake_ns;
using fakes::fake_soa;
using fakes::fake_txt;
using fakes::FakeDnsServer;
using fakes::FakeQuestion;
using fakes::FakeReply;
using tests::run;

constexpr char kOwner[] = "alice.user._bitcoin-payment.example.test.";
constexpr char kValue[] = "bitcoin:?lno=lno1x";
constexpr base::Duration kTimeout{20'000};

constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeNs = 2;
constexpr std::uint16_t kTypeTxt = 16;

FakeReply nothing(const std::string& zone, std::uint16_t rcode = 0) {
  FakeReply reply;
  reply.rcode = rcode;
  reply.authority = {fake_soa(zone)};
  return reply;
}

FakeReply silence() {
  FakeReply reply;
  reply.drop = true;
  return reply;
}

FakeReply refused() {
  FakeReply reply;
  reply.rcode = 5;
  reply.authoritative = false;
  return reply;
}

FakeReply referral(const std::string& zone, const std::map<std::string, std::string>& servers) {
  FakeReply reply;
  reply.authoritative = false;
  for (const auto& [name, address] : servers) {
    reply.authority.push_back(fake_ns(zone, name));
    if (!address.empty()) reply.additional.push_back(fake_a(name, address));
  }
  return reply;
}

using Servers = std::map<std::string, std::string>;  // name -> address

// A true server of example.test. with these NS, that gives `txt` for alice.
FakeDnsServer::Script zone_server(Servers servers, FakeReply txt) {
  return [servers = std::move(servers), txt = std::move(txt)](const FakeQuestion& question) {
    FakeReply reply;
    if (question.type == kTypeTxt && question.name == kOwner) return txt;
    if (question.type == kTypeNs && question.name == "example.test.") {
      for (const auto& [name, address] : servers) reply.answer.push_back(fake_ns("example.test.", name));
      return reply;
    }
    const auto host = servers.find(question.name);
    if (host != servers.end() && question.type == kTypeA && !host->second.empty()) {
      reply.answer = {fake_a(host->first, host->second)};
      return reply;
    }
    return nothing("example.test.", host == servers.end() ? 3 : 0);
  };
}

FakeReply with_txt(std::vector<std::string> values) {
  FakeReply reply;
  for (auto& value : values) reply.answer.push_back(fake_txt(kOwner, {std::move(value)}, 300));
  return reply;
}

struct AuthoritativeTest : testing::Test {
  base::SystemClock clock;
  base::SeededRandom random{3};
  net::DnsTransport transport{clock, random};
  std::vector<std::unique_ptr<FakeDnsServer>> servers;

  // The first one decides the port of all.
  void serve(const std::string& address, FakeDnsServer::Script script) {
    const std::uint16_t port = servers.empty() ? std::uint16_t{0} : servers.front()->port();
    servers.push_back(std::make_unique<FakeDnsServer>(std::move(script), address, port));
  }
  Authoritative authoritative() {
    AuthoritativeSettings settings;
    settings.roots = {asio::ip::make_address("127.0.0.1")};
    settings.port = servers.front()->port();
    settings.query_timeout = base::Duration{1'500};
    return {transport, clock, settings};
  }
  base::Result<ZoneServers> find(const std::string& owner = kOwner) {
    const Authoritative checker = authoritative();
    return run(checker.servers_of(owner, kTimeout));
  }
  PropagationReport check(std::optional<std::string> wanted = kValue) {
    const Authoritative checker = authoritative();
    auto found = run(checker.servers_of(kOwner, kTimeout));
    if (!found) {
      ADD_FAILURE() << found.error().to_string();
      return {};
    }
    return run(checker.check(std::move(*found), kOwner, std::move(wanted)));
  }
  // A root that delegates example.test. to one server at 127.0.0.2 that answers `txt`.
  AddressReport row_for(const FakeReply& txt, std::optional<std::string> wanted = kValue) {
    servers.clear();
    const Servers one = {{"ns1.example.test.", "127.0.0.2"}};
    serve("127.0.0.1", [one](const FakeQuestion&) { return referral("example.test.", one); });
    serve("127.0.0.2", zone_server(one, txt));
    const PropagationReport report = check(std::move(wanted));
    EXPECT_EQ(report.addresses.size(), 1u);
    EXPECT_EQ(report.everywhere(), report.addresses.at(0).as_wanted);
    return report.addresses.at(0);
  }
};

TEST_F(AuthoritativeTest, NeighboursOfOneSecondShareTheSearchForTheirServers) {
  const Servers one = {{"ns1.example.test.", "127.0.0.2"}};
  std::atomic<int> at_root{0};
  serve("127.0.0.1", [&](const FakeQuestion&) {
    ++at_root;
    return referral("example.test.", one);
  });
  serve("127.0.0.2", zone_server(one, with_txt({kValue})));
  const Authoritative checker = authoritative();
  auto alice = run(checker.ask(kOwner, kValue, kTimeout));
  ASSERT_TRUE(alice) << alice.error().to_string();
  EXPECT_TRUE(alice->everywhere());
  const int first = at_root;
  auto bob = run(checker.ask("bob.user._bitcoin-payment.example.test.", kValue, kTimeout));
  ASSERT_TRUE(bob) << bob.error().to_string();
  EXPECT_EQ(bob->addresses.at(0).verdict, AddressVerdict::kAbsent) << "each is asked for its own record";
  EXPECT_EQ(at_root, first);
}

TEST_F(AuthoritativeTest, ANameThatIsAZoneOfItsOwnIsNotTakenForItsNeighbour) {
  const std::string own = "bob.user._bitcoin-payment.example.test.";
  const Servers one = {{"ns1.example.test.", "127.0.0.2"}};
  const Servers of_bob = {{"ns.elsewhere.test.", "127.0.0.3"}};
  const auto parent = zone_server(one, with_txt({kValue}));
  serve("127.0.0.1", [&](const FakeQuestion& question) {
    if (question.name.ends_with("elsewhere.test.")) return referral("elsewhere.test.", of_bob);
    return referral("example.test.", one);
  });
  serve("127.0.0.2", [&](const FakeQuestion& question) {
    return question.name == own ? referral(own, of_bob) : parent(question);
  });
  serve("127.0.0.3", [&](const FakeQuestion& question) {
    FakeReply reply;
    if (question.type == kTypeTxt && question.name == own) {
      reply.answer = {fake_txt(own, {kValue}, 300)};
    } else if (question.type == kTypeNs && question.name == own) {
      reply.answer = {fake_ns(own, "ns.elsewhere.test.")};
    } else if (question.type == kTypeA && question.name == "ns.elsewhere.test.") {
      reply.answer = {fake_a(question.name, "127.0.0.3")};
    } else {
      return nothing(question.name.ends_with("elsewhere.test.") ? "elsewhere.test." : own);
    }
    return reply;
  });
  const Authoritative checker = authoritative();
  ASSERT_TRUE(run(checker.ask(kOwner, kValue, kTimeout)));
  auto bob = run(checker.ask(own, kValue, kTimeout));
  ASSERT_TRUE(bob) << bob.error().to_string();
  EXPECT_EQ(bob->zone, own);
  EXPECT_TRUE(bob->everywhere()) << bob->summary();
}

TEST_F(AuthoritativeTest, EachAnswerHasItsVerdict) {
  struct Case {
    std::string what;
    FakeReply txt;
    AddressVerdict verdict;
  };
  FakeReply alias;
  alias.answer = {fake_cname(kOwner, "elsewhere.test."), fake_txt("elsewhere.test.", {kValue})};
  FakeReply lame = with_txt({kValue});
  lame.authoritative = false;
  FakeReply servfail;
  servfail.rcode = 2;
  FakeReply broken_record = with_txt({kValue});
  broken_record.answer[0].type = 1;
  broken_record.answer[0].rdata = {1, 2};
  FakeReply split;
  split.answer = {fake_txt(kOwner, {"bitcoin:", "?lno=", "lno1x"})};
  FakeReply cut = with_txt({kValue});
  cut.truncated = true;
  const std::vector<Case> table = {
      {"the value", with_txt({kValue}), AddressVerdict::kHasIt},
      {"the value in pieces", split, AddressVerdict::kHasIt},
      {"another value", with_txt({"bitcoin:?lno=lno1y"}), AddressVerdict::kOtherValue},
      {"two payment records", with_txt({kValue, "bitcoin:?lno=lno1y"}), AddressVerdict::kExtraRecord},
      {"a decoy beside it", with_txt({"v=spf1", kValue}), AddressVerdict::kExtraRecord},
      {"NXDOMAIN", nothing("example.test.", 3), AddressVerdict::kAbsent},
      {"no data", nothing("example.test."), AddressVerdict::kAbsent},
      {"an alias", alias, AddressVerdict::kAlias},
      {"REFUSED", refused(), AddressVerdict::kRefused},
      {"lame", lame, AddressVerdict::kLame},
      {"SERVFAIL", servfail, AddressVerdict::kServerError},
      {"silence", silence(), AddressVerdict::kTimeout},
      {"a broken record", broken_record, AddressVerdict::kMalformed},
      {"TC that never ends", cut, AddressVerdict::kMalformed},
  };
  for (const auto& each : table) {
    const AddressReport row = row_for(each.txt);
    EXPECT_EQ(to_string(row.verdict), to_string(each.verdict)) << each.what << ": " << row.sentence;
    EXPECT_EQ(row.as_wanted, each.verdict == AddressVerdict::kHasIt) << each.what;
    EXPECT_NE(row.sentence.find("ns1.example.test."), std::string::npos) << row.sentence;
  }
}

TEST_F(AuthoritativeTest, UdpAndTcpAreBothAsked) {
  struct Case {
    std::string what;
    FakeReply udp;
    FakeReply tcp;
    AddressVerdict verdict;
    std::string note;
  };
  FakeReply cut;
  cut.truncated = true;
  const std::vector<Case> table = {
      {"both", with_txt({kValue}), with_txt({kValue}), AddressVerdict::kHasIt, ""},
      {"TCP is blocked", with_txt({kValue}), silence(), AddressVerdict::kHasIt, "by UDP only"},
      {"UDP is blocked", silence(), with_txt({kValue}), AddressVerdict::kHasIt, "by TCP only"},
      {"UDP is cut off", cut, with_txt({kValue}), AddressVerdict::kHasIt, ""},
      {"UDP is cut off and TCP blocked", cut, silence(), AddressVerdict::kTcpBlocked, ""},
      {"neither", silence(), silence(), AddressVerdict::kTimeout, ""},
  };
  for (const auto& each : table) {
    SCOPED_TRACE(each.what);
    servers.clear();
    const Servers one = {{"ns1.example.test.", "127.0.0.2"}};
    serve("127.0.0.1", [one](const FakeQuestion&) { return referral("example.test.", one); });
    serve("127.0.0.2", [&each, others = zone_server(one, {})](const FakeQuestion& question) {
      if (question.type != kTypeTxt) return others(question);
      return question.tcp ? each.tcp : each.udp;
    });
    const PropagationReport report = check();
    ASSERT_EQ(report.addresses.size(), 1u);
    const AddressReport& row = report.addresses.front();
    EXPECT_EQ(to_string(row.verdict), to_string(each.verdict)) << row.sentence;
    EXPECT_EQ(report.everywhere(), each.verdict == AddressVerdict::kHasIt);
    EXPECT_EQ(row.carrier_note.empty(), each.note.empty()) << row.carrier_note;
    EXPECT_NE(row.carrier_note.find(each.note), std::string::npos) << row.carrier_note;
  }
}

TEST_F(AuthoritativeTest, AWithdrawalWantsNothingThere) {
  EXPECT_TRUE(row_for(nothing("example.test.", 3), std::nullopt).as_wanted);
  EXPECT_TRUE(row_for(nothing("example.test."), std::nullopt).as_wanted);
  const AddressReport row = row_for(with_txt({kValue}), std::nullopt);
  EXPECT_FALSE(row.as_wanted);
  EXPECT_EQ(row.verdict, AddressVerdict::kOtherValue);
}

TEST_F(AuthoritativeTest, EveryAddressOfEveryServerIsARow) {
  const Servers two = {{"ns1.example.test.", "127.0.0.2"}, {"ns2.example.test.", "127.0.0.3"}};
  serve("127.0.0.1", [two](const FakeQuestion&) { return referral("example.test.", two); });
  serve("127.0.0.2", zone_server(two, with_txt({kValue})));
  serve("127.0.0.3", zone_server(two, nothing("example.test.", 3)));
  const PropagationReport report = check();
  ASSERT_EQ(report.addresses.size(), 2u);
  EXPECT_EQ(report.addresses[0].verdict, AddressVerdict::kHasIt);
  EXPECT_EQ(report.addresses[0].ttl_seconds, 300u);
  EXPECT_EQ(report.addresses[1].verdict, AddressVerdict::kAbsent);
  EXPECT_FALSE(report.everywhere());
  EXPECT_NE(report.summary().find("1 of 2"), std::string::npos) << report.summary();
  EXPECT_TRUE(report.notes.empty());
}

TEST_F(AuthoritativeTest, AnUnreachableServerIsNamed) {
  const Servers two = {{"ns1.example.test.", "127.0.0.2"}, {"ns2.example.test.", "127.0.0.9"}};
  serve("127.0.0.1", [two](const FakeQuestion&) { return referral("example.test.", two); });
  serve("127.0.0.2", zone_server(two, with_txt({kValue})));
  const PropagationReport report = check();
  ASSERT_EQ(report.addresses.size(), 2u);
  EXPECT_EQ(report.addresses[1].verdict, AddressVerdict::kUnreachable);
  EXPECT_FALSE(report.everywhere());
}

TEST_F(AuthoritativeTest, AnAddressWithoutRouteIsNotChecked) {
  const Servers one = {{"ns1.example.test.", "127.0.0.2"}};
  serve("127.0.0.1", [one](const FakeQuestion&) { return referral("example.test.", one); });
  serve("127.0.0.2", [inner = zone_server(one, with_txt({kValue}))](const FakeQuestion& question) {
    FakeReply reply = inner(question);
    // A link-local address: no machine has a route to it without a scope, as a host without IPv6 has none to
    // any.
    if (question.name == "ns1.example.test." && question.type == 28) {
      reply = {};
      reply.answer = {fake_aaaa("ns1.example.test.", "fe80::1")};
    }
    return reply;
  });
  const PropagationReport report = check();
  ASSERT_EQ(report.addresses.size(), 2u);
  EXPECT_EQ(report.addresses[1].verdict, AddressVerdict::kNotChecked);
  EXPECT_TRUE(report.everywhere()) << report.summary();
  EXPECT_NE(report.summary().find("1 of 1"), std::string::npos) << report.summary();
}

TEST_F(AuthoritativeTest, NothingCheckedIsNotEverywhere) {
  PropagationReport report;
  EXPECT_FALSE(report.everywhere());
  report.addresses.resize(1);
  EXPECT_FALSE(report.everywhere()) << "not checked";
}

TEST_F(AuthoritativeTest, ParentAndChildThatDisagreeAreBothAsked) {
  const Servers parent = {{"ns1.example.test.", "127.0.0.2"}, {"old.example.test.", "127.0.0.3"}};
  const Servers child = {{"ns1.example.test.", "127.0.0.2"}, {"new.example.test.", "127.0.0.4"}};
  serve("127.0.0.1", [parent](const FakeQuestion&) { return referral("example.test.", parent); });
  serve("127.0.0.2", zone_server(child, with_txt({kValue})));
  serve("127.0.0.3", zone_server(child, with_txt({"bitcoin:?lno=old"})));
  serve("127.0.0.4", zone_server(child, with_txt({kValue})));
  const PropagationReport report = check();
  EXPECT_EQ(report.addresses.size(), 3u) << "the old server keeps its glue";
  EXPECT_EQ(report.notes.size(), 2u);
  EXPECT_FALSE(report.everywhere());
}

TEST_F(AuthoritativeTest, AServerNameInAnotherZoneIsLookedUp) {
  const Servers one = {{"ns.other.test.", ""}};
  serve("127.0.0.1", [one](const FakeQuestion& question) {
    if (question.name.ends_with("other.test."))
      return referral("other.test.", {{"ns.other.test.", "127.0.0.3"}});
    return referral("example.test.", one);
  });
  serve("127.0.0.2", zone_server(one, with_txt({kValue})));
  serve("127.0.0.3", [](const FakeQuestion& question) {
    if (question.name != "ns.other.test." || question.type != kTypeA) return nothing("other.test.");
    FakeReply reply;
    reply.answer = {fake_a("ns.other.test.", "127.0.0.2")};
    return reply;
  });
  const PropagationReport report = check();
  ASSERT_EQ(report.addresses.size(), 1u);
  EXPECT_EQ(report.addresses[0].verdict, AddressVerdict::kHasIt) << report.addresses[0].sentence;
}

TEST_F(AuthoritativeTest, GlueFromOutsideTheReferringZoneIsNotBelieved) {
  // A server of test. that says where ns.victim.example. is.
  serve("127.0.0.1", [](const FakeQuestion& question) {
    if (question.name.ends_with("victim.example.")) return nothing(".", 3);
    return referral("test.", {{"a.test.", "127.0.0.2"}});
  });
  serve("127.0.0.2", [](const FakeQuestion&) {
    return referral("example.test.", {{"ns.victim.example.", "127.0.0.3"}});
  });
  serve("127.0.0.3", zone_server({{"ns.victim.example.", "127.0.0.3"}}, with_txt({kValue})));
  const auto found = find();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), base::Code::kFailedPrecondition) << found.error().to_string();
  EXPECT_TRUE(servers[2]->questions().empty());
}

TEST_F(AuthoritativeTest, TheOwnersZoneMayBeBelowTheDomain) {
  const std::string deep = "user._bitcoin-payment.example.test.";
  serve("127.0.0.1", [&](const FakeQuestion&) {
    return referral("example.test.", {{"ns1.example.test.", "127.0.0.2"}});
  });
  serve("127.0.0.2", [&](const FakeQuestion&) { return referral(deep, {{"ns." + deep, "127.0.0.3"}}); });
  serve("127.0.0.3", [&](const FakeQuestion& question) {
    FakeReply reply;
    if (question.type == kTypeNs) {
      reply.answer = {fake_ns(deep, "ns." + deep)};
    } else if (question.type == kTypeA) {
      reply.answer = {fake_a(question.name, "127.0.0.3")};
    } else {
      reply = nothing(deep, 3);
    }
    return reply;
  });
  const auto found = find();
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(found->zone, deep);
}

TEST_F(AuthoritativeTest, EachWrongTreeHasItsError) {
  struct Case {
    std::string what;
    FakeDnsServer::Script root;
    base::Code code;
  };
  const std::vector<Case> table = {
      {"no such top level", [](const FakeQuestion&) { return nothing(".", 3); }, base::Code::kNotFound},
      {"the root is silent", [](const FakeQuestion&) { return silence(); }, base::Code::kUnavailable},
      {"the root refuses", [](const FakeQuestion&) { return refused(); }, base::Code::kFailedPrecondition},
      {"a delegation to nobody",
       [](const FakeQuestion&) {
         return referral("example.test.", {{"ns1.example.test.", ""}});
       },
       base::Code::kFailedPrecondition},
      {"a lame delegation",
       [](const FakeQuestion&) {
         return referral("example.test.", {{"ns1.example.test.", "127.0.0.1"}});
       },
       base::Code::kFailedPrecondition},
      {"a loop of server names",
       [](const FakeQuestion& question) {
         // ns.x0.test. is served by ns.x1.test., that one by ns.x2.test. and so on for ever.
         static int depth = 0;
         (void)question;
         const std::string zone = question.name.ends_with("example.test.")
                                      ? "example.test."
                                      : question.name.substr(question.name.find('.') + 1);
         return referral(zone, {{"ns.x" + std::to_string(++depth) + ".test.", ""}});
       },
       base::Code::kFailedPrecondition},
      {"a referral upwards",
       [](const FakeQuestion&) {
         return referral(".", {{"a.test.", "127.0.0.1"}});
       },
       base::Code::kFailedPrecondition},
      {"a referral aside",
       [](const FakeQuestion&) {
         return referral("other.test.", {{"a.test.", "127.0.0.1"}});
       },
       base::Code::kFailedPrecondition},
      {"a SOA from elsewhere", [](const FakeQuestion&) { return nothing("other.test.", 3); },
       base::Code::kFailedPrecondition},
  };
  for (const auto& each : table) {
    servers.clear();
    serve("127.0.0.1", each.root);
    const auto found = find();
    ASSERT_FALSE(found) << each.what;
    EXPECT_EQ(found.error().code(), each.code) << each.what << ": " << found.error().to_string();
    EXPECT_LE(servers[0]->questions().size(), 210u) << each.what << ": bounded";
  }
}

TEST_F(AuthoritativeTest, AHugeServerSetIsBounded) {
  Servers many;
  for (int i = 0; i < 100; ++i) many["ns" + std::to_string(100 + i) + ".example.test."] = "127.0.0.2";
  serve("127.0.0.1", [](const FakeQuestion&) {
    return referral("example.test.", {{"ns100.example.test.", "127.0.0.2"}});
  });
  serve("127.0.0.2", zone_server(many, with_txt({kValue})));
  const auto found = find();
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(found->servers.size(), 16u);
  EXPECT_FALSE(found->notes.empty());
}

TEST_F(AuthoritativeTest, NotANameIsRefused) {
  serve("127.0.0.1", [](const FakeQuestion&) { return silence(); });
  const auto found = find("a..b");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace paynamed::names
