#include "memory_zone.hpp"

namespace paynamed::examples {
namespace {

constexpr const char* kConfigSchema = R"({
  "type": "object",
  "properties": {
    "zone": {"type": "string", "description": "the apex, with its dot"},
    "delay": {"type": "string", "description": "how long a change takes to reach all servers, such as 2s"}
  },
  "required": ["zone"]
})";

}  // namespace

MemoryZone::MemoryZone(Host host, const Config& config)
    : host_(std::move(host)),
      zone_(config.string("zone")),
      delay_(config.duration("delay", std::chrono::seconds(0))) {
  if (!zone_.ends_with('.')) config.wrong("zone", "must end in a dot");
}

void MemoryZone::describe(DescribeDnsRequest, Reply<DescribeDnsReply> reply) {
  DescribeDnsReply description;
  description.set_compare_and_set(true);
  description.set_replaces_several(true);
  description.set_comments(true);
  description.set_max_ttl_seconds(86'400);
  description.set_summary("A zone in memory for " + zone_ + " that is gone when the daemon ends.");
  reply.ok(description);
}

void MemoryZone::publish(PublishRequest request, Reply<PublishReply> reply) {
  if (request.zone() != zone_)
    return reply.fail(Code::kNotFound, "This plugin has the zone " + zone_ + " only.");
  const auto& key = reply.call().idempotency_key();
  if (const auto before = answered_.find(key); !key.empty() && before != answered_.end()) {
    return reply.ok(before->second);
  }
  const auto& wanted = request.record();
  const auto found = records_.find(wanted.name());
  const auto* value = found == records_.end() ? nullptr : &found->second.value();
  if (request.has_absent() && value != nullptr && *value != wanted.value()) {
    return reply.fail(Code::kAborted, "There is another record at " + wanted.name() + ": " + *value);
  }
  if (request.has_previous_value() && (value == nullptr || *value != request.previous_value())) {
    return reply.fail(Code::kAborted, "The record at " + wanted.name() + " is " +
                                          (value == nullptr ? "absent" : *value) + ".");
  }
  // A name has one record here, so several are never what stands there.
  if (request.has_previous_values()) {
    return reply.fail(Code::kAborted, "The record at " + wanted.name() + " is " +
                                          (value == nullptr ? "absent" : *value) + " and no other.");
  }
  PublishReply done;
  done.set_changed(value == nullptr || *value != wanted.value());
  done.set_change_id(std::to_string(in_sync_.size() + 1));
  records_[wanted.name()] = wanted;
  in_sync_[done.change_id()] = false;
  host_.after(delay_, [this, id = done.change_id()] { in_sync_[id] = true; });
  if (!key.empty()) answered_[key] = done;
  host_.count("changes_total");
  host_.log(Level::kInfo, "published " + wanted.name(), reply.call());
  reply.ok(done);
}

void MemoryZone::withdraw(WithdrawRequest request, Reply<WithdrawReply> reply) {
  WithdrawReply done;
  const auto found = records_.find(request.name());
  if (found != records_.end()) {
    if (found->second.value() != request.value()) {
      return reply.fail(Code::kAborted,
                        "The record at " + request.name() + " is " + found->second.value() + ".");
    }
    records_.erase(found);
    done.set_changed(true);
  }
  reply.ok(done);
}

void MemoryZone::read(ReadRequest request, Reply<ReadReply> reply) {
  ReadReply done;
  if (const auto found = records_.find(request.name()); found != records_.end())
    *done.add_records() = found->second;
  reply.ok(done);
}

void MemoryZone::sync_status(SyncStatusRequest request, Reply<SyncStatusReply> reply) {
  const auto found = in_sync_.find(request.change_id());
  if (found == in_sync_.end())
    return reply.fail(Code::kNotFound, "There is no change " + request.change_id() + ".");
  SyncStatusReply done;
  done.set_state(found->second ? SyncStatusReply::IN_SYNC : SyncStatusReply::PENDING);
  reply.ok(done);
}

}  // namespace paynamed::examples

PAYNAMED_MODULE(paynamed::examples::MemoryZone, "memory_zone", "1.0.0", paynamed::examples::kConfigSchema)
