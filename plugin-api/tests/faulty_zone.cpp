#include "faulty_zone.hpp"

#include <algorithm>
#include <thread>

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

constexpr auto kPatience = std::chrono::seconds(1);
constexpr std::uint32_t kMinTtl = 60;
constexpr std::uint32_t kMaxTtl = 3'600;
constexpr std::size_t kMaxTxtBytes = 2'000;
constexpr std::size_t kLongestLabel = 63;
constexpr int kGathering = 4;  // the threads of a Blocking<> plugin

// The one that the next instance is made for.
MemoryPeer* connected_peer = nullptr;
Fault connected_fault = Fault::kNone;

std::vector<std::string> values_of(const MemoryPeer::Records& records) {
  std::vector<std::string> values;
  for (const PeerTxt& each : records) values.push_back(each.value);
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<std::string> expected_values(const PublishRequest& request) {
  if (request.has_previous_value()) return {request.previous_value()};
  std::vector<std::string> values(request.previous_values().values().begin(),
                                  request.previous_values().values().end());
  std::sort(values.begin(), values.end());
  return values;
}

bool is_name(const std::string& name) {
  if (name.empty() || name.back() != '.') return false;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t dot = name.find('.', at);
    if (dot == at || dot - at > kLongestLabel) return false;
    at = dot + 1;
  }
  return true;
}

[[noreturn]] void conflict(const std::string& name) {
  throw Error(Code::kAborted, "What was expected at " + name + " is not there.");
}

}  // namespace

std::vector<PeerTxt> MemoryPeer::txt(const std::string& name) {
  const std::lock_guard lock(mutex_);
  catch_up();
  ++looks_;
  changed_.notify_all();
  const auto found = records_.find(name);
  return found == records_.end() ? Records() : found->second;
}

void MemoryPeer::add_txt(const std::string& name, const std::string& value) {
  change(name, [&](Records& records) { records.push_back({value, 300}); });
}

void MemoryPeer::add_cname(const std::string& name, const std::string& target) {
  const std::lock_guard lock(mutex_);
  cnames_[name] = target;
}

void MemoryPeer::clear(const std::string& name) {
  const std::lock_guard lock(mutex_);
  records_.erase(name);
  cnames_.erase(name);
}

std::optional<std::uint64_t> MemoryPeer::version() {
  const std::lock_guard lock(mutex_);
  return version_;
}

void MemoryPeer::lose_next_write_reply() {
  const std::lock_guard lock(mutex_);
  loses_ = true;
}

void MemoryPeer::add_txt_after_next_write(const std::string& name, const std::string& value) {
  const std::lock_guard lock(mutex_);
  planted_next_.emplace(name, value);
}

void MemoryPeer::throttle_next(int requests) {
  const std::lock_guard lock(mutex_);
  throttled_ = requests;
}

bool MemoryPeer::change(const std::string& name, const std::function<void(Records&)>& work) {
  return change_if(
             name, [](const Records&) { return true; }, work)
      .value();
}

std::optional<bool> MemoryPeer::change_if(const std::string& name,
                                          const std::function<bool(const Records&)>& holds,
                                          const std::function<void(Records&)>& work) {
  const std::lock_guard lock(mutex_);
  if (delays_) {
    late_.emplace_back([this, name, holds, work] { change_now(name, holds, work); });
    return false;
  }
  if (!change_now(name, holds, work)) return std::nullopt;
  return !std::exchange(loses_, false);
}

bool MemoryPeer::change_now(const std::string& name, const Holds& holds, const Work& work) {
  const auto found = records_.find(name);
  if (!holds(found == records_.end() ? Records() : found->second)) return false;
  work(records_[name]);
  if (records_[name].empty()) records_.erase(name);
  ++version_;
  if (const auto planted = std::exchange(planted_next_, std::nullopt)) {
    records_[planted->first].push_back({planted->second, 300});
    ++version_;
  }
  return true;
}

void MemoryPeer::catch_up() {
  for (const auto& each : std::exchange(late_, {})) each();
}

void MemoryPeer::delay_writes(std::chrono::milliseconds time) {
  const std::lock_guard lock(mutex_);
  delays_ = time.count() > 0;
  if (!delays_) catch_up();
}

MemoryPeer::Records MemoryPeer::find(const std::string& name) {
  const std::lock_guard lock(mutex_);
  catch_up();
  const auto found = records_.find(name);
  return found == records_.end() ? Records() : found->second;
}

bool MemoryPeer::has_cname(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return cnames_.contains(name);
}

std::map<std::string, MemoryPeer::Records> MemoryPeer::all() {
  const std::lock_guard lock(mutex_);
  catch_up();
  return records_;
}

