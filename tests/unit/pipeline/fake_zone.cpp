#include "tests/unit/pipeline/fake_zone.hpp"

#include <algorithm>
#include <utility>

#include "paynamed/plugin/v1/dns_provider.pb.h"

namespace paynamed::pipeline {
namespace v1 = paynamed::plugin::v1;
using Answer = base::Result<std::string>;

const Answer* KeptAnswers::find(const std::string& key, const std::string& request) {
  if (key.empty()) mistakes.push_back("a mutating call without a key");
  const auto found = kept_.find(key);
  if (found == kept_.end()) return nullptr;
  if (found->second.request != request) mistakes.push_back("key " + key + " came with another request");
  return &found->second.answer;
}

void KeptAnswers::keep(const std::string& key, const std::string& request, Answer answer) {
  kept_.emplace(key, Kept{request, std::move(answer)});
}

Answer FakeZone::call(const PluginCall& call) {
  calls.push_back(call.method);
  if (before) before(call.method);
  if (call.method == "Describe") {
    v1::DescribeDnsReply reply;
    reply.set_compare_and_set(true);
    reply.set_replaces_several(replaces_several);
    reply.set_comments(keeps_comments);
    reply.set_max_request_ms(max_request_ms);
    return reply.SerializeAsString();
  }
  std::optional<Fault> fault;
  if (auto& queue = faults[call.method]; !queue.empty()) {
    fault = queue.front();
    queue.pop_front();
  }
  const base::Status failed{fault ? fault->code : base::Code::kOk, "the provider did not do it"};
  if (fault && fault->kind == Fault::Kind::kNothingDone) return base::fail(failed);
  if (fault && fault->kind == Fault::Kind::kLate) {
    late_.push_back(call);
    return base::fail(failed);
  }
  if (call.method == "Read") {
    v1::ReadRequest request;
    if (!request.ParseFromString(call.request) || request.zone() != "example.test.") {
      return base::fail(base::not_found("there is no such zone"));
    }
    v1::ReadReply reply;
    for (const std::string& value : records[request.name()]) {
      v1::TxtRecord* record = reply.add_records();
      record->set_name(request.name());
      record->set_value(value);
      record->set_ttl_seconds(300);
      record->set_comment(comments[request.name()]);
    }
    return reply.SerializeAsString();
  }
  if (call.method == "SyncStatus") {
    v1::SyncStatusRequest request;
    if (!request.ParseFromString(call.request) || request.zone() != "example.test." ||
        request.change_id() != change_id) {
      return base::fail(base::not_found("there is no such change"));
    }
    v1::SyncStatusReply reply;
    reply.set_state(pending_answers > 0 ? v1::SyncStatusReply::PENDING : v1::SyncStatusReply::IN_SYNC);
    pending_answers -= pending_answers > 0 ? 1 : 0;
    return reply.SerializeAsString();
  }
  if (const Answer* first = kept.find(call.key, call.request)) {
    if (fault) return base::fail(failed);
    return *first;
  }
  Answer answer = perform(call.method, call.request);
  kept.keep(call.key, call.request, answer);
  if (fault) return base::fail(failed);
  return answer;
}

void FakeZone::deliver_late() {
  for (const PluginCall& call : std::exchange(late_, {})) (void)perform(call.method, call.request);
}

Answer FakeZone::perform(const std::string& method, const std::string& request) {
  if (method == "Publish") {
    v1::PublishRequest wanted;
    if (!wanted.ParseFromString(request)) return base::fail(base::invalid_argument("no PublishRequest"));
    return publish(wanted);
  }
  v1::WithdrawRequest wanted;
  if (method != "Withdraw" || !wanted.ParseFromString(request)) {
    return base::fail(base::unimplemented("the zone cannot " + method));
  }
  return withdraw(wanted);
}

Answer FakeZone::publish(const v1::PublishRequest& request) {
  std::vector<std::string>& values = records[request.record().name()];
  v1::PublishReply reply;
  if (values.size() == 1 && values.front() == request.record().value()) {
    if (keeps_comments) comments[request.record().name()] = request.record().comment();
    return reply.SerializeAsString();
  }
  if (request.has_previous_values() && (!replaces_several || request.previous_values().values_size() < 2)) {
    kept.mistakes.push_back("previous values that this provider cannot take");
    return base::fail(base::invalid_argument("previous values"));
  }
  std::vector<std::string> expected;
  if (request.has_previous_value()) expected = {request.previous_value()};
  if (request.has_previous_values()) {
    const auto& several = request.previous_values().values();
    expected.assign(several.begin(), several.end());
  }
  const bool says = request.has_previous_value() || request.has_previous_values() || request.absent();
  if (!says || !std::is_permutation(values.begin(), values.end(), expected.begin(), expected.end())) {
    std::string found = "found:";
    for (const std::string& value : values) found += " " + value;
    return base::fail(base::aborted(found));
  }
  values = {request.record().value()};
  if (keeps_comments) comments[request.record().name()] = request.record().comment();
  history.push_back(values);
  reply.set_changed(true);
  reply.set_change_id(change_id);
  return reply.SerializeAsString();
}

Answer FakeZone::withdraw(const v1::WithdrawRequest& request) {
  std::vector<std::string>& values = records[request.name()];
  v1::WithdrawReply reply;
  if (values.empty()) return reply.SerializeAsString();
  if (values != std::vector<std::string>{request.value()}) {
    return base::fail(base::aborted("another value stands there"));
  }
  values.clear();
  history.push_back(values);
  reply.set_changed(true);
  return reply.SerializeAsString();
}

}  // namespace paynamed::pipeline
