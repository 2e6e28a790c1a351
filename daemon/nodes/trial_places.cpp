#include "nodes/trial_places.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <mutex>

namespace paynamed::nodes {
namespace {

// A trial has ended by then, or most of it.
constexpr std::uint32_t kComeAgainMs = 15'000;

base::Result<TrialPlaces::Trial> busy(std::string what) {
  return base::fail(base::resource_exhausted(std::move(what)).with_retry_after(kComeAgainMs));
}

}  // namespace

struct TrialPlaces::Taken {
  std::mutex mutex;
  std::map<state::NodePlace, std::string> tenants;  // guarded by mutex; whose trial is at the place

  void give_back(const state::NodePlace& place) {
    const std::lock_guard lock(mutex);
    tenants.erase(place);
  }
};

TrialPlaces::TrialPlaces() : taken_(std::make_shared<Taken>()) {}

base::Result<TrialPlaces::Trial> TrialPlaces::take(const std::string& tenant, const state::NodePlace& place) {
  const std::lock_guard lock(taken_->mutex);
  const auto count = [&](const auto& matches) {
    return static_cast<std::size_t>(std::ranges::count_if(taken_->tenants, [&](const auto& each) {
      return each.first.instance == place.instance && matches(each.second);
    }));
  };
  if (taken_->tenants.contains(place)) {
    return busy(
        fmt::format("the node at {} is being tried with secrets right now; try again when that is over",
                    place.reference));
  }
  if (count([&](const std::string& whose) { return whose == tenant; }) >= kMostOfTenant) {
    return busy(fmt::format("{} nodes are being tried for you at '{}' right now; try again when one is done",
                            kMostOfTenant, place.instance));
  }
  if (count([](const std::string&) { return true; }) >= kMostOfInstance) {
    return busy(fmt::format("many nodes are being tried at '{}' right now; try again soon", place.instance));
  }
  taken_->tenants.emplace(place, tenant);
  return Trial(taken_.get(), [taken = taken_, place](void*) { taken->give_back(place); });
}

}  // namespace paynamed::nodes
