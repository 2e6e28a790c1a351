#include "cloudflare.hpp"

#include <utility>

#include "config_schema.hpp"
#include "requests.hpp"
#include "signing.hpp"
#include "usage.hpp"
#include "wire_record.hpp"

namespace paynamed::cloudflare {
namespace {

// A Reply that several may hold; whoever is first answers.
template <class T>
std::shared_ptr<Reply<T>> shared(Reply<T> reply) {
  return std::make_shared<Reply<T>>(std::move(reply));
}

template <class T>
std::function<void(const Error&)> failing(const std::shared_ptr<Reply<T>>& reply) {
  return [reply](const Error& error) { reply->fail(error); };
}

Error too_late() {
  return Error(Code::kUnavailable, "Cloudflare did not answer in time; nothing was changed.");
}

}  // namespace

Cloudflare::Cloudflare(Host host, const Config& config)
    : host_(host),
      settings_(config),
      api_(host, settings_),
      zones_(api_, settings_),
      listing_(std::move(host)) {}

void Cloudflare::describe(DescribeDnsRequest request, Reply<DescribeDnsReply> reply) {
  const std::string domain = request.zone().empty() ? std::string() : zone_in(request.zone());
  const Call call = reply.call();
  const auto answer = shared(std::move(reply));
  call.when_cancelled([answer] { answer->fail(too_late()); });
  api_.ensure_token(call.background(), [this, domain, call, answer](const std::optional<Error>& bad) {
    if (bad && bad->code() == Code::kUnauthenticated) return answer->fail(*bad);
    auto description = this->description();
    // What the plugin can do does not depend on whether Cloudflare can be reached now.
    if (bad)
      description.set_summary(description.summary() + "; the token is not checked yet: " + bad->message());
    if (bad || domain.empty()) return answer->ok(description);
    describe_zone(domain, call, std::move(description), answer);
  });
}

void Cloudflare::describe_zone(const std::string& domain, const Call& call, DescribeDnsReply description,
                               const std::shared_ptr<Reply<DescribeDnsReply>>& answer) {
  // Without the numbers it is still right.
  const auto without = [description, answer](const Error&) { answer->ok(description); };
  with_zone(domain, call, without, [this, call, description, answer](const ZoneRef& zone, ZoneQueue&) {
    Request asked;
    asked.path = "/zones/" + zone.id + "/dns_records/usage";
    asked.background = call.background();
    api_.send(std::move(asked), Permission::kDnsRead, [description, answer](const Result<Answer>& said) {
      DescribeDnsReply whole = description;
      if (said.ok() && said->success) add_usage(said->result, whole);
      answer->ok(whole);
    });
  });
}

Cloudflare::DescribeDnsReply Cloudflare::description() const {
  DescribeDnsReply description;
  description.set_max_txt_bytes(kMaxTxtBytes);
  description.set_min_ttl_seconds(kMinTtl);
  description.set_max_ttl_seconds(kMaxTtl);
  description.set_comments(true);
  description.set_max_comment_bytes(static_cast<std::uint32_t>(comment_room(settings_.owner)));
  description.set_compare_and_set(false);
  description.set_replaces_several(true);
  description.set_max_batch(settings_.batch ? static_cast<std::uint32_t>(settings_.max_batch) : 1);
  description.set_list_names(true);
  description.set_list_zone(true);
  description.set_requests_per_second(settings_.per_second);
  description.set_burst(settings_.burst);
  description.set_max_request_ms(static_cast<std::uint32_t>(settings_.timeout.count()));
  description.set_summary("Cloudflare at " + settings_.endpoint + ", owner " + settings_.owner +
                          (settings_.zone_id.empty() ? std::string() : ", zone " + settings_.zone_id));
  return description;
}

void Cloudflare::with_zone(const std::string& domain, const Call& call, Failed failed,
                           std::function<void(const ZoneRef& zone, ZoneQueue& queue)> then) {
  // Until somebody else minds it.
  call.when_cancelled([failed] { failed(too_late()); });
  api_.ensure_token(call.background(), [this, domain, call, failed,
                                        then = std::move(then)](const std::optional<Error>& bad) {
    if (bad) return failed(*bad);
    zones_.find(domain, call.background(), [this, failed, then](const Result<ZoneRef>& zone) {
      if (!zone.ok()) return failed(zone.error());
      auto& queue = queues_[zone->id];
      if (!queue) queue = std::make_unique<ZoneQueue>(host_, api_, settings_, zone->id);
      then(*zone, *queue);
    });
  });
}

void Cloudflare::note_failure(const std::string& domain, const Error& error) {
  // The zone may have been removed and added again, under another id.
  if (error.code() == Code::kNotFound || error.code() == Code::kPermissionDenied) zones_.forget(domain);
}

void Cloudflare::change(const std::string& domain, Change change, const Call& call, ChangeRun::Then then) {
  const auto answer = [this, domain, then = std::move(then)](const Result<bool>& done) {
    if (!done.ok()) note_failure(domain, done.error());
    then(done);
  };
  with_zone(
      domain, call, [answer](const Error& error) { answer(error); },
      [change = std::move(change), call, answer](const ZoneRef&, ZoneQueue& queue) {
        queue.change(change, call, answer);
      });
}

void Cloudflare::publish(PublishRequest request, Reply<PublishReply> reply) {
  auto wanted = change_of(request, settings_);
  const Call call = reply.call();
  const auto answer = shared(std::move(reply));
  change(zone_in(request.zone()), std::move(wanted), call, [answer](const Result<bool>& done) {
    if (!done.ok()) return answer->fail(done.error());
    PublishReply published;
    published.set_changed(*done);
    answer->ok(published);
  });
}

void Cloudflare::withdraw(WithdrawRequest request, Reply<WithdrawReply> reply) {
  auto unwanted = change_of(request);
  const Call call = reply.call();
  const auto answer = shared(std::move(reply));
  change(zone_in(request.zone()), std::move(unwanted), call, [answer](const Result<bool>& done) {
    if (!done.ok()) return answer->fail(done.error());
    WithdrawReply withdrawn;
    withdrawn.set_changed(*done);
    answer->ok(withdrawn);
  });
}

void Cloudflare::read(ReadRequest request, Reply<ReadReply> reply) {
  const auto domain = zone_in(request.zone());
  const auto name = name_in(request.name(), domain);
  const Call call = reply.call();
  const auto answer = shared(std::move(reply));
  with_zone(domain, call, failing(answer), [=, this](const ZoneRef&, ZoneQueue& queue) {
    queue.read(name, call, [=, this](const Result<Found>& found) {
      if (!found.ok()) {
        note_failure(domain, found.error());
        return answer->fail(found.error());
      }
      ReadReply read;
      for (const Record& each : *found) {
        if (!each.is_txt()) continue;
        auto* record = read.add_records();
        record->set_name(each.name);
        record->set_value(each.value);
        record->set_ttl_seconds(each.ttl_seconds);
        record->set_comment(each.comment);
      }
      answer->ok(read);
    });
  });
}

void Cloudflare::list(const std::string& domain, Listing::Wanted wanted, const Call& call,
                      std::function<void(Result<Listing::Page>)> then) {
  wanted.background = call.background();
  with_zone(
      domain, call, [then](const Error& error) { then(error); },
      [this, wanted = std::move(wanted), then](const ZoneRef&, ZoneQueue& queue) {
        listing_.page(queue.records(), wanted, then);
      });
}

void Cloudflare::list_names(ListNamesRequest request, Reply<ListNamesReply> reply) {
  const auto domain = zone_in(request.zone());
  Listing::Wanted wanted;
  wanted.type = "TXT";
  wanted.below = request.suffix().empty() ? domain : name_in(request.suffix(), domain);
  wanted.page = request.page();
  wanted.limit = request.limit();
  const Call call = reply.call();
  const auto answer = shared(std::move(reply));
  list(domain, std::move(wanted), call, [answer](const Result<Listing::Page>& page) {
    if (!page.ok()) return answer->fail(page.error());
    ListNamesReply names;
    names.set_next_page(page->next);
    for (const Record& each : page->records) {
      auto* record = names.add_records();
      record->set_name(each.name);
      record->set_value(each.value);
      record->set_ttl_seconds(each.ttl_seconds);
      record->set_comment(each.comment);
    }
    answer->ok(names);
  });
}

void Cloudflare::list_zone(ListZoneRequest request, Reply<ListZoneReply> reply) {
  const auto domain = zone_in(request.zone());
  Listing::Wanted wanted;
  wanted.below = domain;
  wanted.itself = true;
  wanted.page = request.page();
  wanted.limit = request.limit();
  const Call call = reply.call();
  const auto answer = shared(std::move(reply));
  list(domain, std::move(wanted), call, [this, answer](const Result<Listing::Page>& page) {
    if (!page.ok()) return answer->fail(page.error());
    ListZoneReply zone;
    zone.set_next_page(page->next);
    for (const Record& each : page->records) {
      auto* record = zone.add_records();
      *record = zone_record_of(each);
      if (!record->rdata().empty()) continue;
      host_.log(Level::kWarning, each.name + " " + each.type +
                                     (each.proxied ? " is proxied, so its answers are Cloudflare's own"
                                                   : " has a form that is not known here") +
                                     "; it is listed without its data.");
    }
    answer->ok(zone);
  });
}

void Cloudflare::sync_status(SyncStatusRequest, Reply<SyncStatusReply> reply) {
  SyncStatusReply status;
  status.set_state(SyncStatusReply::NOT_KNOWN);
  status.set_explanation("Cloudflare does not say when a change has reached all its servers; ask them.");
  reply.ok(status);
}

void Cloudflare::signing_status(SigningStatusRequest request, Reply<SigningStatusReply> reply) {
  const auto domain = zone_in(request.zone());
  const Call call = reply.call();
  const auto answer = shared(std::move(reply));
  with_zone(domain, call, failing(answer), [this, domain, call, answer](const ZoneRef& zone, ZoneQueue&) {
    Request asked;
    asked.path = "/zones/" + zone.id + "/dnssec";
    asked.background = call.background();
    api_.send(std::move(asked), Permission::kDnsRead, [domain, zone, answer](const Result<Answer>& said) {
      if (!said.ok()) return answer->fail(said.error());
      if (!said->success) return answer->fail(refusal_of(*said));
      auto status = signing_status_of(said->result);
      if (zone.name != domain) {
        // The parent of `domain` is this zone, which delegates nothing.
        status.clear_ds();
        status.set_explanation(domain + " is part of the zone " + zone.name + ". " + status.explanation());
      }
      answer->ok(status);
    });
  });
}

}  // namespace paynamed::cloudflare

PAYNAMED_MODULE(paynamed::cloudflare::Cloudflare, "cloudflare", "1.0.0", paynamed::cloudflare::kConfigSchema)
