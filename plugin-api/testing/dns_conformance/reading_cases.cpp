#include <map>
#include <set>
#include <tuple>

#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

constexpr int kNames = 12;
constexpr std::uint32_t kPage = 5;
// Pages of a zone that also has others' records.
constexpr int kMostPages = 10'000;
constexpr std::uint32_t kTypeNs = 2;
constexpr std::uint32_t kTypeSoa = 6;
constexpr std::uint32_t kTypeTxt = 16;
constexpr int kMostLooks = 200;

void describe_is_usable(DnsCaseRun& run) {
  const auto& said = run.described();
  run.expect(!said.summary().empty(), "Describe must have a summary");
  run.expect(said.max_ttl_seconds() == 0 || said.min_ttl_seconds() <= said.max_ttl_seconds(),
             "Describe must not have a least TTL above the greatest");
  run.expect(!said.comments() || said.max_comment_bytes() > 0,
             "Describe must say how long a comment may be where there are comments");
  for (const std::string& secret : run.subject().secrets()) {
    run.expect(secret.empty() || said.summary().find(secret) == std::string::npos,
               "Describe's summary shows a secret");
  }
}

void read_of_nothing_is_empty(DnsCaseRun& run) {
  run.expect_read(run.new_name(), {}, "where nothing stands");
}

// name -> value of what the case publishes.
std::map<std::string, std::string> published(DnsCaseRun& run) {
  std::map<std::string, std::string> records;
  std::vector<Keyed<PublishRequest>> publications;
  for (int i = 0; i < kNames; ++i) {
    const std::string name = run.new_name();
    // Some in several strings.
    records[name] = DnsCaseRun::value(std::to_string(i) + std::string(i % 3 == 0 ? 300 : 0, 'x'));
    publications.push_back({run.creation(name, records[name]), run.new_key()});
  }
  for (const auto& each : run.settle_all<PublishReply>(run.plugin(), "Publish", publications)) {
    run.require_ok(each, "publishing");
  }
  return records;
}

// How many records stand on a page before those of its last name.
template <class ReplyMessage>
std::uint32_t before_last_name(const ReplyMessage& page) {
  std::uint32_t count = 0;
  for (const auto& each : page.records()) {
    if (each.name() != page.records().rbegin()->name()) ++count;
  }
  return count;
}

// Every page, with `take` called for each. Only so many, should the plugin go round in circles.
template <class ReplyMessage, class Request>
void each_page(DnsCaseRun& run, const std::string& method, Request request,
               const std::function<void(const ReplyMessage&)>& take) {
  std::set<std::string> pages;
  for (int i = 0; i < kMostPages; ++i) {
    const auto reply = run.settle<ReplyMessage>(method, request, "");
    run.require_ok(reply, method);
    run.expect(before_last_name(reply.value()) < request.limit(),
               method + " must not give more records than were asked for, but to the end of a name");
    take(reply.value());
    if (reply->next_page().empty()) return;
    run.require(pages.insert(reply->next_page()).second, method + " gives the same page twice");
    request.set_page(reply->next_page());
  }
  run.fail(method + " does not come to an end");
}

void list_names_gives_every_name_once(DnsCaseRun& run) {
  if (!run.described().list_names()) DnsCaseRun::skip("the provider does not list names");
  auto missing = published(run);
  const std::string several = run.new_name();
  if (run.can().several_records) {
    run.zone().add_txt(several, "one");
    run.zone().add_txt(several, "two");
  }
  const std::string suffix = run.zone().suffix();
  std::set<std::pair<std::string, std::string>> seen;
  ListNamesRequest request;
  request.set_zone(run.zone().apex());
  request.set_suffix(suffix);
  request.set_limit(kPage);
  each_page<ListNamesReply>(run, "ListNames", request, [&](const ListNamesReply& page) {
    for (const TxtRecord& each : page.records()) {
      run.expect(each.name().ends_with("." + suffix),
                 "ListNames gives " + each.name() + ", which is not below " + suffix);
      run.expect(seen.emplace(each.name(), each.value()).second,
                 "ListNames gives a record of " + each.name() + " twice");
      const auto found = missing.find(each.name());
      if (found == missing.end()) continue;
      run.expect(each.value() == found->second, "ListNames gives another value at " + each.name());
      run.expect(each.ttl_seconds() == run.usual_ttl(), "ListNames gives another TTL at " + each.name());
      missing.erase(found);
    }
  });
  run.expect(missing.empty(),
             "ListNames must give all names, but " + std::to_string(missing.size()) + " are missing");
  if (run.can().several_records) {
    run.expect(seen.count({several, "one"}) == 1 && seen.count({several, "two"}) == 1,
               "ListNames must give both records of a name");
  }
  // Nothing below a suffix that nobody uses.
  request.set_suffix("unused." + suffix);
  each_page<ListNamesReply>(run, "ListNames", request, [&](const ListNamesReply& page) {
    run.expect(page.records_size() == 0, "ListNames gives records that are not below the suffix");
  });
}

