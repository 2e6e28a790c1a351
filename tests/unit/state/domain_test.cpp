// What looks at domains write: news for every tenant and what was found, together, said once.
#include <gmock/gmock.h>

#include "state_fixture.hpp"

namespace paynamed::state {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kDomain = "example.com";

struct Domains : StoreTest {
  void SetUp() override { open(); }

  NewEvent event(const std::string& type, const std::string& more = "", const std::string& domain = kDomain) {
    return author.event(type, domain, R"({"domain":")" + domain + "\"" + more + "}");
  }
  NewEvent degraded(const std::string& code) {
    return event("domain.degraded", R"(,"reason":"the sentence","code":")" + code + "\"");
  }
  DomainUpdate update(std::vector<NewEvent> events, const std::vector<std::string>& tenants = {"default"}) {
    DomainUpdate update;
    update.domain = kDomain;
    update.looked = author.now;
    update.zone = R"({"a":1})";
    for (const std::string& tenant : tenants) update.news.push_back({tenant, events});
    return update;
  }
  Result<void> record(DomainUpdate update) { return wait_for(io, store->record_domain(std::move(update))); }
  DomainRow row(const std::string& tenant = "default") {
    const auto found = store->find_domain(tenant, kDomain);
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : DomainRow{};
  }
};

TEST_F(Domains, ALookIsKeptAndItsPartsChangeAlone) {
  EXPECT_FALSE(*store->find_domain("default", kDomain));
  ASSERT_TRUE(record(update({})));
  DomainUpdate registration;
  registration.domain = kDomain;
  registration.registration = R"({"b":2})";
  ASSERT_TRUE(record(registration));
  reopen();
  EXPECT_EQ(row().zone, R"({"a":1})");
  EXPECT_EQ(row().registration, R"({"b":2})");
  EXPECT_EQ(row().looked, author.now);
  EXPECT_FALSE(row().standing.degraded);
  expect_sound();
}

TEST_F(Domains, NewsGoToEveryTenantAndComeBackFromTheEvents) {
  const auto since = author.now;
  ASSERT_TRUE(record(update({degraded("bogus")}, {"default", "other"})));
  author.now += std::chrono::seconds{5};
  ASSERT_TRUE(record(update({event("domain.recovered")}, {"other"})));
  ASSERT_TRUE(record(
      update({event("domain.changed", R"(,"what":["ds"],"before":{},"after":{})"),
              event("domain.expiring", R"(,"what":"signatures","until":"2030-01-01T00:00:00.000Z")"),
              event("domain.expiring", R"(,"what":"registration","until":"2031-01-01T00:00:00.000Z")")})));
  EXPECT_TRUE(row().standing.degraded);
  EXPECT_EQ(row().standing.code, "bogus");
  EXPECT_EQ(row().standing.reason, "the sentence");
  EXPECT_EQ(row().standing.since, since);
  EXPECT_EQ(row().standing.changed, author.now);
  EXPECT_EQ(row().standing.signatures_end, base::from_rfc3339("2030-01-01T00:00:00.000Z"));
  EXPECT_EQ(row().standing.registration_end, base::from_rfc3339("2031-01-01T00:00:00.000Z"));
  EXPECT_FALSE(row("other").standing.degraded);
  EXPECT_EQ(row("other").standing.since, author.now);
  EXPECT_FALSE(row("third").standing.since);
  const auto page = store->events_after("other", {}, 10);
  ASSERT_EQ(page->events.size(), 2u);
  EXPECT_EQ(page->events.at(0).subject, kDomain);
  const auto before = row();
  ASSERT_TRUE(wait_for(io, store->rebuild()));
  EXPECT_EQ(row().standing.code, before.standing.code);
  EXPECT_EQ(row().zone, before.zone);
  expect_sound();
}

TEST_F(Domains, TheSameIsNotSaidTwice) {
  EXPECT_EQ(record(update({event("domain.recovered")})).error().code(), Code::kInternal);
  EXPECT_FALSE(*store->find_domain("default", kDomain));
  ASSERT_TRUE(record(update({degraded("bogus")})));
  EXPECT_EQ(record(update({degraded("bogus")})).error().code(), Code::kInternal);
  EXPECT_TRUE(record(update({degraded("unsigned")}))) << "another trouble is news";
  EXPECT_EQ(row().standing.code, "unsigned");
  // One tenant's contradiction leaves nothing of the update behind.
  const auto mixed = record(update({degraded("unsigned")}, {"other", "default"}));
  EXPECT_EQ(mixed.error().code(), Code::kInternal);
  EXPECT_FALSE(row("other").standing.degraded);
  expect_sound();
}

TEST_F(Domains, NewsOfSomethingElseAreRefused) {
  DomainUpdate other = update({event("domain.recovered", "", "other.com")});
  EXPECT_EQ(record(std::move(other)).error().code(), Code::kInternal);
  DomainUpdate name =
      update({author.event("name.recovered", "a@example.com", R"({"name":"a@example.com"})")});
  EXPECT_EQ(record(std::move(name)).error().code(), Code::kInternal);
  DomainUpdate large = update({});
  large.zone = std::string(2 << 20, 'x');
  EXPECT_EQ(record(std::move(large)).error().code(), Code::kInvalidArgument);
}

TEST_F(Domains, TheListIsInOrderAndInPages) {
  for (const char* domain : {"b.com", "a.com", "c.com"}) {
    DomainUpdate one = update({});
    one.domain = domain;
    ASSERT_TRUE(record(std::move(one)));
  }
  std::vector<std::string> domains;
  const auto rows = store->list_domains("default", "a.com", 5);
  ASSERT_TRUE(rows);
  for (const DomainRow& each : *rows) domains.push_back(each.domain);
  EXPECT_THAT(domains, ElementsAre("b.com", "c.com"));
  EXPECT_EQ(store->list_domains("default", "", 2)->size(), 2u);
}

}  // namespace
}  // namespace paynamed::state
