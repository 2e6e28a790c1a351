// libunbound's verdicts on a real signed tree, and the promises of the Validator around them.
#include "names/validator.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <fstream>

#include "net/parallel.hpp"
#include "tests/fakes/dns/fake_dns_server.hpp"
#include "tests/fakes/dns/knot_lab.hpp"
#include "tests/integration/dns/run.hpp"

namespace paynamed::names {
namespace {
namespace asio = boost::asio;
using tests::run;

constexpr base::Duration kTimeout{20'000};

ValidatorSettings settings_for(const fakes::KnotLab& lab) {
  ValidatorSettings settings;
  settings.anchor_file = lab.anchor_file();
  for (const auto& stub : lab.stubs()) {
    const auto space = stub.find(' ');
    settings.stubs.push_back({stub.substr(0, space), *net::parse_endpoint(stub.substr(space + 1))});
  }
  return settings;
}

std::unique_ptr<Validator> make(ValidatorSettings settings, base::Clock& clock) {
  auto validator = Validator::create(std::move(settings), clock);
  if (!validator) throw std::runtime_error(validator.error().to_string());
  return std::move(*validator);
}

struct ValidatorTest : testing::Test {
  static std::unique_ptr<fakes::KnotLab> lab;
  static void SetUpTestSuite() { lab = std::make_unique<fakes::KnotLab>(); }
  static void TearDownTestSuite() { lab.reset(); }

  base::SystemClock clock;
  std::unique_ptr<Validator> validator = make(settings_for(*lab), clock);

  Validation validate(const std::string& name, Freshness freshness = Freshness::kFresh) {
    auto result = run(validator->validate(name, net::DnsType::kTxt, kTimeout, freshness));
    if (!result) {
      ADD_FAILURE() << name << ": " << result.error().to_string();
      return {};
    }
    return *result;
  }
};
std::unique_ptr<fakes::KnotLab> ValidatorTest::lab;

TEST_F(ValidatorTest, EachNameHasItsVerdict) {
  struct Case {
    std::string name;
    Security security;
    net::DnsRcode rcode;
    std::vector<std::string> values;
  };
  const std::vector<std::string> fixed = {"bitcoin:?lno=lno1fixed"};
  using enum net::DnsRcode;
  const std::vector<Case> table = {
      {"fixed.user._bitcoin-payment.example.test.", Security::kSecure, kNoError, fixed},
      {"FIXED.user._bitcoin-payment.Example.test", Security::kSecure, kNoError, fixed},
      {"fixed.user._bitcoin-payment.halfdown.test.", Security::kSecure, kNoError, fixed},
      {"fixed.user._bitcoin-payment.unsigned.test.", Security::kInsecure, kNoError, fixed},
      {"fixed.user._bitcoin-payment.bogus.test.", Security::kBogus, kServFail, {}},
      {"nobody.user._bitcoin-payment.example.test.", Security::kSecure, kNxDomain, {}},
      {"nobody.user._bitcoin-payment.unsigned.test.", Security::kInsecure, kNxDomain, {}},
      {"ns1.example.test.", Security::kSecure, kNoError, {}},
  };
  for (const auto freshness : {Freshness::kFresh, Freshness::kCached}) {
    for (const auto& each : table) {
      const Validation found = validate(each.name, freshness);
      EXPECT_EQ(to_string(found.security), to_string(each.security)) << each.name << ": " << found.why;
      EXPECT_EQ(to_string(found.rcode), to_string(each.rcode)) << each.name;
      EXPECT_EQ(found.values, each.values) << each.name;
      EXPECT_EQ(found.exists, !each.values.empty()) << each.name;
      EXPECT_EQ(found.why.empty(), each.security != Security::kBogus) << each.name << found.why;
    }
  }
}

// The sanitizers see the worker's thread at what is gone, if it is.
TEST_F(ValidatorTest, AContextMayEndWithItsLastValidation) {
  for (int i = 0; i < 100; ++i) {
    asio::io_context io;
    bool found = false;
    asio::co_spawn(
        asio::make_strand(io),
        validator->validate("example.test.", net::DnsType::kSoa, kTimeout, Freshness::kCached),
        [&](std::exception_ptr, const base::Result<Validation>& result) { found = result.has_value(); });
    io.run();
    EXPECT_TRUE(found);
  }
}

TEST_F(ValidatorTest, AnAliasShowsWhereItEnds) {
  const Validation found = validate("alias.user._bitcoin-payment.example.test.");
  EXPECT_EQ(found.security, Security::kSecure);
  EXPECT_EQ(found.canonical_name, "fixed.user._bitcoin-payment.example.test.");
}

TEST_F(ValidatorTest, TtlAndSeveralRecordsAreGiven) {
  const Validation found = validate("twice.user._bitcoin-payment.example.test.");
  EXPECT_EQ(found.values.size(), 2u);
  EXPECT_EQ(found.ttl_seconds, 60u);
}

TEST_F(ValidatorTest, ANameMissingAMomentAgoIsSeenAtOnce) {
  for (const auto freshness : {Freshness::kFresh, Freshness::kRecent, Freshness::kCached}) {
    const auto name = fmt::format("late{}.user._bitcoin-payment.second.test.", static_cast<int>(freshness));
    ASSERT_EQ(validate(name, freshness).rcode, net::DnsRcode::kNxDomain);
    lab->put_txt("second.test.", name, {"bitcoin:?lno=lno1late"});
    const Validation found = validate(name, freshness);
    EXPECT_EQ(found.security, Security::kSecure);
    EXPECT_EQ(found.values, std::vector<std::string>{"bitcoin:?lno=lno1late"})
        << "freshness " << static_cast<int>(freshness);
    lab->remove_txt("second.test.", name);
  }
}

TEST_F(ValidatorTest, AFreshAnswerSeesAChangedValue) {
  const std::string name = "change.user._bitcoin-payment.second.test.";
  lab->put_txt("second.test.", name, {"bitcoin:?lno=one"});
  EXPECT_EQ(validate(name, Freshness::kCached).values.at(0), "bitcoin:?lno=one");
  lab->put_txt("second.test.", name, {"bitcoin:?lno=two"});
  EXPECT_EQ(validate(name, Freshness::kFresh).values.at(0), "bitcoin:?lno=two");
  EXPECT_EQ(validate(name, Freshness::kCached).values.at(0), "bitcoin:?lno=one")
      << "so the fresh one was not cached";
  lab->remove_txt("second.test.", name);
}

TEST_F(ValidatorTest, AFreshAnswerSeesWhatChangedAfterAnother) {
  const std::string name = "often.user._bitcoin-payment.second.test.";
  for (const std::string value : {"bitcoin:?lno=one", "bitcoin:?lno=two", "bitcoin:?lno=three"}) {
    lab->put_txt("second.test.", name, {value});
    EXPECT_EQ(validate(name).values, std::vector<std::string>{value});
  }
  lab->remove_txt("second.test.", name);
}

// Keys that were found bad are remembered, and what hangs from them.
TEST_F(ValidatorTest, WhatWasBrokenAMomentAgoIsAskedAnew) {
  const std::string name = "mended.user._bitcoin-payment.second.test.";
  lab->put_txt("second.test.", name, {"bitcoin:?lno=one"});
  for (const auto freshness : {Freshness::kFresh, Freshness::kRecent}) {
    validator = make(settings_for(*lab), clock);  // that remembers nothing
    lab->set_ds("second.test.", "wrong");
    const auto broken = run(validator->validate("second.test.", net::DnsType::kSoa, kTimeout, freshness));
    lab->set_ds("second.test.", "right");
    ASSERT_TRUE(broken);
    EXPECT_EQ(broken->security, Security::kBogus);
    EXPECT_EQ(validate(name, freshness).security, Security::kSecure);
    const auto domain = run(validator->domain_security("second.test.", kTimeout, freshness));
    ASSERT_TRUE(domain);
    EXPECT_TRUE(domain->usable()) << domain->sentence;
  }
  lab->remove_txt("second.test.", name);
}

TEST_F(ValidatorTest, DomainsAreJudgedWithWhatToDo) {
  struct Case {
    std::string domain;
    Security security;
    bool usable;
    bool apex;
    std::string says;
  };
  const std::vector<Case> table = {
      {"example.test", Security::kSecure, true, true, "signed and validates"},
      {"ns1.example.test", Security::kSecure, true, false, "a part of a zone"},
      {"nosuch.test", Security::kSecure, false, false, "does not exist"},
      {"unsigned.test", Security::kInsecure, false, true, "DS record at the registrar"},
      {"bogus.test", Security::kBogus, false, false, "compare the DS record"},
  };
  for (const auto& each : table) {
    const auto found = run(validator->domain_security(each.domain, kTimeout));
    ASSERT_TRUE(found) << found.error().to_string();
    EXPECT_EQ(to_string(found->security), to_string(each.security)) << each.domain << ": " << found->sentence;
    EXPECT_EQ(found->usable(), each.usable) << each.domain;
    EXPECT_EQ(found->is_apex, each.apex) << each.domain;
    EXPECT_NE(found->sentence.find(each.says), std::string::npos) << found->sentence;
  }
}

TEST_F(ValidatorTest, AnotherAnchorMakesEverythingBogus) {
  const auto path = lab->directory() / "other.anchor";
  std::ofstream(path)
      << ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n";
  ValidatorSettings settings = settings_for(*lab);
  settings.anchor_file = path;
  validator = make(settings, clock);
  EXPECT_EQ(validate("fixed.user._bitcoin-payment.example.test.").security, Security::kBogus);
}

TEST_F(ValidatorTest, ManyQuestionsAtOnceAreAllAnswered) {
  ValidatorSettings settings = settings_for(*lab);
  settings.max_running = 3;
  validator = make(settings, clock);
  std::vector<asio::awaitable<base::Result<Validation>>> work;
  for (int i = 0; i < 20; ++i) {
    work.push_back(validator->validate("fixed.user._bitcoin-payment.example.test.", net::DnsType::kTxt,
                                       kTimeout, i % 2 ? Freshness::kFresh : Freshness::kCached));
  }
  for (const auto& result : run(net::in_parallel(std::move(work)))) {
    ASSERT_TRUE(result) << result.error().to_string();
    EXPECT_EQ(result->security, Security::kSecure);
  }
}

TEST_F(ValidatorTest, MoreThanMayWaitAreRefused) {
  ValidatorSettings settings = settings_for(*lab);
  settings.max_running = 1;
  settings.max_waiting = 2;
  validator = make(settings, clock);
  lab->pause();
  std::vector<asio::awaitable<base::Result<Validation>>> work;
  for (int i = 0; i < 8; ++i) {
    work.push_back(validator->validate("a.example.test.", net::DnsType::kTxt, base::Duration{300}));
  }
  int refused = 0;
  for (const auto& result : run(net::in_parallel(std::move(work)))) {
    ASSERT_FALSE(result);
    if (result.error().code() != base::Code::kResourceExhausted) continue;
    ++refused;
    // Steps that are turned away so use no attempt.
    EXPECT_GT(result.error().retry_after_ms(), 0);
  }
  lab->resume();
  EXPECT_GE(refused, 5);
  EXPECT_LE(refused, 6);
}

TEST_F(ValidatorTest, SilentServersEndAtTheDeadline) {
  lab->pause();
  const auto result = run(validator->validate("fixed.user._bitcoin-payment.example.test.", net::DnsType::kTxt,
                                              base::Duration{300}));
  lab->resume();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), base::Code::kDeadlineExceeded);
  EXPECT_EQ(validate("fixed.user._bitcoin-payment.example.test.").security, Security::kSecure)
      << "and it goes on";
}

TEST_F(ValidatorTest, NobodyListeningIsIndeterminate) {
  fakes::KnotLab dead;
  dead.kill();
  validator = make(settings_for(dead), clock);
  const auto result = run(validator->domain_security("example.test", base::Duration{3'000}));
  if (result) {
    EXPECT_EQ(result->security, Security::kIndeterminate) << result->sentence;
    EXPECT_NE(result->sentence.find("could not be found out"), std::string::npos);
  } else {
    EXPECT_EQ(result.error().code(), base::Code::kDeadlineExceeded);
  }
}

TEST_F(ValidatorTest, ACancelledCallEndsAtOnceAndTheEndCancelsAll) {
  lab->pause();
  asio::io_context io;
  std::vector<base::Code> codes;
  asio::cancellation_signal signal;
  const auto ask = [&]() -> asio::awaitable<void> {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto result =
        co_await validator->validate("a.example.test.", net::DnsType::kTxt, base::Duration{3'600'000});
    codes.push_back(result ? base::Code::kOk : result.error().code());
  };
  asio::co_spawn(io, ask, asio::bind_cancellation_slot(signal.slot(), asio::detached));
  io.poll();
  signal.emit(asio::cancellation_type::terminal);
  io.restart();
  io.run();
  EXPECT_EQ(codes, std::vector{base::Code::kCancelled});

  asio::co_spawn(io, ask, asio::detached);
  io.restart();
  io.poll();
  validator.reset();
  io.restart();
  io.run();
  EXPECT_EQ(codes, (std::vector{base::Code::kCancelled, base::Code::kCancelled}));
  lab->resume();
}

TEST_F(ValidatorTest, BadSettingsAreRefusedWithTheReason) {
  struct Case {
    std::string what;
    std::function<void(ValidatorSettings&)> change;
    base::Code code;
  };
  const auto broken = lab->directory() / "broken.anchor";
  std::ofstream(broken) << "this is no record\n";
  const std::vector<Case> table = {
      {"no such file", [](auto& settings) { settings.anchor_file = "/nonexistent/anchor"; },
       base::Code::kFailedPrecondition},
      {"no record in the file", [&](auto& settings) { settings.anchor_file = broken; },
       base::Code::kFailedPrecondition},
      {"a quote in the path", [](auto& settings) { settings.anchor_file = "/tmp/a\"b"; },
       base::Code::kInvalidArgument},
      {"a stub that is no zone", [](auto& settings) { settings.stubs.front().zone = "a..b"; },
       base::Code::kInvalidArgument},
      {"a stub that would write configuration",
       [](auto& settings) { settings.stubs.front().zone = "a\"\nserver: b"; }, base::Code::kInvalidArgument},
  };
  for (const auto& each : table) {
    ValidatorSettings settings = settings_for(*lab);
    each.change(settings);
    const auto result = Validator::create(settings, clock);
    ASSERT_FALSE(result) << each.what;
    EXPECT_EQ(result.error().code(), each.code) << each.what << ": " << result.error().to_string();
  }
  const auto result = run(validator->validate("a..b", net::DnsType::kTxt, kTimeout));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace paynamed::names
