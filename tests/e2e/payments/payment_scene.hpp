// What tests of payments ask of a daemon.
//
// Threads: one thread at a time.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {

inline std::vector<boost::json::object> events_of(const Scene& scene, const std::string& type) {
  std::vector<boost::json::object> all;
  for (const boost::json::object& event : scene.events()) {
    if (text(event, "type") == type) all.push_back(event);
  }
  return all;
}

inline std::vector<boost::json::object> items_of(const Scene& scene, const std::string& target) {
  std::vector<boost::json::object> all;
  const boost::json::object page = scene.get(target);
  for (const auto& each : page.at("items").as_array()) all.push_back(each.as_object());
  return all;
}

inline const boost::json::object& data_of(const boost::json::object& event) {
  return event.at("data").as_object();
}

// Looks until it is so; a failure of the test when it never is.
inline bool until(const std::function<bool()>& so) {
  for (int i = 0; i < 600; ++i) {
    if (so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  ADD_FAILURE() << "it never came to this";
  return false;
}

}  // namespace paynamed::e2e
