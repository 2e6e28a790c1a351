#include "names/payment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "tests/unit/names/invoice_text.hpp"
#include "tests/unit/names/offer_text.hpp"

namespace paynamed::names {
namespace {

using base::Name;
using base::WallTime;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kNowSeconds = 1'800'000'000;
const WallTime kNow{seconds{kNowSeconds}};
const Name kName = *Name::parse("alice@example.com");
const Field kId{22, kPointHex};
const std::string kOffer = offer_text({kId});

std::string expiring_offer(std::int64_t in_seconds) {
  return offer_text({{14, fmt::format("{:08x}", kNowSeconds + in_seconds)}, kId});
}

std::vector<std::string> codes(const Publication& publication) {
  std::vector<std::string> out;
  for (const Warning& warning : publication.warnings) out.push_back(warning.code);
  return out;
}

base::Result<Publication> check(const std::string& source, PublicationRules rules = {},
                                seconds ttl = seconds{300}) {
  return check_publication(kName, source, ttl, kNow, rules);
}

TEST(Publication, OfOfferAndUriIsTheSameCanonicalText) {
  for (const std::string& source : {kOffer, " " + kOffer + "\n", "lno+1" + kOffer.substr(4),
                                    "bitcoin:?lno=" + kOffer, "BITCOIN:?LNO=" + kOffer}) {
    const auto publication = check(source);
    ASSERT_TRUE(publication) << source << ": " << publication.error().message();
    EXPECT_EQ(publication->value, "bitcoin:?lno=" + kOffer);
    EXPECT_EQ(publication->ttl, seconds{300});
    EXPECT_EQ(publication->withdraw_before, std::nullopt);
    EXPECT_TRUE(publication->livemode);
    EXPECT_THAT(publication->warnings, IsEmpty());
  }
}

TEST(Publication, RefusesASourceThatIsNone) {
  for (const char* source : {"", "  \n", "alice", "lno1", "bitcoin:", "https://example.com", "lnbc1"}) {
    const auto publication = check(source);
    ASSERT_FALSE(publication) << source;
    EXPECT_EQ(publication.error().code(), base::Code::kInvalidArgument);
  }
}

TEST(Publication, NetworkFitsTheDomain) {
  const struct {
    std::string chains;
    bool test_domain;
    bool ok;
    bool livemode;
  } cases[] = {
      {kBitcoinHex, false, true, true},
      {kRegtestHex, false, false, false},
      {kTestnetHex, false, false, false},
      {kSignetHex, false, false, false},
      {kRegtestHex, true, true, false},
      {kTestnetHex, true, true, false},
      {kSignetHex, true, true, false},
      {kBitcoinHex, true, true, true},
      {kBitcoinHex + kRegtestHex, false, true, true},
      {kPointHex.substr(2), false, false, false},
      {kPointHex.substr(2), true, false, false},
  };
  for (const auto& c : cases) {
    PublicationRules rules;
    rules.test_domain = c.test_domain;
    const auto publication = check(offer_text({{2, c.chains}, kId}), rules);
    ASSERT_EQ(publication.has_value(), c.ok) << c.chains << c.test_domain;
    if (!publication) continue;
    EXPECT_EQ(publication->livemode, c.livemode);
    EXPECT_EQ(codes(*publication), c.test_domain && c.livemode
                                       ? std::vector<std::string>{"live_on_test_domain"}
                                       : std::vector<std::string>{});
  }
}

TEST(Publication, TtlIsInTheDomainsRange) {
  for (const int ttl : {60, 61, 3600}) EXPECT_TRUE(check(kOffer, {}, seconds{ttl})) << ttl;
  for (const int ttl : {-1, 0, 59, 3601}) {
    const auto publication = check(kOffer, {}, seconds{ttl});
    ASSERT_FALSE(publication) << ttl;
    EXPECT_THAT(publication.error().message(), HasSubstr("between 60 and 3600 s"));
  }
}

// BIP-353: the record, its TTL included, expires before the offer.
TEST(Publication, EndsBeforeItsOffer) {
  const struct {
    std::int64_t expires_in;
    std::optional<int> ttl;
  } cases[] = {
      {3600 + 86400, 300}, {3600 + 300, 300}, {3600 + 299, 299}, {3600 + 60, 60}, {3600 + 59, {}},
      {3600, {}},          {1, {}},           {0, {}},           {-1, {}},        {-86400, {}},
  };
  for (const auto& c : cases) {
    const auto publication = check(expiring_offer(c.expires_in));
    ASSERT_EQ(publication.has_value(), c.ttl.has_value()) << c.expires_in;
    if (!publication) {
      EXPECT_THAT(publication.error().message(), HasSubstr(c.expires_in > 0 ? "too soon" : "expired at 20"));
      continue;
    }
    EXPECT_EQ(publication->ttl, seconds{*c.ttl}) << c.expires_in;
    EXPECT_EQ(publication->withdraw_before, kNow + seconds{c.expires_in - 3600 - *c.ttl});
    if (*c.ttl < 300) {
      EXPECT_THAT(codes(*publication), ElementsAre("ttl_shortened"));
    } else {
      EXPECT_THAT(codes(*publication), IsEmpty());
    }
  }
}

TEST(Publication, EarliestExpiryCounts) {
  const auto publication =
      check("bitcoin:?lno=" + expiring_offer(86400) + "&lno=" + expiring_offer(3700) + "&lno=" + kOffer);
  ASSERT_TRUE(publication) << publication.error().message();
  EXPECT_EQ(publication->ttl, seconds{100});
  // An invoice that nobody can pay any more.
  const auto expired =
      check("bitcoin:?lno=" + kOffer + "&lightning=" +
            invoice_text({.timestamp = 1'799'990'000, .fields = needed_fields(), .signed_prefix = {}}));
  ASSERT_FALSE(expired);
  EXPECT_THAT(expired.error().message(), HasSubstr("expired at"));
}

TEST(Publication, ExpiryBeyondAllTimesIsNone) {
  for (const char* hex : {"ffffffffffffffff", "7fffffffffffffff", "0020c49ba5e353f7", "20c49ba5e353f8"}) {
    const std::string value = std::string_view{hex}.starts_with("00") ? hex + 2 : hex;
    const auto publication = check(offer_text({{14, value}, kId}));
    ASSERT_TRUE(publication) << hex << ": " << publication.error().message();
    EXPECT_EQ(publication->ttl, seconds{300});
  }
}

TEST(Publication, RecordHasToFitTheProvider) {
  PublicationRules rules;
  // 255 bytes of text take one string, 256 take two.
  const auto of_size = [](std::size_t bytes) {
    const std::string start = "bitcoin:?lno=" + kOffer + "&x=";
    return start + std::string(bytes - start.size(), 'y');
  };
  rules.max_rdata_bytes = 256;
  EXPECT_TRUE(check(of_size(255), rules));
  const auto above = check(of_size(256), rules);
  ASSERT_FALSE(above);
  EXPECT_THAT(above.error().message(), HasSubstr("258 bytes; the DNS provider takes 256"));
  rules.max_rdata_bytes = 4096;
  EXPECT_THAT(codes(*check(of_size(1000), rules)), ElementsAre("unknown_parameter", "large_record"));
}

TEST(Publication, WarnsOfAnIssuerThatIsSomebodyElse) {
  const struct {
    std::string issuer;
    bool warns;
  } cases[] = {
      {"", false},
      {"alice@example.com", false},
      {"Alice@Example.com and more", false},
      {"example.com", false},
      {"Alice's shop", false},
      {"Dr. Alice", false},
      {"shop", false},
      {"bob@example.com", true},
      {"alice@example.org", true},
      {"example.org", true},
      {"sub.example.com sells tea", true},
      {"\xC3\xBC.example", false},
  };
  for (const auto& c : cases) {
    const auto publication = check(offer_text({{18, hex_of_text(c.issuer)}, kId}));
    ASSERT_TRUE(publication) << c.issuer;
    EXPECT_EQ(codes(*publication),
              c.warns ? std::vector<std::string>{"issuer_mismatch"} : std::vector<std::string>{})
        << c.issuer;
  }
}

}  // namespace
}  // namespace paynamed::names
