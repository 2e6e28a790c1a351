// The proofs of BIP-353 and the chain of RFC 9102's appendix: every one has to get the expected verdict.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "names/bolt12.hpp"
#include "names/proof/payment_proof.hpp"
#include "tests/unit/names/offer_text.hpp"

namespace paynamed::names {
namespace {

// Null when the folder is not there; a folder without the file is a failure.
boost::json::value load(const std::string& file) {
  const char* variable = std::getenv("PAYNAMED_VECTORS");
  const std::filesystem::path folder = variable ? variable : PAYNAMED_VECTORS;
  if (folder.empty()) return {};
  std::ifstream stream{folder / file};
  EXPECT_TRUE(stream) << "cannot read " << folder / file;
  std::stringstream text;
  text << stream.rdbuf();
  return boost::json::parse(text.str());
}

std::string text_of(const boost::json::value& value) {
  return std::string{value.as_string()};
}

base::WallTime at(std::int64_t seconds) {
  return base::WallTime{std::chrono::seconds{seconds}};
}

std::string owner_of(const std::string& name) {
  const std::size_t sign = name.find('@');
  return name.substr(0, sign) + ".user._bitcoin-payment." + name.substr(sign + 1);
}

class Bip353Vectors : public testing::Test {
 protected:
  void SetUp() override {
    const auto file = load("bip353/psbt-dnssec-proofs.json");
    if (file.is_null()) GTEST_SKIP() << "set PAYNAMED_VECTORS to the folder of the vectors";
    cases_ = file.as_array();
    ASSERT_EQ(cases_.size(), 5U);
  }
  boost::json::array cases_;
};

TEST_F(Bip353Vectors, GiveTheVerdictTheWindowAndTheCacheTime) {
  for (const boost::json::value& c : cases_) {
    const std::string owner = owner_of(text_of(c.at("name")));
    SCOPED_TRACE(owner + ": " + text_of(c.at("note")));
    const auto chain = from_hex(text_of(c.at("rfc9102_chain_hex")));
    const auto* expect = c.as_object().if_contains("expect");
    // All five are of the same week.
    const std::int64_t valid_from = expect ? expect->at("valid_from").to_number<std::int64_t>() : 1754580000;
    const ChainOptions options{at(valid_from), base::Duration{0}, Unverifiable::kRefuse};
    const auto proof = verify_proof(chain, owner, net::DnsType::kTxt, iana_root_anchors(), options);
    ASSERT_EQ(proof.has_value(), c.at("dnssec_valid").as_bool()) << (proof ? "" : proof.error().message());
    const auto payment = verify_payment_proof(chain, owner, iana_root_anchors(), options);
    EXPECT_EQ(payment.has_value(), c.at("bip353_valid").as_bool())
        << (payment ? "" : payment.error().message());
    if (!payment) {
      EXPECT_EQ(payment.error().code(), base::Code::kFailedPrecondition);
    }
    if (!proof) {
      // The signature of the missing NSEC3 record is still there, which is refused before it is missed.
      const auto lenient = verify_proof(chain, owner, net::DnsType::kTxt, iana_root_anchors(),
                                        {options.now, options.grace, Unverifiable::kIgnore});
      ASSERT_FALSE(lenient);
      EXPECT_THAT(lenient.error().message(), testing::HasSubstr("comes from a wildcard"));
      continue;
    }
    const std::int64_t expires = expect->at("expires").to_number<std::int64_t>();
    EXPECT_EQ(proof->valid_from, at(valid_from));
    EXPECT_EQ(proof->expires, at(expires));
    EXPECT_EQ(proof->max_cache_ttl.count(), expect->at("max_cache_ttl").to_number<std::int64_t>());
    EXPECT_EQ(proof->algorithms, (std::vector<std::uint8_t>{8, 13}));
    EXPECT_EQ(proof->ds_digests, std::vector<std::uint8_t>{2});
    if (!payment) continue;
    const std::string address = payment->uri.substr(payment->uri.find_first_of("qQ") - 3, 42);
    EXPECT_THAT(text_of(c.at("note")), testing::HasSubstr(address));
  }
}

TEST_F(Bip353Vectors, HoldUntilTheirEndAndAnHourLongerWithGrace) {
  for (const boost::json::value& c : cases_) {
    const auto* expect = c.as_object().if_contains("expect");
    if (!expect) continue;
    const auto chain = from_hex(text_of(c.at("rfc9102_chain_hex")));
    const auto holds = [&](std::int64_t seconds, base::Duration grace) {
      return verify_proof(chain, owner_of(text_of(c.at("name"))), net::DnsType::kTxt, iana_root_anchors(),
                          {at(seconds), grace, Unverifiable::kRefuse})
          .has_value();
    };
    const std::int64_t from = expect->at("valid_from").to_number<std::int64_t>();
    const std::int64_t until = expect->at("expires").to_number<std::int64_t>();
    EXPECT_FALSE(holds(from - 1, kForeignProofGrace));
    EXPECT_TRUE(holds(until, base::Duration{0}));
    EXPECT_FALSE(holds(until + 1, base::Duration{0}));
    EXPECT_TRUE(holds(until + 3600, kForeignProofGrace));
    EXPECT_FALSE(holds(until + 3601, kForeignProofGrace));
  }
}

TEST(Rfc9102Vector, ProvesTheTlsaRecordUnderItsOwnAnchor) {
  const auto file = load("rfc9102/tlsa-443-www-example-com.json");
  if (file.is_null()) GTEST_SKIP() << "set PAYNAMED_VECTORS to the folder of the vectors";
  const auto anchors = parse_trust_anchors(text_of(file.at("trust_anchor_ds")));
  ASSERT_TRUE(anchors) << anchors.error().message();
  const auto chain = from_hex(text_of(file.at("chain_hex")));
  // The appendix: signatures from 2018-11-28 to 2020-12-02.
  const ChainOptions options{at(1544000000), base::Duration{0}, Unverifiable::kRefuse};
  const net::DnsType tlsa{52};
  const auto proof = verify_proof(chain, "_443._tcp.www.example.com.", tlsa, *anchors, options);
  ASSERT_TRUE(proof) << proof.error().message();
  ASSERT_EQ(proof->records.size(), 1U);
  EXPECT_EQ(to_hex(proof->records.front()),
            "0301018bd1da95272f7fa4ffb24137fc0ed03aae67e5c4d8b3c50734e1050a7920b922");
  EXPECT_EQ(proof->algorithms, std::vector<std::uint8_t>{13});
  EXPECT_EQ(proof->max_cache_ttl.count(), 3600);
  EXPECT_FALSE(verify_proof(chain, "_443._tcp.www.example.com.", tlsa, iana_root_anchors(), options));
  EXPECT_FALSE(verify_proof(chain, "_443._tcp.www.example.com.", net::DnsType::kTxt, *anchors, options));
}

}  // namespace
}  // namespace paynamed::names
