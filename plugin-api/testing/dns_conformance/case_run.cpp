#include "case_run.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <random>
#include <thread>

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

// A case ends: it failed, or it does not apply.
struct Ended {};
struct Skipped {
  std::string why;
};

constexpr std::size_t kShownBytes = 60;
constexpr auto kBetweenLooks = std::chrono::milliseconds(1);

std::string unique_label() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::random_device chance;
  std::string text;
  for (int i = 0; i < 12; ++i) text += kDigits[chance() % 16];
  return text;
}

}  // namespace

void PeerZone::add_cname(const std::string& /*name*/, const std::string& /*target*/) {
  throw Error(Code::kUnimplemented, "This PeerZone cannot add a CNAME; say so in DnsCapabilities::cname.");
}
void PeerZone::lose_next_write_reply() {
  throw Error(Code::kUnimplemented, "This PeerZone cannot lose replies; say so in DnsCapabilities.");
}
void PeerZone::add_txt_after_next_write(const std::string& /*name*/, const std::string& /*value*/) {
  throw Error(Code::kUnimplemented,
              "This PeerZone cannot add a record in between; say so in DnsCapabilities.");
}
void PeerZone::throttle_next(int /*requests*/) {
  throw Error(Code::kUnimplemented, "This PeerZone cannot throttle; say so in DnsCapabilities.");
}
void PeerZone::delay_writes(std::chrono::milliseconds /*time*/) {
  throw Error(Code::kUnimplemented, "This PeerZone cannot delay; say so in DnsCapabilities.");
}

DnsCaseResult run_dns_case(const DnsCase& which, DnsSubject& subject) {
  DnsCaseRun run(subject);
  run.run(which);
  return run.finish();
}

DnsCaseRun::DnsCaseRun(DnsSubject& subject) : subject_(subject), unique_(unique_label()) {}

void DnsCaseRun::run(const DnsCase& which) {
  try {
    which.run(*this);
  } catch (const Ended&) {
    // Noted already.
  } catch (const Skipped& skipped) {
    result_.skipped = skipped.why;
  } catch (const std::exception& error) {
    note(std::string("The fixture failed: ") + error.what());
  }
}

DnsCaseResult DnsCaseRun::finish() {
  for (const std::string& each : names_) {
    try {
      zone().clear(each);
    } catch (const std::exception& error) {
      note("The fixture cannot clear " + each + ": " + error.what());
    }
  }
  look_for_secrets(subject_.logged(), "A log line");
  return std::move(result_);
}

const DescribeDnsReply& DnsCaseRun::described() {
  if (!described_) {
    const auto reply = call<DescribeDnsReply>(plugin(), "Describe", DescribeDnsRequest());
    require_ok(reply, "Describe");
    described_ = reply.value();
  }
  return *described_;
}

std::string DnsCaseRun::new_name() {
  names_.push_back("pn" + unique_ + "-" + std::to_string(names_.size()) + "." + zone().suffix());
  return names_.back();
}

std::string DnsCaseRun::new_key() {
  return unique_ + "/publish/" + std::to_string(++keys_);
}

std::uint32_t DnsCaseRun::usual_ttl() {
  const auto& limits = described();
  const std::uint32_t most = limits.max_ttl_seconds() == 0 ? 86'400 : limits.max_ttl_seconds();
  return std::clamp<std::uint32_t>(300, std::min(limits.min_ttl_seconds(), most), most);
}

void DnsCaseRun::expect(bool holds, const std::string& otherwise) {
  if (!holds) note(otherwise);
}

void DnsCaseRun::note(const std::string& failure) {
  const std::lock_guard lock(mutex_);
  result_.failures.push_back(failure);
}

void DnsCaseRun::require(bool holds, const std::string& otherwise) {
  if (!holds) fail(otherwise);
}

void DnsCaseRun::fail(const std::string& what) {
  note(what);
  throw Ended();
}

void DnsCaseRun::skip(const std::string& why) {
  throw Skipped{why};
}

PublishRequest DnsCaseRun::creation(const std::string& name, const std::string& value) {
  PublishRequest request;
  request.set_zone(zone().apex());
  request.mutable_record()->set_name(name);
  request.mutable_record()->set_value(value);
  request.mutable_record()->set_ttl_seconds(usual_ttl());
  request.mutable_record()->set_comment("managed by paynamed");
  request.set_absent(true);
  return request;
}

PublishRequest DnsCaseRun::replacement(const std::string& name, const std::string& value,
                                       const Values& previous) {
  PublishRequest request = creation(name, value);
  if (previous.size() == 1) {
    request.set_previous_value(previous.front());
  } else {
    for (const std::string& each : previous) request.mutable_previous_values()->add_values(each);
  }
  return request;
}

WithdrawRequest DnsCaseRun::withdrawal(const std::string& name, const std::string& value) {
  WithdrawRequest request;
  request.set_zone(zone().apex());
  request.set_name(name);
  request.set_value(value);
  return request;
}

Result<PublishReply> DnsCaseRun::publish(const PublishRequest& request, const std::string& key) {
  return call<PublishReply>(plugin(), "Publish", request, key);
}

