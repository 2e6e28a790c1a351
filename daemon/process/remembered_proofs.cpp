#include "process/remembered_proofs.hpp"

namespace paynamed::process {

std::optional<RememberedProofs::Found> RememberedProofs::find(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(name);
  if (place == places_.end()) return std::nullopt;
  recent_.splice(recent_.begin(), recent_, place->second);
  ++place->second->found.asked;
  return place->second->found;
}

void RememberedProofs::put(const std::string& name, const state::Proof& proof) {
  const std::lock_guard lock(mutex_);
  if (const auto place = places_.find(name); place != places_.end()) {
    recent_.erase(place->second);
    places_.erase(place);
  }
  recent_.push_front({name, {proof, 0}});
  places_[name] = recent_.begin();
  if (recent_.size() > most_) {
    places_.erase(recent_.back().name);
    recent_.pop_back();
  }
}

bool RememberedProofs::begin_renewal(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return renewing_.insert(name).second;
}

void RememberedProofs::end_renewal(const std::string& name) {
  const std::lock_guard lock(mutex_);
  renewing_.erase(name);
}

}  // namespace paynamed::process