bool MemoryPeer::throttled() {
  const std::lock_guard lock(mutex_);
  return throttled_ > 0 && throttled_-- > 0;
}

void MemoryPeer::wait_until_seen() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kPatience, [this, from = looks_] { return looks_ >= from + 2; });
}

void MemoryPeer::gather(int count) {
  std::unique_lock lock(mutex_);
  ++gathered_;
  changed_.notify_all();
  changed_.wait_for(lock, kPatience, [this, count] { return gathered_ >= count; });
}

void FaultyZone::connect(MemoryPeer* peer, Fault fault) {
  connected_peer = peer;
  connected_fault = fault;
}

FaultyZone::FaultyZone(Host host, const Config& config)
    : Blocking<DnsProvider>(std::move(host)),
      peer_(*connected_peer),
      fault_(connected_fault),
      token_(config.secret("token")) {}

FaultyZone::DescribeDnsReply FaultyZone::describe(DescribeDnsRequest, Call&) {
  DescribeDnsReply reply;
  reply.set_max_txt_bytes(kMaxTxtBytes);
  reply.set_min_ttl_seconds(kMinTtl);
  reply.set_max_ttl_seconds(kMaxTtl);
  reply.set_compare_and_set(true);
  reply.set_replaces_several(true);
  reply.set_list_names(true);
  reply.set_summary("A zone in memory.");
  return reply;
}

void FaultyZone::check_access(const std::string& zone, const std::string& name) {
  const std::string token(token_.read_now().reveal());
  if (has(Fault::kLogsItsToken)) host().log(Level::kDebug, "asking with " + token);
  if (token != kRightToken) {
    throw Error(Code::kUnauthenticated, "The server refuses the token" +
                                            (has(Fault::kShowsItsToken) ? " " + token : std::string()) +
                                            "; set another one.");
  }
  if (zone != peer_.apex() && !has(Fault::kFindsEveryZone)) {
    throw Error(Code::kNotFound, "There is no zone " + zone + ".");
  }
  if (!name.empty() && (!is_name(name) || !name.ends_with("." + zone))) {
    throw Error(Code::kInvalidArgument, "\"" + name + "\" is no name in " + zone + ".");
  }
  if (peer_.throttled() && !has(Fault::kSwallowsThrottling)) {
    throw Error(Code::kResourceExhausted, "Too many requests.", {},
                has(Fault::kThrottlesWithoutAWish) ? 0U : 50U);
  }
}

void FaultyZone::check_record(const TxtRecord& record) const {
  if (record.name().empty() || record.value().empty() || record.value().size() > kMaxTxtBytes) {
    throw Error(Code::kInvalidArgument, "The record has no name, no value or too long a value.");
  }
  const bool right = record.ttl_seconds() >= kMinTtl && record.ttl_seconds() <= kMaxTtl;
  if (!right && !has(Fault::kTakesAnyTtl)) throw Error(Code::kInvalidArgument, "The TTL is not allowed.");
}

FaultyZone::PublishReply FaultyZone::publish(PublishRequest request, Call&) {
  const auto& record = request.record();
  const bool refused = peer_.throttled();
  if (refused && has(Fault::kSwallowsThrottling)) return {};
  if (refused) peer_.throttle_next(1);
  check_access(request.zone(), record.name());
  check_record(record);
  if (request.expected_case() == PublishRequest::EXPECTED_NOT_SET && !has(Fault::kTakesMissingExpectations)) {
    throw Error(Code::kInvalidArgument, "Say what is expected.");
  }
  if (peer_.has_cname(record.name()) && !has(Fault::kIgnoresCnames)) {
    throw Error(Code::kFailedPrecondition, "There is a CNAME.");
  }
  if (has(Fault::kRemembersValues)) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(published_[record.name()], record.value()) == record.value()) return {};
  }
  PeerTxt wanted{record.value(), has(Fault::kForgetsTtls) ? kMinTtl : record.ttl_seconds()};
  if (has(Fault::kUnescapes)) std::erase(wanted.value, '\\');

  PublishReply reply;
  const Records found = peer_.find(record.name());
  const bool stands = values_of(found) == std::vector{wanted.value};
  if (stands && !has(Fault::kForgetsKeys) && !has(Fault::kWritesWithoutAChange)) return reply;
  reply.set_changed(true);
  replace(record.name(), {wanted},
          stands && has(Fault::kWritesWithoutAChange) ? values_of(found) : expected_values(request));
  return reply;
}

