#include "rfc2136.hpp"

#include <algorithm>
#include <utility>

#include "config_schema.hpp"
#include "connection.hpp"
#include "random_id.hpp"
#include "refusal.hpp"

namespace paynamed::rfc2136 {
namespace {

constexpr std::uint16_t kTypeTxt = 16;
constexpr std::uint16_t kTypeDnskey = 48;
constexpr std::uint16_t kTypeAxfr = 252;
constexpr std::uint32_t kLargestPage = 5'000;
// A transfer lasts as long as messages come, each within the timeout.
constexpr std::chrono::minutes kLongestTransfer{10};
// A message has 65535 bytes for everything; signatures, names and prerequisites need room as well.
constexpr std::uint32_t kMaxTxtBytes = 16'000;
// What is expected stands in an update beside what is wanted.
constexpr std::size_t kMaxExpectedBytes = 32'000;
constexpr std::size_t kMaxExpectedRecords = 200;

constexpr int kNxDomain = 3;

// With its dot, or a clear error that names the configuration's key.
std::string name_in(const Config& config, std::string_view key) {
  const auto name = normal_name(config.string(key));
  if (!name) config.wrong(key, "must be a DNS name");
  return *name;
}

std::string algorithm_in(const Config& tsig) {
  auto algorithm = tsig.string("algorithm", "hmac-sha256");
  if (algorithm.ends_with('.')) algorithm.pop_back();
  if (algorithm != "hmac-sha256" && algorithm != "hmac-sha512") {
    tsig.wrong("algorithm", "must be hmac-sha256 or hmac-sha512");
  }
  return algorithm;
}

HostAndPort place_in(const Config& config, std::string_view key, const char* what) {
  const std::string text = config.string(key);
  const auto place = host_and_port(text);
  if (!place) {
    config.wrong(key, std::string("must be ") + what +
                          ", with a port behind a colon if it is another than usual (192.0.2.1:5353, "
                          "[2001:db8::1]:5353); \"" +
                          text + "\" is not");
  }
  return *place;
}

Primary::Choice primary_in(const Config& config) {
  Primary::Choice choice;
  choice.port = static_cast<std::uint16_t>(config.integer_or("port", 53, 1, 65535));
  if (config.has("server")) {
    const auto place = place_in(config, "server", "an IP address or a host name");
    if (place.port && config.has("port")) {
      config.wrong("port", "must not stand beside the port in \"server\"; give it once");
    }
    choice.server = Server{place.host, place.port.value_or(choice.port), {}};
  }
  if (config.has("resolver")) {
    const auto place = place_in(config, "resolver", "an IP address");
    if (!is_address(place.host)) {
      config.wrong("resolver", "must be an IP address, for a resolver's name cannot be looked up; \"" +
                                   place.host + "\" is a name");
    }
    choice.resolver = Server{place.host, place.port.value_or(53), {}};
  }
  return choice;
}

std::string text_of(const Server& server) {
  return server.host + " port " + std::to_string(server.port);
}

// Whether the records have exactly these values, however each is split into character-strings.
bool are_the_values(const std::vector<TxtValue>& found, std::vector<std::string> values) {
  std::vector<std::string> joined;
  for (const TxtValue& each : found) joined.push_back(each.joined);
  std::sort(joined.begin(), joined.end());
  std::sort(values.begin(), values.end());
  return joined == values;
}

std::size_t page_size(std::uint32_t wanted) {
  return wanted == 0 ? kLargestPage : std::min(wanted, kLargestPage);
}

std::vector<Bytes> rdata_of(const std::vector<TxtValue>& found) {
  std::vector<Bytes> all;
  for (const TxtValue& each : found) all.push_back(each.rdata);
  return all;
}

}  // namespace

Rfc2136::Rfc2136(Host host, const Config& config)
    : Blocking<DnsProvider>(std::move(host)),
      primary_(this->host(), primary_in(config)),
      pages_(this->host()),
      only_zone_(config.has("zone") ? name_in(config, "zone") : std::string()),
      key_name_(name_in(config.table("tsig"), "name")),
      algorithm_(algorithm_in(config.table("tsig"))),
      secret_(config.table("tsig").secret("secret")),
      min_ttl_(static_cast<std::uint32_t>(config.integer_or("min_ttl", 60, 1, 604'800))),
      max_ttl_(static_cast<std::uint32_t>(config.integer_or("max_ttl", 86'400, 1, 604'800))),
      timeout_(config.duration("timeout", std::chrono::seconds(5))) {
  if (min_ttl_ > max_ttl_) config.wrong("min_ttl", "must not be greater than \"max_ttl\"");
  if (timeout_ < std::chrono::milliseconds(100)) config.wrong("timeout", "must be at least 100ms");
}

Rfc2136::DescribeDnsReply Rfc2136::describe(DescribeDnsRequest, Call&) {
  DescribeDnsReply reply;
  reply.set_max_txt_bytes(kMaxTxtBytes);
  reply.set_min_ttl_seconds(min_ttl_);
  reply.set_max_ttl_seconds(max_ttl_);
  reply.set_compare_and_set(true);
  reply.set_replaces_several(true);
  reply.set_max_batch(1);
  reply.set_list_names(true);
  reply.set_list_zone(true);
  reply.set_max_request_ms(static_cast<std::uint32_t>(timeout_.count()));
  reply.set_summary("RFC 2136 at " + primary_.describe() + ", key " + key_name_);
  return reply;
}

Rfc2136::PublishReply Rfc2136::publish(PublishRequest request, Call& call) {
  const auto& record = request.record();
  const Place at = place(request.zone(), record.name());
  const Values expected = expected_values(request);
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
  Change change{at.zone, at.name, {}, txt_rdata(record.value()), record.ttl_seconds()};
  for (const std::string& value : expected) change.before.push_back(txt_rdata(value));

  PublishReply reply;
  reply.set_changed(true);
  if (apply(change, call) == Applied::kDone) return reply;

  // The server has something else. It may be our own earlier attempt, whose answer was lost.
  const Found found = find(at, call);
  if (!found.alias && are_the_values(found.values, {record.value()})) {
    reply.set_changed(false);
    return reply;
  }
  // The same text in other character-strings: written by somebody else, but what was expected.
  if (!found.alias && !expected.empty() && are_the_values(found.values, expected)) {
    change.before = rdata_of(found.values);
    if (apply(change, call) == Applied::kDone) return reply;
  }
  conflict(at, found);
}

Rfc2136::Values Rfc2136::expected_values(const PublishRequest& request) {
  switch (request.expected_case()) {
    case PublishRequest::EXPECTED_NOT_SET:
      throw Error(Code::kInvalidArgument,
                  "Publish must say what it expects at the name: absent or previous values.");
    case PublishRequest::kAbsent:
      return {};
    case PublishRequest::kPreviousValue:
      return {request.previous_value()};
    case PublishRequest::kPreviousValues:
      break;
  }
  const auto& several = request.previous_values().values();
  std::size_t bytes = 0;
  for (const std::string& value : several) bytes += value.size();
  if (several.empty() || static_cast<std::size_t>(several.size()) > kMaxExpectedRecords ||
      bytes > kMaxExpectedBytes) {
    throw Error(Code::kInvalidArgument, "The previous values are " + std::to_string(several.size()) + " of " +
                                            std::to_string(bytes) +
                                            " bytes, which do not fit an update; remove them by hand.");
  }
  return {several.begin(), several.end()};
}

Rfc2136::WithdrawReply Rfc2136::withdraw(WithdrawRequest request, Call& call) {
  try {
    return take_away(request, call);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    // Of an undo the daemon takes NOT_FOUND as "nothing is left", and a server that does not have the zone
    // knows nothing about that: the record may stand at the true primary. The answer may even be forged.
    throw Error(Code::kFailedPrecondition, error.message(), error.detail());
  }
}

Rfc2136::WithdrawReply Rfc2136::take_away(const WithdrawRequest& request, const Call& call) {
  const Place at = place(request.zone(), request.name());
  if (request.value().empty()) throw Error(Code::kInvalidArgument, "Withdraw must name the value to remove.");
  Change change{at.zone, at.name, {txt_rdata(request.value())}, std::nullopt, 0};
  WithdrawReply reply;
  reply.set_changed(true);
  if (apply(change, call) == Applied::kDone) return reply;
  const Found found = find(at, call);
  if (!found.alias && found.values.empty()) {
    reply.set_changed(false);
    return reply;
  }
  if (!found.alias && are_the_values(found.values, {request.value()})) {
    change.before = rdata_of(found.values);
    if (apply(change, call) == Applied::kDone) return reply;
  }
  conflict(at, found);
}

Rfc2136::ReadReply Rfc2136::read(ReadRequest request, Call& call) {
  const Place at = place(request.zone(), request.name());
  ReadReply reply;
  for (const auto& value : find(at, call).values) {
    auto* record = reply.add_records();
    record->set_name(at.name);
    record->set_value(value.joined);
    record->set_ttl_seconds(value.ttl_seconds);
  }
  return reply;
}

Rfc2136::SyncStatusReply Rfc2136::sync_status(SyncStatusRequest, Call&) {
  SyncStatusReply reply;
  reply.set_state(SyncStatusReply::NOT_KNOWN);
  reply.set_explanation(
      "A primary server does not know what its secondaries have; ask each authoritative address.");
  return reply;
}

Rfc2136::SigningStatusReply Rfc2136::signing_status(SigningStatusRequest request, Call& call) {
  const std::string zone = own_zone(request.zone());
  const Answer answer = ask(zone, kTypeDnskey, zone, call);
  SigningStatusReply reply;
  for (const auto& signer : delegation_signers(answer, zone)) {
    auto* ds = reply.add_ds();
    ds->set_key_tag(signer.key_tag);
    ds->set_algorithm(signer.algorithm);
    ds->set_digest_type(signer.digest_type);
    ds->set_digest(signer.digest.data(), signer.digest.size());
  }
  reply.set_state(reply.ds_size() > 0 ? SigningStatusReply::SIGNING : SigningStatusReply::UNSIGNED);
  reply.set_explanation(reply.ds_size() > 0
                            ? "The server publishes DNSKEY records; the DS are computed from them."
                            : "The server publishes no key-signing key for the zone.");
  return reply;
}

Rfc2136::ListNamesReply Rfc2136::list_names(ListNamesRequest request, Call& call) {
  const std::string zone = own_zone(request.zone());
  const auto suffix = normal_name(request.suffix().empty() ? request.zone() : request.suffix());
  if (!suffix) throw Error(Code::kInvalidArgument, "\"" + request.suffix() + "\" is not a DNS name.");
  const auto page = pages_.page(
      {zone, request.page(), page_size(request.limit()), patience(call)},
      [&] { return transfer(zone, call); },
      [&suffix](const TransferredRecord& each) {
        return each.type == kTypeTxt && each.owner != *suffix && is_below(each.owner, *suffix);
      });
  ListNamesReply reply;
  for (const TransferredRecord* each : page.records) {
    auto* record = reply.add_records();
    record->set_name(each->owner);
    record->set_value(joined_txt(each->rdata));
    record->set_ttl_seconds(each->ttl_seconds);
  }
  reply.set_next_page(page.next);
  return reply;
}

Rfc2136::ListZoneReply Rfc2136::list_zone(ListZoneRequest request, Call& call) {
  const std::string zone = own_zone(request.zone());
  const auto page = pages_.page(
      {zone, request.page(), page_size(request.limit()), patience(call)},
      [&] { return transfer(zone, call); }, [](const TransferredRecord&) { return true; });
  ListZoneReply reply;
  for (const TransferredRecord* each : page.records) {
    auto* record = reply.add_records();
    record->set_name(each->owner);
    record->set_type(each->type);
    record->set_ttl_seconds(each->ttl_seconds);
    record->set_rdata(each->rdata.data(), each->rdata.size());
  }
  reply.set_next_page(page.next);
  return reply;
}

Rfc2136::EnableSigningReply Rfc2136::enable_signing(EnableSigningRequest, Call&) {
  throw Error(Code::kUnimplemented,
              "Dynamic updates cannot switch signing on; do it in the server's configuration.");
}
Rfc2136::DisableSigningReply Rfc2136::disable_signing(DisableSigningRequest, Call&) {
  throw Error(Code::kUnimplemented,
              "Dynamic updates cannot switch signing off; do it in the server's configuration.");
}
Rfc2136::PutForeignKeysReply Rfc2136::put_foreign_keys(PutForeignKeysRequest, Call&) {
  throw Error(Code::kUnimplemented,
              "This plugin does not publish keys of other signers; do it at the server.");
}

std::string Rfc2136::own_zone(const std::string& zone) const {
  const auto normal = normal_name(zone);
  if (!normal) throw Error(Code::kInvalidArgument, "The zone \"" + zone + "\" is not a DNS name.");
  if (!only_zone_.empty() && *normal != only_zone_) {
    throw Error(Code::kNotFound, "This instance has the zone " + only_zone_ + " only, not " + *normal + ".");
  }
  return *normal;
}

Rfc2136::Place Rfc2136::place(const std::string& zone, const std::string& name) const {
  Place at{own_zone(zone), {}};
  const auto normal = normal_name(name);
  if (!normal) throw Error(Code::kInvalidArgument, "\"" + name + "\" is not a DNS name.");
  if (!is_below(*normal, at.zone)) {
    throw Error(Code::kInvalidArgument, "The name " + *normal + " is not in the zone " + at.zone + ".");
  }
  at.name = *normal;
  return at;
}

TsigKey Rfc2136::key() const {
  std::string secret(secret_.read_now().reveal());
  // Files end in a line break.
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r' || secret.back() == ' '))
    secret.pop_back();
  return {key_name_, algorithm_, std::move(secret)};
}

Remaining Rfc2136::until(const Call& call) const {
  const auto end = host().monotonic() + timeout_;
  return [this, &call, end] {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - host().monotonic());
    return host().remaining(call, std::max(left, std::chrono::milliseconds(0)));
  };
}

template <class Work>
auto Rfc2136::at_primary(const std::string& zone, const Call& call, const Work& work) {
  for (bool again = true;; again = false) {
    const Primary::Known primary = primary_.find(zone, until(call));
    try {
      return work(primary.server);
    } catch (const Error& error) {
      primary_.forget(zone);
      // Where it was before it is no more, and there nothing was changed: one fresh look, at once.
      const bool elsewhere = error.code() == Code::kUnavailable || error.code() == Code::kNotFound ||
                             error.code() == Code::kPermissionDenied;
      if (!again || !primary.remembered || !elsewhere) throw;
      host().log(Level::kInfo, "Looking for the primary of " + zone + " again: " + error.message(), call);
    }
  }
}

Rfc2136::Applied Rfc2136::apply(const Change& change, const Call& call) {
  return at_primary(change.zone, call, [&](const Server& server) { return apply_at(server, change, call); });
}

Rfc2136::Applied Rfc2136::apply_at(const Server& server, const Change& change, const Call& call) const {
  const TsigKey tsig = key();
  const Message message = make_update(change, tsig, random_id());
  const auto wire = exchange(server, message.wire, until(call));
  const auto answer = read_answer(message, wire, tsig);
  if (!answer) {
    throw Error(Code::kUnknown,
                "The answer of " + text_of(server) +
                    " is no DNS answer to our update; whether it made the change is not known. "
                    "Look whether it is a DNS server.");
  }
  if (is_unmet_prerequisite(*answer)) return Applied::kOtherwise;
  // A refusal without signature is only that (RFC 8945 section 5.3.2).
  if (answer->rcode != 0) throw_refusal(*answer, {text_of(server), change.zone, tsig, message, true});
  // Who cannot sign cannot say yes, and who says yes has nothing against our signature.
  if (!answer->is_signed || answer->tsig_error != 0) {
    throw Error(Code::kUnknown, "The answer of " + text_of(server) +
                                    " to our update is not signed with the key " + key_name_ +
                                    ", so it may be forged; whether the change was made is not known.");
  }
  return Applied::kDone;
}

Answer Rfc2136::ask(const std::string& name, std::uint16_t type, const std::string& zone, const Call& call) {
  return at_primary(zone, call, [&](const Server& server) { return ask_at(server, name, type, zone, call); });
}

Answer Rfc2136::ask_at(const Server& server, const std::string& name, std::uint16_t type,
                       const std::string& zone, const Call& call) const {
  const TsigKey tsig = key();
  const Message message = make_query(name, type, tsig, random_id());
  std::optional<Answer> answer;
  try {
    answer = read_answer(message, exchange(server, message.wire, until(call)), tsig);
  } catch (const Error& error) {
    // A question changes nothing.
    if (error.code() != Code::kDeadlineExceeded && error.code() != Code::kUnknown) throw;
    throw Error(Code::kUnavailable,
                "The DNS server " + text_of(server) + " did not answer a question about " + name + ".",
                error.message());
  }
  if (!answer) throw Error(Code::kUnavailable, "The server's answer is no DNS answer to our question.");
  if ((answer->rcode != 0 && answer->rcode != kNxDomain) || answer->tsig_error != 0)
    throw_refusal(*answer, {text_of(server), zone, tsig, message, false});
  if (!answer->is_signed) {
    throw Error(Code::kUnavailable, "The answer about " + name + " is not signed with the key " + key_name_ +
                                        ", so it may be forged; it was not used.");
  }
  if (!answer->authoritative) {
    throw Error(Code::kNotFound, "The server " + text_of(server) + " is not authoritative for " + zone +
                                     "; set \"server\" to the zone's primary.");
  }
  return std::move(*answer);
}

std::chrono::milliseconds Rfc2136::patience(const Call& call) const {
  return host().remaining(call, std::chrono::duration_cast<std::chrono::milliseconds>(kLongestTransfer));
}

ZonePages::Zone Rfc2136::transfer(const std::string& zone, const Call& call) {
  return at_primary(zone, call, [&](const Server& server) { return transfer_from(server, zone, call); });
}

ZonePages::Zone Rfc2136::transfer_from(const Server& server, const std::string& zone,
                                       const Call& call) const {
  const TsigKey tsig = key();
  const Message question = make_query(zone, kTypeAxfr, tsig, random_id());
  ZoneTransfer transfer{text_of(server), zone, question, tsig};
  Remaining left = until(call);
  const Remaining whole = [this, &call, end = host().monotonic() + kLongestTransfer] {
    const auto until_end = std::chrono::duration_cast<std::chrono::milliseconds>(end - host().monotonic());
    return host().remaining(call, std::max(until_end, std::chrono::milliseconds(0)));
  };
  try {
    exchange(
        server, question.wire, [&] { return std::min(left(), whole()); },
        [&](std::span<const std::uint8_t> wire) {
          left = until(call);
          return transfer.take(wire);
        });
  } catch (const Error& error) {
    // A question changes nothing.
    if (error.code() != Code::kDeadlineExceeded && error.code() != Code::kUnknown) throw;
    throw Error(Code::kUnavailable,
                "The DNS server " + text_of(server) + " did not transfer all of " + zone +
                    "; look whether the key may transfer it.",
                error.message());
  }
  return std::move(transfer).records();
}

Rfc2136::Found Rfc2136::find(const Place& at, const Call& call) {
  const Answer answer = ask(at.name, kTypeTxt, at.zone, call);
  return {txt_values(answer, at.name), has_alias(answer, at.name)};
}

void Rfc2136::conflict(const Place& at, const Found& found) {
  // Reading again would find it again: somebody has to remove it.
  if (found.alias) {
    throw Error(Code::kFailedPrecondition, at.name + " has a CNAME; remove it from the zone.");
  }
  std::string what = "nothing";
  if (found.values.size() > 1) {
    what = std::to_string(found.values.size()) + " TXT records";
  } else if (found.values.size() == 1) {
    what = "\"" + found.values.front().joined + "\"";
  }
  throw Error(Code::kAborted, "What was expected at " + at.name + " is not there; found: " + what + ".");
}

}  // namespace paynamed::rfc2136

PAYNAMED_MODULE(paynamed::rfc2136::Rfc2136, "rfc2136", "1.0.0", paynamed::rfc2136::kConfigSchema)
