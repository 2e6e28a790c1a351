#include "rfc2136.hpp"

#include <openssl/rand.h>

#include "config_schema.hpp"

namespace paynamed::rfc2136 {
namespace {

constexpr std::uint16_t kTypeTxt = 16;
constexpr std::uint16_t kTypeDnskey = 48;
// A message has 65535 bytes for everything; signatures, names and prerequisites need room as well.
constexpr std::uint32_t kMaxTxtBytes = 16'000;

// RFC 2136 section 2.2 and RFC 8945 section 3.
constexpr int kFormErr = 1;
constexpr int kServFail = 2;
constexpr int kNxDomain = 3;
constexpr int kNotImp = 4;
constexpr int kRefused = 5;
constexpr int kYxDomain = 6;
constexpr int kYxRrset = 7;
constexpr int kNxRrset = 8;
constexpr int kNotAuth = 9;
constexpr int kNotZone = 10;
constexpr int kBadSig = 16;
constexpr int kBadKey = 17;
constexpr int kBadTime = 18;

std::uint16_t random_id() {
  std::uint8_t bytes[2] = {};
  if (RAND_bytes(bytes, sizeof bytes) != 1)
    throw Error(Code::kUnavailable, "The system gives no random numbers.");
  return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

std::string utc(std::int64_t seconds) {
  const auto when = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char text[32] = {};
  if (gmtime_r(&when, &parts) == nullptr ||
      std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
    return std::to_string(seconds);
  }
  return text;
}

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

}  // namespace

Rfc2136::Rfc2136(Host host, const Config& config)
    : Blocking<DnsProvider>(std::move(host)),
      server_{config.string("server"), static_cast<std::uint16_t>(config.integer_or("port", 53, 1, 65535))},
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
  reply.set_max_batch(1);
  reply.set_max_request_ms(static_cast<std::uint32_t>(timeout_.count()));
  reply.set_summary("RFC 2136 at " + server_.host + " port " + std::to_string(server_.port) + ", key " +
                    key_name_);
  return reply;
}

Rfc2136::PublishReply Rfc2136::publish(PublishRequest request, Call& call) {
  const auto& record = request.record();
  const Place at = place(request.zone(), record.name());
  if (request.expected_case() == PublishRequest::EXPECTED_NOT_SET) {
    throw Error(Code::kInvalidArgument,
                "Publish must say what it expects at the name: absent or a previous value.");
  }
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
  Change change{at.zone, at.name, std::nullopt, txt_rdata(record.value()), record.ttl_seconds()};
  if (request.has_previous_value()) change.before = txt_rdata(request.previous_value());

  PublishReply reply;
  reply.set_changed(true);
  if (apply(change, call) == Applied::kDone) return reply;

  // The server has something else. It may be our own earlier attempt, whose answer was lost.
  const Found found = find(at, call);
  if (!found.alias && found.values.size() == 1) {
    const TxtValue& only = found.values.front();
    if (only.joined == record.value()) {
      reply.set_changed(false);
      return reply;
    }
    // The same text in other character-strings: written by somebody else, but what was expected.
    if (request.has_previous_value() && only.joined == request.previous_value()) {
      change.before = only.rdata;
      if (apply(change, call) == Applied::kDone) return reply;
    }
  }
  conflict(at, found);
}

Rfc2136::WithdrawReply Rfc2136::withdraw(WithdrawRequest request, Call& call) {
  const Place at = place(request.zone(), request.name());
  if (request.value().empty()) throw Error(Code::kInvalidArgument, "Withdraw must name the value to remove.");
  Change change{at.zone, at.name, txt_rdata(request.value()), std::nullopt, 0};
  WithdrawReply reply;
  reply.set_changed(true);
  if (apply(change, call) == Applied::kDone) return reply;
  const Found found = find(at, call);
  if (!found.alias && found.values.empty()) {
    reply.set_changed(false);
    return reply;
  }
  if (!found.alias && found.values.size() == 1 && found.values.front().joined == request.value()) {
    change.before = found.values.front().rdata;
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

Rfc2136::ListNamesReply Rfc2136::list_names(ListNamesRequest, Call&) {
  throw Error(Code::kUnimplemented, "Listing names needs a zone transfer, which this plugin does not do.");
}
Rfc2136::ListZoneReply Rfc2136::list_zone(ListZoneRequest, Call&) {
  throw Error(Code::kUnimplemented, "Listing a zone needs a zone transfer, which this plugin does not do.");
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

Rfc2136::Applied Rfc2136::apply(const Change& change, const Call& call) const {
  const TsigKey tsig = key();
  const Message message = make_update(change, tsig, random_id());
  const auto wire = exchange(server_, message.wire, until(call));
  const auto answer = read_answer(message, wire, tsig);
  if (!answer) {
    throw Error(Code::kUnknown,
                "The server's answer is no DNS answer to our update; whether it made the change is not "
                "known. Look whether \"server\" is a DNS server.");
  }
  const bool refused = answer->rcode != 0 || answer->tsig_error != 0;
  // Who cannot sign cannot say yes; a refusal without signature is only that (RFC 8945 section 5.3.2).
  if (!refused && !answer->is_signed) {
    throw Error(Code::kUnknown, "The answer to our update is not signed with the key " + key_name_ +
                                    ", so it may be forged; whether the change was made is not known.");
  }
  if (!refused) return Applied::kDone;
  if (answer->tsig_error == 0 && (answer->rcode == kYxRrset || answer->rcode == kNxRrset ||
                                  answer->rcode == kYxDomain || answer->rcode == kNxDomain)) {
    return Applied::kOtherwise;
  }
  refuse(*answer, change.zone, true);
}

Answer Rfc2136::ask(const std::string& name, std::uint16_t type, const std::string& zone,
                    const Call& call) const {
  const TsigKey tsig = key();
  const Message message = make_query(name, type, tsig, random_id());
  std::optional<Answer> answer;
  try {
    answer = read_answer(message, exchange(server_, message.wire, until(call)), tsig);
  } catch (const Error& error) {
    // A question changes nothing.
    if (error.code() != Code::kDeadlineExceeded && error.code() != Code::kUnknown) throw;
    throw Error(Code::kUnavailable,
                "The DNS server " + server_.host + " did not answer a question about " + name + ".",
                error.message());
  }
  if (!answer) throw Error(Code::kUnavailable, "The server's answer is no DNS answer to our question.");
  if ((answer->rcode != 0 && answer->rcode != kNxDomain) || answer->tsig_error != 0)
    refuse(*answer, zone, false);
  if (!answer->is_signed) {
    throw Error(Code::kUnavailable, "The answer about " + name + " is not signed with the key " + key_name_ +
                                        ", so it may be forged; it was not used.");
  }
  if (!answer->authoritative) {
    throw Error(Code::kNotFound, "The server " + server_.host + " is not authoritative for " + zone +
                                     "; set \"server\" to the zone's primary.");
  }
  return std::move(*answer);
}

Rfc2136::Found Rfc2136::find(const Place& at, const Call& call) const {
  const Answer answer = ask(at.name, kTypeTxt, at.zone, call);
  return {txt_values(answer, at.name), has_alias(answer, at.name)};
}

void Rfc2136::refuse(const Answer& answer, const std::string& zone, bool update) const {
  const std::string server = "The DNS server " + server_.host + " port " + std::to_string(server_.port);
  switch (answer.tsig_error) {
    case kBadSig:
      throw Error(Code::kUnauthenticated,
                  server + " says that our signature is wrong (BADSIG): the secret of the key " + key_name_ +
                      " differs from the server's; enter the server's secret.");
    case kBadKey:
      throw Error(Code::kUnauthenticated, server + " does not take the key " + key_name_ +
                                              " (BADKEY): it does not know the key with " + algorithm_ +
                                              ", or does not let it " +
                                              (update ? "change this name in " : "read ") + zone +
                                              "; check the key's name, algorithm and access rules.");
    case kBadTime: {
      const auto ours =
          std::chrono::duration_cast<std::chrono::seconds>(host().wall().time_since_epoch()).count();
      throw Error(Code::kUnauthenticated,
                  server + " says that the clocks differ (BADTIME): here it is " + utc(ours) + ", there " +
                      (answer.server_time != 0 ? utc(answer.server_time) : "another time") +
                      "; set the clock that is wrong.");
    }
    case 0:
      break;
    default:
      throw Error(Code::kUnauthenticated, server + " refuses our signature with TSIG error " +
                                              std::to_string(answer.tsig_error) + ".");
  }
  switch (answer.rcode) {
    case kRefused:
      throw Error(Code::kPermissionDenied, server + " refuses (REFUSED); let the key " + key_name_ +
                                               (update ? " change TXT records of " : " read ") + zone + ".");
    case kNotAuth:
      throw Error(Code::kNotFound,
                  server + " does not have the zone " + zone +
                      " as its primary (NOTAUTH); set \"server\" to the primary or check the zone.");
    case kNotZone:
      throw Error(Code::kInvalidArgument,
                  server + " says that the name is not in the zone " + zone + " (NOTZONE).");
    case kNotImp:
      throw Error(Code::kFailedPrecondition,
                  server + " does not take dynamic updates (NOTIMP); switch them on.");
    case kFormErr:
      throw Error(Code::kFailedPrecondition, server + " does not understand our message (FORMERR).");
    case kServFail:
      throw Error(Code::kInternal, server + " failed (SERVFAIL); look at its log.");
    default:
      throw Error(Code::kInternal, server + " answered with code " + std::to_string(answer.rcode) + ".");
  }
}

void Rfc2136::conflict(const Place& at, const Found& found) {
  std::string what = "nothing";
  if (found.alias) {
    what = "a CNAME";
  } else if (found.values.size() > 1) {
    what = std::to_string(found.values.size()) + " TXT records";
  } else if (found.values.size() == 1) {
    what = "\"" + found.values.front().joined + "\"";
  }
  throw Error(Code::kAborted, "What was expected at " + at.name + " is not there; found: " + what + ".");
}

}  // namespace paynamed::rfc2136

PAYNAMED_MODULE(paynamed::rfc2136::Rfc2136, "rfc2136", "1.0.0", paynamed::rfc2136::kConfigSchema)
