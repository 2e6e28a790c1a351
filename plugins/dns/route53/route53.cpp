#include "route53.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "config_schema.hpp"
#include "credentials/allowed_hosts.hpp"
#include "owner_name.hpp"
#include "signing.hpp"
#include "txt_value.hpp"

namespace paynamed::route53 {
namespace {

// Of plain text, whose quotation marks and spaces have to fit into one value, too.
constexpr std::uint32_t kMaxTxtBytes = 3'900;
constexpr std::size_t kMaxExpected = 400;        // values of one set
constexpr double kLongestBackgroundBatch = 1.0;  // seconds of the account's rate of changes
// Of the account's requests: so often at most goes out a batch that nobody waits for, and a page is read for
// nobody in particular; what remains is for the questions whether changes are in sync.
constexpr double kGatheringShare = 0.2;
// A request may be taken up by Route 53 a little after we have stopped waiting for its answer.
constexpr std::chrono::seconds kLate{5};

std::string endpoint_in(const Config& config, std::string_view key, const char* usual) {
  std::string url = config.string(key, usual);
  const std::string host = host_of(url);
  if (host.empty() || (url.starts_with("http://") && !is_loopback_host(host))) {
    config.wrong(key, "must be an https:// URL; http:// is only for this machine");
  }
  return url;
}

// Requests do not reach Route 53 as far apart as they were sent: a tenth of the burst is for that.
std::uint32_t careful_burst(std::int64_t burst) {
  return static_cast<std::uint32_t>(burst - burst / 10);
}

ApiSettings settings_in(const Config& config) {
  ApiSettings settings;
  settings.endpoint = endpoint_in(config, "endpoint", "https://route53.amazonaws.com");
  endpoint_in(config, "sts_endpoint", "https://sts.amazonaws.com");
  settings.region = config.string("region", "us-east-1");
  settings.requests_per_second = config.number("requests_per_second", 10);
  settings.request_burst = careful_burst(config.integer_or("request_burst", 50, 1, 10'000));
  settings.changes_per_second = config.number("changes_per_second", 50);
  settings.change_burst = careful_burst(config.integer_or("change_burst", 500, 1, 100'000));
  settings.timeout = config.duration("timeout", std::chrono::seconds(10));
  if (settings.timeout < std::chrono::seconds(1) || settings.timeout > std::chrono::minutes(2)) {
    config.wrong("timeout", "must be between 1s and 2m; a signature lives for 5 minutes");
  }
  if (settings.requests_per_second <= 0) config.wrong("requests_per_second", "must be greater than 0");
  if (settings.changes_per_second <= 0) config.wrong("changes_per_second", "must be greater than 0");
  return settings;
}

std::vector<std::string> expected_values(const plugin::v1::PublishRequest& request) {
  using Request = plugin::v1::PublishRequest;
  switch (request.expected_case()) {
    case Request::kAbsent:
      return {};
    case Request::kPreviousValue:
      return {request.previous_value()};
    case Request::kPreviousValues:
      break;
    default:
      throw Error(Code::kInvalidArgument,
                  "Publish must say what it expects at the name: absent or previous values.");
  }
  const auto& several = request.previous_values().values();
  if (several.empty() || static_cast<std::size_t>(several.size()) > kMaxExpected) {
    throw Error(Code::kInvalidArgument, "The previous values are " + std::to_string(several.size()) +
                                            "; there must be 1 to " + std::to_string(kMaxExpected) + ".");
  }
  return {several.begin(), several.end()};
}

std::string own_zone(const std::string& zone) {
  const auto name = to_route53(zone);
  if (!name || *name == ".")
    throw Error(Code::kInvalidArgument, "The zone \"" + zone + "\" is not a DNS name.");
  return *name;
}

template <class Message>
std::shared_ptr<Reply<Message>> shared(Reply<Message> reply) {
  return std::make_shared<Reply<Message>>(std::move(reply));
}

}  // namespace

Route53::Route53(Host host, const Config& config)
    : host_(host),
      min_ttl_(static_cast<std::uint32_t>(config.integer_or("min_ttl", 60, 0, 604'800))),
      max_ttl_(static_cast<std::uint32_t>(config.integer_or("max_ttl", 86'400, 1, 604'800))),
      settings_(settings_in(config)),
      credentials_(host, credential_sources(host, config, process_environment)),
      api_(host, credentials_, settings_),
      directory_(host, api_, without_prefix(config.string("zone_id", ""))),
      changes_(host, api_),
      listing_(host, api_) {
  if (min_ttl_ > max_ttl_) config.wrong("min_ttl", "must not be greater than \"max_ttl\"");
}

void Route53::describe(DescribeDnsRequest request, Reply<DescribeDnsReply> given) {
  if (request.zone().empty()) return given.ok(description());
  const std::string zone = own_zone(request.zone());
  const auto reply = shared(std::move(given));
  directory_.find(zone, reply->call().background(), [this, zone, reply](Result<HostedZone> found) {
    // Without the numbers the description is still right.
    if (!found.ok()) return reply->ok(description());
    ApiRequest asked;
    asked.path = "hostedzonelimit/" + found->id + "/MAX_RRSETS_BY_ZONE";
    asked.background = reply->call().background();
    asked.doing = "asking how many record sets " + zone + " may have";
    api_.ask<ZoneLimit>(std::move(asked), reply->call(), read_zone_limit,
                        [this, reply](Result<ZoneLimit> limit) {
                          DescribeDnsReply said = description();
                          if (limit.ok()) {
                            said.set_records_used(limit->used);
                            said.set_records_limit(limit->limit);
                          }
                          reply->ok(said);
                        });
  });
}

Route53::DescribeDnsReply Route53::description() const {
  DescribeDnsReply said;
  said.set_max_txt_bytes(kMaxTxtBytes);
  said.set_min_ttl_seconds(min_ttl_);
  said.set_max_ttl_seconds(max_ttl_);
  said.set_compare_and_set(true);
  said.set_replaces_several(true);
  said.set_max_batch(kMaxBatchRecords);
  said.set_list_names(true);
  said.set_list_zone(true);
  said.set_requests_per_second(settings_.requests_per_second);
  said.set_burst(settings_.request_burst);
  said.set_max_request_ms(static_cast<std::uint32_t>((settings_.timeout + kLate).count()));
  said.set_summary("Amazon Route 53 at " + settings_.endpoint);
  return said;
}

std::string Route53::own_name(const std::string& name, const std::string& zone) {
  const auto normal = to_route53(name);
  if (!normal) throw Error(Code::kInvalidArgument, "\"" + name + "\" is not a DNS name.");
  if (!is_in_zone(*normal, zone)) {
    throw Error(Code::kInvalidArgument, "The name " + name + " is not in the zone " + zone + ".");
  }
  return *normal;
}

void Route53::check_record(const TxtRecord& record) const {
  if (record.value().empty() || record.value().size() > kMaxTxtBytes) {
    throw Error(Code::kInvalidArgument, "The value has " + std::to_string(record.value().size()) +
                                            " bytes; it must have 1 to " + std::to_string(kMaxTxtBytes) +
                                            ".");
  }
  if (quote_txt(record.value()).size() > kMaxValueCharacters) {
    throw Error(
        Code::kInvalidArgument,
        "The value has more than 4000 characters as Route 53 writes it, where special ones take four.");
  }
  if (record.ttl_seconds() < min_ttl_ || record.ttl_seconds() > max_ttl_) {
    throw Error(Code::kInvalidArgument, "The TTL " + std::to_string(record.ttl_seconds()) +
                                            " is not between " + std::to_string(min_ttl_) + " and " +
                                            std::to_string(max_ttl_) +
                                            " seconds, as this instance is configured.");
  }
}

std::shared_ptr<Zone> Route53::at_work(const HostedZone& zone) {
  auto& found = zones_[zone.id];
  if (!found) {
    const auto most = std::max(1.0, std::floor(settings_.changes_per_second * kLongestBackgroundBatch));
    const double gather = std::min(1.0, 1.0 / (settings_.requests_per_second * kGatheringShare));
    BatchLimits limits;
    // What goes beyond the burst would be owed by whoever comes next.
    limits.most = settings_.change_burst;
    limits.most_background = static_cast<std::size_t>(most);
    limits.gather = std::chrono::nanoseconds(static_cast<std::int64_t>(gather * 1e9));
    found = std::make_shared<Zone>(host_, api_, zone, limits);
  }
  return found;
}

template <class Message>
void Route53::with_zone(const std::string& zone, const std::shared_ptr<Reply<Message>>& reply,
                        std::function<void(const std::shared_ptr<Zone>&)> work) {
  directory_.find(zone, reply->call().background(),
                  [this, reply, work = std::move(work)](Result<HostedZone> found) {
                    if (!found.ok()) return reply->fail(found.error());
                    work(at_work(*found));
                  });
}

template <class Message>
void Route53::finish(const std::string& zone, Reply<Message>& reply, const Result<Message>& result) {
  if (result.code() == Code::kNotFound) directory_.forget(zone);
  reply.finish(result);
}

void Route53::publish(PublishRequest request, Reply<PublishReply> given) {
  const std::string zone = own_zone(request.zone());
  Replacement::Wish wish;
  wish.name = own_name(request.record().name(), zone);
  wish.expected = expected_values(request);
  check_record(request.record());
  wish.value = request.record().value();
  wish.ttl_seconds = request.record().ttl_seconds();
  const auto reply = shared(std::move(given));
  with_zone<PublishReply>(zone, reply, [this, zone, wish, reply](const std::shared_ptr<Zone>& at) {
    Replacement::run(at, wish, reply->call(), [this, zone, reply](Result<Replacement::Done> done) {
      if (!done.ok()) return finish<PublishReply>(zone, *reply, done.error());
      if (!done->change_id.empty()) changes_.submitted(done->change_id);
      PublishReply said;
      said.set_change_id(done->change_id);
      said.set_changed(done->changed);
      reply->ok(said);
    });
  });
}

void Route53::withdraw(WithdrawRequest request, Reply<WithdrawReply> given) {
  const std::string zone = own_zone(request.zone());
  Replacement::Wish wish;
  wish.name = own_name(request.name(), zone);
  if (request.value().empty())
    throw Error(Code::kInvalidArgument, "Withdraw must say which value it takes away.");
  wish.expected = {request.value()};
  const auto reply = shared(std::move(given));
  with_zone<WithdrawReply>(zone, reply, [this, zone, wish, reply](const std::shared_ptr<Zone>& at) {
    Replacement::run(at, wish, reply->call(), [this, zone, reply](Result<Replacement::Done> done) {
      if (!done.ok()) return finish<WithdrawReply>(zone, *reply, done.error());
      if (!done->change_id.empty()) changes_.submitted(done->change_id);
      WithdrawReply said;
      said.set_change_id(done->change_id);
      said.set_changed(done->changed);
      reply->ok(said);
    });
  });
}

void Route53::read(ReadRequest request, Reply<ReadReply> given) {
  const std::string zone = own_zone(request.zone());
  const std::string name = own_name(request.name(), zone);
  const auto reply = shared(std::move(given));
  with_zone<ReadReply>(zone, reply, [this, zone, name, reply](const std::shared_ptr<Zone>& at) {
    at->reader.read(name, reply->call(), [this, zone, name, at, reply](Result<std::vector<RecordSet>> sets) {
      if (!sets.ok()) return finish<ReadReply>(zone, *reply, sets.error());
      ReadReply said;
      for (const RecordSet& set : *sets) {
        if (set.type != "TXT") continue;
        if (set.identifier.empty() && !set.alias) at->known.put(set);
        for (const auto& text : set.values) {
          auto* record = said.add_records();
          record->set_name(to_master_file(name).value_or(name));
          // What is not of Route 53's form is shown as it is.
          record->set_value(join_txt(text).value_or(text));
          record->set_ttl_seconds(set.ttl_seconds);
        }
      }
      reply->ok(said);
    });
  });
}

void Route53::list_names(ListNamesRequest request, Reply<ListNamesReply> given) {
  const std::string zone = own_zone(request.zone());
  const std::string suffix = request.suffix().empty() ? zone : own_name(request.suffix(), zone);
  const auto reply = shared(std::move(given));
  directory_.find(
      zone, reply->call().background(), [this, zone, suffix, request, reply](Result<HostedZone> found) {
        if (!found.ok()) return reply->fail(found.error());
        listing_.names(*found, suffix, request.page(), request.limit(), reply->call(),
                       [this, zone, reply](Result<ListNamesReply> page) { finish(zone, *reply, page); });
      });
}

void Route53::list_zone(ListZoneRequest request, Reply<ListZoneReply> given) {
  const std::string zone = own_zone(request.zone());
  const auto reply = shared(std::move(given));
  directory_.find(zone, reply->call().background(), [this, zone, request, reply](Result<HostedZone> found) {
    if (!found.ok()) return reply->fail(found.error());
    listing_.records(*found, request.page(), request.limit(), reply->call(),
                     [this, zone, reply](Result<ListZoneReply> page) { finish(zone, *reply, page); });
  });
}

void Route53::sync_status(SyncStatusRequest request, Reply<SyncStatusReply> given) {
  const std::string& id = request.change_id();
  const bool is_id = !id.empty() && id.size() <= 64 &&
                     std::all_of(id.begin(), id.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
  const auto answer = [](SyncStatusReply::State state, const char* explanation) {
    SyncStatusReply said;
    said.set_state(state);
    said.set_explanation(explanation);
    return said;
  };
  if (!is_id)
    return given.ok(answer(SyncStatusReply::NOT_KNOWN, "There is no change of Route 53 by that id."));
  const Call call = given.call();
  changes_.find(id, call, [reply = shared(std::move(given)), answer](Result<ChangeStatus::State> state) {
    if (!state.ok()) return reply->fail(state.error());
    switch (*state) {
      case ChangeStatus::State::kInSync:
        return reply->ok(answer(SyncStatusReply::IN_SYNC, "All servers of Route 53 have the change."));
      case ChangeStatus::State::kPending:
        return reply->ok(
            answer(SyncStatusReply::PENDING, "Route 53 is still taking the change to its servers."));
      case ChangeStatus::State::kUnknown:
        return reply->ok(answer(SyncStatusReply::NOT_KNOWN, "Route 53 does not know the change any more."));
    }
  });
}

void Route53::signing_status(SigningStatusRequest request, Reply<SigningStatusReply> given) {
  const std::string zone = own_zone(request.zone());
  const auto reply = shared(std::move(given));
  directory_.find(zone, reply->call().background(), [this, zone, reply](Result<HostedZone> found) {
    if (!found.ok()) return reply->fail(found.error());
    ApiRequest asked;
    asked.path = "hostedzone/" + found->id + "/dnssec";
    asked.background = reply->call().background();
    asked.doing = "asking for the signing of " + zone;
    api_.ask<SigningStatusReply>(
        std::move(asked), reply->call(), read_signing,
        [this, zone, reply](Result<SigningStatusReply> status) { finish(zone, *reply, status); });
  });
}

void Route53::enable_signing(EnableSigningRequest, Reply<EnableSigningReply> reply) {
  reply.fail(Code::kUnimplemented,
             "This plugin does not switch signing on; do it in the console of Route 53.");
}

void Route53::disable_signing(DisableSigningRequest, Reply<DisableSigningReply> reply) {
  reply.fail(Code::kUnimplemented,
             "This plugin does not switch signing off; do it in the console of Route 53.");
}

void Route53::put_foreign_keys(PutForeignKeysRequest, Reply<PutForeignKeysReply> reply) {
  reply.fail(Code::kUnimplemented, "Route 53 does not publish keys of other signers.");
}

void Route53::stop(std::function<void()> done) {
  api_.stop();
  for (const auto& [id, zone] : zones_) {
    zone->queue.stop();
    zone->reader.stop();
  }
  done();
}

}  // namespace paynamed::route53

PAYNAMED_MODULE(paynamed::route53::Route53, "route53", "1.0.0", paynamed::route53::kConfigSchema)