Result<WithdrawReply> DnsCaseRun::withdraw(const WithdrawRequest& request, const std::string& key) {
  return call<WithdrawReply>(plugin(), "Withdraw", request, key);
}

void DnsCaseRun::expect_zone(const std::string& name, Values expected, const std::string& when) {
  std::sort(expected.begin(), expected.end());
  const Values found = values_at(zone(), name);
  expect(found == expected, when + " the zone must have " + shown(expected) + ", but it has " + shown(found));
}

void DnsCaseRun::expect_read(const std::string& name, Values expected, const std::string& when) {
  ReadRequest request;
  request.set_zone(zone().apex());
  request.set_name(name);
  const auto reply = call<ReadReply>(plugin(), "Read", request);
  expect_ok(reply, "Read");
  if (!reply.ok()) return;
  Values found;
  for (const TxtRecord& each : reply->records()) {
    found.push_back(each.value());
    expect(each.name() == name, "Read gives the name \"" + each.name() + "\" for " + name);
  }
  std::sort(found.begin(), found.end());
  std::sort(expected.begin(), expected.end());
  expect(found == expected, when + " Read must give " + shown(expected) + ", but gives " + shown(found));
}

void DnsCaseRun::given(const std::string& name, const std::string& value) {
  require_ok(settle<PublishReply>("Publish", creation(name, value), new_key()), "publishing " + value);
}

bool DnsCaseRun::passes(Code code) {
  return code == Code::kUnavailable || code == Code::kResourceExhausted || leaves_open(code);
}

bool DnsCaseRun::leaves_open(Code code) {
  return code == Code::kUnknown || code == Code::kDeadlineExceeded || code == Code::kInternal ||
         code == Code::kCancelled;
}

std::vector<Values> DnsCaseRun::watched(const std::string& name, const std::function<void()>& work) {
  std::vector<Values> seen{values_at(zone(), name)};
  std::exception_ptr failure;
  std::atomic<bool> over = false;
  std::thread watcher([&] {
    try {
      while (!over) {
        Values now = values_at(zone(), name);
        if (now != seen.back()) seen.push_back(std::move(now));
        std::this_thread::sleep_for(kBetweenLooks);
      }
    } catch (...) {
      failure = std::current_exception();
    }
  });
  try {
    work();
  } catch (...) {
    over = true;
    watcher.join();
    throw;
  }
  over = true;
  watcher.join();
  if (failure) std::rethrow_exception(failure);
  Values last = values_at(zone(), name);
  if (last != seen.back()) seen.push_back(std::move(last));
  return seen;
}

void DnsCaseRun::at_once(const std::function<void()>& first, const std::function<void()>& second) {
  std::exception_ptr failure;
  std::thread beside([&] {
    try {
      first();
    } catch (...) {
      failure = std::current_exception();
    }
  });
  try {
    second();
  } catch (...) {
    beside.join();
    throw;
  }
  beside.join();
  if (failure) std::rethrow_exception(failure);
}

void DnsCaseRun::look_at(const std::string& method, const Error& error) {
  look_for_secrets(error.message() + " " + error.detail(), "The error of " + method);
  expect(!error.message().empty(), "The error of " + method + " says nothing.");
  if (error.code() == Code::kResourceExhausted) {
    expect(error.retry_after_ms() > 0, "RESOURCE_EXHAUSTED of " + method + " must say when to try again.");
  }
}

void DnsCaseRun::look_for_secrets(const std::string& text, const std::string& where) {
  for (const std::string& secret : subject_.secrets()) {
    expect(secret.empty() || text.find(secret) == std::string::npos, where + " shows a secret.");
  }
}

void DnsCaseRun::judge_code(Code code, const std::string& told, std::initializer_list<Code> allowed,
                            const std::string& what) {
  if (std::find(allowed.begin(), allowed.end(), code) != allowed.end()) return;
  std::string names;
  for (const Code each : allowed) names += (names.empty() ? "" : " or ") + name_of(each);
  expect(false, what + " must give " + names + ", but: " + (code == Code::kOk ? "OK" : told));
}

std::string DnsCaseRun::told(const Error& error) {
  return name_of(error.code()) + ": " + error.message() +
         (error.detail().empty() ? "" : " (" + error.detail() + ")");
}

Values values_at(PeerZone& zone, const std::string& name) {
  Values values;
  for (const PeerTxt& each : zone.txt(name)) values.push_back(each.value);
  std::sort(values.begin(), values.end());
  return values;
}

std::string shown(const Values& values) {
  std::string text;
  for (const std::string& each : values) {
    text += (text.empty() ? "\"" : ", \"") + each.substr(0, kShownBytes) + "\"";
    if (each.size() > kShownBytes) text += "... of " + std::to_string(each.size()) + " bytes";
  }
  return "{" + text + "}";
}

std::string name_of(Code code) {
  static constexpr std::array kNames = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  return kNames.at(static_cast<std::size_t>(code));
}

}  // namespace paynamed::testing
