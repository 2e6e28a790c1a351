#include "change_status.hpp"

namespace paynamed::route53 {
namespace {

// Somebody's first question and the dns.await of a run come a second after the change.
constexpr std::chrono::milliseconds kAskFirst{900};
constexpr std::chrono::seconds kAskAgain{2};
constexpr std::chrono::seconds kMostTime{10};
constexpr std::size_t kMostKnown = 4'096;

}  // namespace

void ChangeStatus::submitted(const std::string& change_id) {
  const auto [at, fresh] = known_.try_emplace(change_id);
  if (!fresh) return;
  order_.push_back(change_id);
  at->second.ask_from = host_.monotonic() + kAskFirst;
  make_room();
}

void ChangeStatus::find(const std::string& change_id, const Call& call, Then then) {
  const auto [at, fresh] = known_.try_emplace(change_id);
  if (fresh) order_.push_back(change_id);
  Known& known = at->second;
  if (known.asking) {
    known.waiting.push_back(std::move(then));
    return;
  }
  const bool recent = !fresh && host_.monotonic() < known.ask_from;
  if (known.state != State::kPending || recent) return then(known.state);
  known.waiting.push_back(std::move(then));
  known.asking = true;
  ApiRequest request;
  request.path = "change/" + change_id;
  request.background = call.background();
  request.doing = "asking for the change " + change_id;
  // For all who ask meanwhile, so it does not end with this call.
  Call::Info info;
  info.deadline = host_.monotonic() + kMostTime;
  info.background = call.background();
  const auto learn = [this, change_id](Result<ChangeInfo> read) {
    if (read.code() == Code::kNotFound) return finish(change_id, State::kUnknown);
    if (!read.ok()) return finish(change_id, read.error());
    finish(change_id, read->in_sync ? State::kInSync : State::kPending);
  };
  make_room();
  api_.ask<ChangeInfo>(std::move(request), Call(std::move(info)), read_change_info, learn);
}

void ChangeStatus::finish(const std::string& change_id, Result<State> result) {
  Known& known = known_.at(change_id);
  known.asking = false;
  known.ask_from = host_.monotonic() + kAskAgain;
  if (result.ok()) known.state = *result;
  const auto waiting = std::exchange(known.waiting, {});
  for (const auto& then : waiting) then(result);
}

void ChangeStatus::make_room() {
  for (std::size_t i = 0; order_.size() > kMostKnown && i < order_.size(); ++i) {
    const auto oldest = std::move(order_.front());
    order_.pop_front();
    if (known_.at(oldest).asking) {
      order_.push_back(oldest);
    } else {
      known_.erase(oldest);
    }
  }
}

}  // namespace paynamed::route53