std::set<std::string> names_below(DnsCaseRun& run, const std::string& suffix) {
  ListNamesRequest request;
  request.set_zone(run.zone().apex());
  request.set_suffix(suffix);
  request.set_limit(1'000);
  std::set<std::string> names;
  each_page<ListNamesReply>(run, "ListNames", request, [&](const ListNamesReply& page) {
    for (const TxtRecord& each : page.records()) names.insert(each.name());
  });
  return names;
}

void list_names_leaves_the_suffix_out(DnsCaseRun& run) {
  if (!run.described().list_names()) DnsCaseRun::skip("the provider does not list names");
  const std::string name = run.new_name();
  run.given(name, DnsCaseRun::value("one"));
  run.expect(!names_below(run, name).contains(name), "ListNames must not give the suffix itself");
}

void list_names_without_a_suffix_gives_the_zone(DnsCaseRun& run) {
  if (!run.described().list_names()) DnsCaseRun::skip("the provider does not list names");
  const std::string name = run.new_name();
  run.given(name, DnsCaseRun::value("one"));
  run.expect(names_below(run, "").contains(name),
             "ListNames without a suffix must give the names of the zone");
}

std::string joined(const std::string& rdata) {
  std::string value;
  for (std::size_t at = 0; at < rdata.size();) {
    const auto size = static_cast<unsigned char>(rdata[at]);
    value += rdata.substr(at + 1, size);
    at += 1U + size;
  }
  return value;
}

void list_zone_gives_every_record_once(DnsCaseRun& run) {
  if (!run.described().list_zone()) DnsCaseRun::skip("the provider does not list zones");
  auto missing = published(run);
  std::set<std::tuple<std::string, std::uint32_t, std::string>> seen;
  std::set<std::uint32_t> types_of_apex;
  ListZoneRequest request;
  request.set_zone(run.zone().apex());
  request.set_limit(kPage);
  each_page<ListZoneReply>(run, "ListZone", request, [&](const ListZoneReply& page) {
    for (const ZoneRecord& each : page.records()) {
      run.expect(seen.emplace(each.name(), each.type(), each.rdata()).second,
                 "ListZone gives a record of " + each.name() + " twice");
      if (each.name() == run.zone().apex()) types_of_apex.insert(each.type());
      const auto found = missing.find(each.name());
      if (found == missing.end() || each.type() != kTypeTxt) continue;
      run.expect(joined(each.rdata()) == found->second, "ListZone gives another value at " + each.name());
      run.expect(each.ttl_seconds() == run.usual_ttl(), "ListZone gives another TTL at " + each.name());
      missing.erase(found);
    }
  });
  run.expect(missing.empty(),
             "ListZone must give all records, but " + std::to_string(missing.size()) + " are missing");
  if (run.can().lists_apex) {
    run.expect(types_of_apex.contains(kTypeSoa) && types_of_apex.contains(kTypeNs),
               "ListZone must give the SOA and NS records of the apex");
  }
}

void a_page_that_is_none_is_refused(DnsCaseRun& run) {
  if (!run.described().list_names()) DnsCaseRun::skip("the provider does not list names");
  ListNamesRequest request;
  request.set_zone(run.zone().apex());
  request.set_suffix(run.zone().suffix());
  request.set_limit(kPage);
  request.set_page("no page of ours \"<&>\"");
  run.expect_code(run.call<ListNamesReply>(run.plugin(), "ListNames", request),
                  {Code::kInvalidArgument, Code::kOk}, "a page that nobody gave");
}

void sync_status_knows_a_change(DnsCaseRun& run) {
  const std::string name = run.new_name();
  const auto reply =
      run.settle<PublishReply>("Publish", run.creation(name, DnsCaseRun::value("one")), run.new_key());
  run.require_ok(reply, "publishing");
  SyncStatusRequest request;
  request.set_zone(run.zone().apex());
  request.set_change_id(reply->change_id());
  for (int look = 0; look < kMostLooks; ++look) {
    const auto status = run.settle<SyncStatusReply>("SyncStatus", request, "");
    run.require_ok(status, "SyncStatus");
    if (status->state() == SyncStatusReply::IN_SYNC || status->state() == SyncStatusReply::NOT_KNOWN) return;
    run.require(status->state() == SyncStatusReply::PENDING, "SyncStatus must have a state");
    run.plugin().pass(std::chrono::milliseconds(100));
  }
  run.fail("SyncStatus stays PENDING");
}

void signing_status_is_true(DnsCaseRun& run) {
  SigningStatusRequest request;
  request.set_zone(run.zone().apex());
  const auto status = run.call<SigningStatusReply>(run.plugin(), "SigningStatus", request);
  if (status.code() == Code::kUnimplemented) DnsCaseRun::skip("the provider does not know SigningStatus");
  run.require_ok(status, "SigningStatus");
  run.expect(status->state() != SigningStatusReply::STATE_UNSPECIFIED, "SigningStatus must have a state");
  if (!run.can().zone_signed) return;
  if (*run.can().zone_signed) {
    run.expect(status->state() == SigningStatusReply::SIGNING,
               "SigningStatus must say that the zone is signed");
    run.expect(status->ds_size() > 0, "SigningStatus must have the DS of a signed zone");
    for (const DsRecord& each : status->ds()) {
      run.expect(each.digest_type() != 2 || each.digest().size() == 32, "a SHA-256 digest has 32 bytes");
    }
  } else {
    run.expect(status->state() == SigningStatusReply::UNSIGNED,
               "SigningStatus must say that the zone is not signed");
  }
}

}  // namespace

std::vector<DnsCase> reading_cases() {
  return {
      {"DescribeIsUsable", describe_is_usable},
      {"ReadOfNothingIsEmpty", read_of_nothing_is_empty},
      {"ListNamesGivesEveryNameOnce", list_names_gives_every_name_once},
      {"ListNamesLeavesTheSuffixOut", list_names_leaves_the_suffix_out},
      {"ListNamesWithoutASuffixGivesTheZone", list_names_without_a_suffix_gives_the_zone},
      {"ListZoneGivesEveryRecordOnce", list_zone_gives_every_record_once},
      {"APageThatIsNoneIsRefused", a_page_that_is_none_is_refused},
      {"SyncStatusKnowsAChange", sync_status_knows_a_change},
      {"SigningStatusIsTrue", signing_status_is_true},
  };
}

}  // namespace paynamed::testing
