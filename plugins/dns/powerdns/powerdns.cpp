#include "powerdns.hpp"

#include <algorithm>
#include <utility>

#include "config_schema.hpp"
#include "dns_name.hpp"
#include "txt_content.hpp"
#include "wire.hpp"

namespace paynamed::powerdns {
namespace {

// Written as escapes they are four times as many, which still fits the 64,000 characters of a content in
// PowerDNS's MySQL schema.
constexpr std::uint32_t kMaxTxtBytes = 15'000;
constexpr std::uint32_t kMaxCommentBytes = 255;
constexpr std::uint32_t kSha256 = 2;
constexpr char kUsualComment[] = "managed by paynamed";
// Calls that wait for a lock hold a thread each.
constexpr BlockingOptions kThreads{8, 1'024};

using Values = std::vector<std::string>;

// Sorted; throws when the request does not say.
Values expected_values(const PowerDns::PublishRequest& request) {
  Values values;
  if (request.has_previous_value()) {
    values.push_back(request.previous_value());
  } else if (request.has_previous_values()) {
    const auto& several = request.previous_values().values();
    values.assign(several.begin(), several.end());
  }
  if (!request.has_absent() && values.empty()) {
    throw Error(Code::kInvalidArgument,
                "Publish must say what it expects at the name: absent or previous values.");
  }
  std::sort(values.begin(), values.end());
  return values;
}

std::string told(const Values& values) {
  if (values.empty()) return "nothing";
  if (values.size() > 1) return std::to_string(values.size()) + " TXT records";
  return "\"" + values.front() + "\"";
}

[[noreturn]] void conflict(const std::string& name, const Values& found) {
  throw Error(Code::kAborted, "What was expected at " + name + " is not there; found: " + told(found) + ".");
}

bool contains(const Values& sorted, const std::string& value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

// Somebody changed the name right after us. That nothing was done may be said only where ours does not stand
// and what it replaced does.
[[noreturn]] void overtaken(const std::string& name, const Values& found, const std::string& ours,
                            const Values& expected) {
  const bool undone =
      !contains(found, ours) && std::includes(found.begin(), found.end(), expected.begin(), expected.end());
  throw Error(undone ? Code::kAborted : Code::kUnknown,
              "Somebody else changed " + name + " at the same time; found: " + told(found) +
                  (undone ? "." : ". Remove what is not ours from the zone."));
}

}  // namespace

PowerDns::PowerDns(Host host, const Config& config) : PowerDns(std::move(host), read_settings(config)) {}

PowerDns::PowerDns(Host host, Settings settings)
    : Blocking<DnsProvider>(std::move(host), kThreads),
      api_(this->host(), std::move(settings.access)),
      copies_(this->host()),
      only_zone_(std::move(settings.only_zone)),
      owner_marker_(settings.owner_marker),
      min_ttl_(settings.min_ttl),
      max_ttl_(settings.max_ttl) {}

PowerDns::DescribeDnsReply PowerDns::describe(DescribeDnsRequest, Call&) {
  DescribeDnsReply reply;
  reply.set_max_txt_bytes(kMaxTxtBytes);
  reply.set_min_ttl_seconds(min_ttl_);
  reply.set_max_ttl_seconds(max_ttl_);
  reply.set_comments(owner_marker_);
  reply.set_max_comment_bytes(owner_marker_ ? kMaxCommentBytes : 0);
  reply.set_replaces_several(true);
  reply.set_max_batch(1);
  reply.set_list_names(true);
  reply.set_list_zone(true);
  reply.set_max_request_ms(static_cast<std::uint32_t>(api_.timeout().count()));
  reply.set_summary("PowerDNS at " + api_.server());
  return reply;
}

PowerDns::PublishReply PowerDns::publish(PublishRequest request, Call& call) {
  const Place at = place(request.zone(), request.record().name());
  check_record(request.record());
  expected_values(request);
  const auto held = lock(at.zone, call);
  return put(at, request, call);
}

PowerDns::PublishReply PowerDns::put(const Place& at, const PublishRequest& request, const Call& call) {
  const TxtRecord& record = request.record();
  const Values expected = expected_values(request);
  const Values wanted{record.value()};
  const Found found = find(at, call);
  // Reading again would find it again: somebody has to remove it.
  if (found.alias) throw Error(Code::kFailedPrecondition, at.name + " has a CNAME; remove it from the zone.");
  if (found.txt.switched_off) {
    throw Error(Code::kFailedPrecondition,
                at.name + " has a TXT record that is disabled and would be lost; remove it from the zone.");
  }
  if (found.values == wanted) {
    // It may be our own earlier attempt, whose answer was lost; a stranger's is not ours because it is the
    // same.
    if (found.values != expected && owner_marker_ && !found.txt.ours) {
      throw Error(Code::kAborted,
                  "The same record stands at " + at.name +
                      " already, but was not put there by this plugin; adopt the name instead.");
    }
    if (found.values != expected || is_as_wanted(found, record)) return {};
  } else if (found.values != expected) {
    conflict(at.name, found.values);
  }
  api_.change(at.zone,
              replacing_body(at.name, txt_content(record.value()), record.ttl_seconds(), comment_of(record)),
              call);
  const Found after = find_after_change(at, call);
  if (after.values != wanted) overtaken(at.name, after.values, record.value(), expected);
  PublishReply reply;
  reply.set_changed(true);
  return reply;
}

PowerDns::WithdrawReply PowerDns::withdraw(WithdrawRequest request, Call& call) {
  try {
    return take_away(request, call);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    // Of an undo NOT_FOUND could be taken for "nothing is left", and a server without the zone knows nothing
    // of that.
    throw Error(Code::kFailedPrecondition, error.message(), error.detail());
  }
}

PowerDns::WithdrawReply PowerDns::take_away(const WithdrawRequest& request, const Call& call) {
  const Place at = place(request.zone(), request.name());
  if (request.value().empty()) throw Error(Code::kInvalidArgument, "Withdraw must name the value to remove.");
  const Values doomed{request.value()};
  const auto held = lock(at.zone, call);
  const Found found = find(at, call);
  WithdrawReply reply;
  if (found.values.empty()) return reply;
  if (found.values != doomed) conflict(at.name, found.values);
  if (found.txt.switched_off) {
    throw Error(Code::kFailedPrecondition,
                at.name + " has a TXT record that is disabled and would be lost; remove it from the zone.");
  }
  api_.change(at.zone, deleting_body(at.name), call);
  const Found after = find_after_change(at, call);
  if (contains(after.values, request.value())) conflict(at.name, after.values);
  reply.set_changed(true);
  return reply;
}

PowerDns::ReadReply PowerDns::read(ReadRequest request, Call& call) {
  const Place at = place(request.zone(), request.name());
  const Found found = find(at, call);
  ReadReply reply;
  for (const std::string& value : found.values) {
    TxtRecord* record = reply.add_records();
    record->set_name(at.name);
    record->set_value(value);
    record->set_ttl_seconds(found.txt.ttl_seconds);
    record->set_comment(found.txt.comment);
  }
  return reply;
}

PowerDns::ListNamesReply PowerDns::list_names(ListNamesRequest request, Call& call) {
  const std::string zone = own_zone(request.zone());
  const auto suffix = normal_name(request.suffix().empty() ? zone : request.suffix());
  if (!suffix || !is_in_zone(*suffix, zone)) {
    throw Error(Code::kInvalidArgument,
                "The suffix \"" + request.suffix() + "\" is no name in " + zone + ".");
  }
  const auto all = whole_zone(zone, request.page(), call);
  const ListedPage page = page_of(*all, request.page(), request.limit(), [&suffix](const ListedRecord& each) {
    return each.type == "TXT" && is_below(each.name, *suffix);
  });
  ListNamesReply reply;
  for (const ListedRecord* each : page.records) {
    TxtRecord* record = reply.add_records();
    record->set_name(each->name);
    record->set_value(txt_value(each->content));
    record->set_ttl_seconds(each->ttl_seconds);
    record->set_comment(each->comment);
  }
  reply.set_next_page(page.next);
  return reply;
}

PowerDns::ListZoneReply PowerDns::list_zone(ListZoneRequest request, Call& call) {
  const std::string zone = own_zone(request.zone());
  const auto all = whole_zone(zone, request.page(), call);
  const ListedPage page =
      page_of(*all, request.page(), request.limit(), [](const ListedRecord&) { return true; });
  ListZoneReply reply;
  for (const ListedRecord* each : page.records) {
    WireRecord wire = wire_record(each->name, each->type, each->content);
    ZoneRecord* record = reply.add_records();
    record->set_name(each->name);
    record->set_type(wire.type);
    record->set_ttl_seconds(each->ttl_seconds);
    record->set_rdata(std::move(wire.rdata));
    if (!record->rdata().empty()) continue;
    host().log(Level::kWarning, each->name + " " + each->type +
                                    " is PowerDNS's own and has no form in the DNS protocol; it is listed "
                                    "without its data.");
  }
  reply.set_next_page(page.next);
  return reply;
}

PowerDns::SyncStatusReply PowerDns::sync_status(SyncStatusRequest, Call&) {
  SyncStatusReply reply;
  reply.set_state(SyncStatusReply::NOT_KNOWN);
  reply.set_explanation(
      "The API does not know what other servers of the zone have; ask each authoritative address.");
  return reply;
}

PowerDns::SigningStatusReply PowerDns::signing_status(SigningStatusRequest request, Call& call) {
  const std::string zone = own_zone(request.zone());
  SigningStatusReply reply;
  if (!api_.is_signed(zone, call)) {
    reply.set_state(SigningStatusReply::UNSIGNED);
    reply.set_explanation("The server does not sign the zone.");
    return reply;
  }
  for (const Key& key : api_.keys(zone, call)) {
    if (!key.used) continue;
    for (const std::string& text : key.ds) {
      SignerDigest signer = signer_digest(text);
      if (signer.digest_type != kSha256) continue;
      DsRecord* ds = reply.add_ds();
      ds->set_key_tag(signer.key_tag);
      ds->set_algorithm(signer.algorithm);
      ds->set_digest_type(signer.digest_type);
      ds->set_digest(std::move(signer.digest));
    }
  }
  const bool signs = reply.ds_size() > 0;
  reply.set_state(signs ? SigningStatusReply::SIGNING : SigningStatusReply::NOT_KNOWN);
  reply.set_explanation(signs ? "The server signs the zone with its own keys."
                              : "The zone is signed, but the server has no active and published key for it: "
                                "it may come signed from elsewhere.");
  return reply;
}

PowerDns::EnableSigningReply PowerDns::enable_signing(EnableSigningRequest, Call&) {
  throw Error(Code::kUnimplemented, "This plugin does not switch signing on; use pdnsutil secure-zone.");
}
PowerDns::DisableSigningReply PowerDns::disable_signing(DisableSigningRequest, Call&) {
  throw Error(
      Code::kUnimplemented,
      "This plugin does not switch signing off; remove the DS at the parent first, then use pdnsutil.");
}
PowerDns::PutForeignKeysReply PowerDns::put_foreign_keys(PutForeignKeysRequest, Call&) {
  throw Error(Code::kUnimplemented,
              "This plugin does not publish keys of other signers; do it at the server.");
}

std::string PowerDns::own_zone(const std::string& zone) const {
  const auto normal = normal_name(zone);
  if (!normal) throw Error(Code::kInvalidArgument, "The zone \"" + zone + "\" is not a DNS name.");
  if (!only_zone_.empty() && *normal != only_zone_) {
    throw Error(Code::kNotFound, "This instance has the zone " + only_zone_ + " only, not " + *normal + ".");
  }
  return *normal;
}

PowerDns::Place PowerDns::place(const std::string& zone, const std::string& name) const {
  Place at{own_zone(zone), {}};
  const auto normal = normal_name(name);
  if (!normal) throw Error(Code::kInvalidArgument, "\"" + name + "\" is not a DNS name.");
  if (!is_in_zone(*normal, at.zone)) {
    throw Error(Code::kInvalidArgument, "The name " + *normal + " is not in the zone " + at.zone + ".");
  }
  at.name = *normal;
  return at;
}

void PowerDns::check_record(const TxtRecord& record) const {
  if (record.value().empty() || record.value().size() > kMaxTxtBytes) {
    throw Error(Code::kInvalidArgument, "The value has " + std::to_string(record.value().size()) +
                                            " bytes; it must have 1 to " + std::to_string(kMaxTxtBytes) +
                                            ".");
  }
  if (record.ttl_seconds() < min_ttl_ || record.ttl_seconds() > max_ttl_) {
    throw Error(Code::kInvalidArgument, "The TTL " + std::to_string(record.ttl_seconds()) +
                                            " is not between " + std::to_string(min_ttl_) + " and " +
                                            std::to_string(max_ttl_) +
                                            " seconds, as this instance is configured.");
  }
}

PowerDns::Found PowerDns::find(const Place& at, const Call& call) const {
  Found found;
  for (RRset& each : api_.name(at.zone, at.name, call)) {
    if (each.type == "CNAME") found.alias = true;
    if (each.type == "TXT") found.txt = std::move(each);
  }
  for (const std::string& each : found.txt.contents) found.values.push_back(txt_value(each));
  std::sort(found.values.begin(), found.values.end());
  return found;
}

PowerDns::Found PowerDns::find_after_change(const Place& at, const Call& call) const {
  try {
    return find(at, call);
  } catch (const Error& error) {
    throw Error(Code::kUnknown,
                "The server made the change at " + at.name + ", but could not be asked whether it stands.",
                error.message());
  }
}

bool PowerDns::is_as_wanted(const Found& found, const TxtRecord& record) const {
  return found.txt.ttl_seconds == record.ttl_seconds() && found.txt.comment == comment_of(record);
}

std::string PowerDns::comment_of(const TxtRecord& record) const {
  if (!owner_marker_) return {};
  return record.comment().empty() ? kUsualComment : record.comment().substr(0, kMaxCommentBytes);
}

ZoneCopies<ListedZone>::Copy PowerDns::whole_zone(const std::string& zone, const std::string& page,
                                                  const Call& call) {
  const auto patience = host().remaining(call, std::chrono::seconds(30));
  return copies_.get(zone, !page.empty(), patience, [&] { return listed(api_.whole_zone(zone, call)); });
}

ZoneLocks::Held PowerDns::lock(const std::string& zone, const Call& call) {
  // Half a minute for who has no deadline.
  return locks_.lock(zone, host().remaining(call, std::chrono::seconds(30)));
}

}  // namespace paynamed::powerdns

PAYNAMED_MODULE(paynamed::powerdns::PowerDns, "powerdns", "1.0.0", paynamed::powerdns::kConfigSchema)