void FaultyZone::replace(const std::string& name, const Records& wanted,
                         const std::vector<std::string>& expected) {
  // By value: a slow server comes to them later.
  const auto as_expected = [this, expected](const Records& records) {
    const auto values = values_of(records);
    if (has(Fault::kOverwritesStrangers)) return true;
    if (has(Fault::kAddsBeside) && expected.empty()) return true;
    if (has(Fault::kReplacesASubset) && expected.size() > 1) {
      return std::includes(values.begin(), values.end(), expected.begin(), expected.end());
    }
    return values == expected;
  };
  const auto all = [this, wanted](Records& records) {
    if (has(Fault::kAddsBeside)) {
      records.insert(records.end(), wanted.begin(), wanted.end());
    } else {
      records = wanted;
    }
  };
  if (has(Fault::kChecksBeforeTheLock)) {
    if (!as_expected(peer_.find(name))) conflict(name);
    peer_.gather(kGathering);
    peer_.change(name, all);
    return;
  }
  if (has(Fault::kDeletesThenAdds) || (has(Fault::kReplacesOneByOne) && expected.size() > 1)) {
    const bool one = has(Fault::kReplacesOneByOne);
    const auto removed = peer_.change_if(name, as_expected, [one](Records& records) {
      if (one) {
        records.pop_back();
      } else {
        records.clear();
      }
    });
    if (!removed) conflict(name);
    peer_.wait_until_seen();
    peer_.change(name, all);
    return;
  }
  const auto answered = peer_.change_if(name, as_expected, all);
  if (!answered) conflict(name);
  if (has(Fault::kAbortsWhatStands) && values_of(peer_.find(name)) != values_of(wanted)) conflict(name);
  if (!*answered) {
    throw Error(has(Fault::kSaysNothingWasSent) ? Code::kUnavailable : Code::kUnknown, "No answer came.");
  }
}

FaultyZone::WithdrawReply FaultyZone::withdraw(WithdrawRequest request, Call&) {
  check_access(request.zone(), request.name());
  if (request.value().empty()) throw Error(Code::kInvalidArgument, "Name the value.");
  WithdrawReply reply;
  const std::vector<std::string> found = values_of(peer_.find(request.name()));
  if (found.empty() && has(Fault::kWithdrawNeedsARecord)) throw Error(Code::kNotFound, "There is no record.");
  if (found.empty()) return reply;
  reply.set_changed(true);
  replace(request.name(), {}, has(Fault::kWithdrawsAnything) ? found : std::vector{request.value()});
  return reply;
}

FaultyZone::ReadReply FaultyZone::read(ReadRequest request, Call&) {
  check_access(request.zone(), request.name());
  ReadReply reply;
  for (const PeerTxt& each : peer_.find(request.name())) {
    auto* record = reply.add_records();
    record->set_name(request.name());
    record->set_value(has(Fault::kReadsOneString) ? each.value.substr(0, 255) : each.value);
    record->set_ttl_seconds(each.ttl_seconds);
  }
  return reply;
}

FaultyZone::ListNamesReply FaultyZone::list_names(ListNamesRequest request, Call&) {
  check_access(request.zone(), {});
  std::vector<TxtRecord> all;
  const std::string suffix =
      request.suffix().empty() && !has(Fault::kNeedsASuffix) ? peer_.apex() : request.suffix();
  for (const auto& [name, records] : peer_.all()) {
    const bool is_suffix = name == suffix && has(Fault::kListsTheSuffix);
    if (suffix.empty() || !(is_suffix || name.ends_with("." + suffix))) continue;
    for (const PeerTxt& each : records) {
      TxtRecord record;
      record.set_name(name);
      record.set_value(each.value);
      record.set_ttl_seconds(each.ttl_seconds);
      all.push_back(std::move(record));
    }
  }
  std::size_t at = 0;
  for (const char digit : request.page()) {
    if (digit < '0' || digit > '9' || at > all.size())
      throw Error(Code::kInvalidArgument, "That is no page.");
    at = at * 10 + static_cast<std::size_t>(digit - '0');
  }
  ListNamesReply reply;
  const std::size_t end = std::min(all.size(), at + request.limit());
  for (std::size_t i = at; i < end; ++i) *reply.add_records() = all[i];
  if (end < all.size() && !has(Fault::kStopsAtAPage)) {
    reply.set_next_page(std::to_string(has(Fault::kRepeatsAtPages) ? end - 1 : end));
  }
  return reply;
}

FaultyZone::SyncStatusReply FaultyZone::sync_status(SyncStatusRequest, Call&) {
  SyncStatusReply reply;
  reply.set_state(SyncStatusReply::IN_SYNC);
  return reply;
}

}  // namespace paynamed::testing
