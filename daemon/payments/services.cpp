#include "payments/services.hpp"

#include <utility>

namespace paynamed::payments {

std::vector<std::string> Services::secret_handles_of(const state::NodePlace& place) const {
  if (place.reference.empty()) return {};
  for (WatchedNode& each : nodes()) {
    if (each.instance == place.instance && each.reference == place.reference)
      return std::move(each.secret_handles);
  }
  return {};
}

}  // namespace paynamed::payments
