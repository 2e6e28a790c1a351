// NameWatch: daemons that watch their names at short intervals, and the questions that these tests ask.
//
// Threads: one thread at a time.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {

namespace json = boost::json;
using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

class NameWatch : public LabTest {
 protected:
  static Parts watched(const std::string& interval, const std::string& second_look = "1s") {
    Parts parts;
    parts.tables =
        fmt::format("[monitor]\ninterval = \"{}\"\nsecond_look = \"{}\"\nqueries_per_second = 200\n",
                    interval, second_look);
    return parts;
  }
  static std::string state_of(const Scene& scene, const std::string& name) {
    return text(scene.get("/v1/names/" + name), "state");
  }
  static bool comes_to(const Scene& scene, const std::string& name, const std::string& state,
                       std::chrono::milliseconds most = 30s) {
    const auto end = Steady::now() + most;
    while (Steady::now() < end) {
      if (state_of(scene, name) == state) return true;
      std::this_thread::sleep_for(50ms);
    }
    ADD_FAILURE() << name << " is " << state_of(scene, name) << " and not " << state;
    return false;
  }
  static std::ptrdiff_t count_of(const Scene& scene, const std::string& name, const std::string& type) {
    const auto types = scene.event_types(name);
    return std::count(types.begin(), types.end(), type);
  }
  // Until there are so many events of the type.
  static bool comes_to_say(const Scene& scene, const std::string& name, const std::string& type,
                           std::ptrdiff_t times = 1) {
    const auto end = Steady::now() + 30s;
    while (Steady::now() < end) {
      if (count_of(scene, name, type) >= times) return true;
      std::this_thread::sleep_for(50ms);
    }
    ADD_FAILURE() << name << " has " << count_of(scene, name, type) << " of " << type << " and not " << times;
    return false;
  }
  static json::object data_of(const Scene& scene, const std::string& name, const std::string& type) {
    for (const json::object& event : scene.events()) {
      if (text(event, "subject") == name && text(event, "type") == type) return event.at("data").as_object();
    }
    ADD_FAILURE() << "there is no " << type << " of " << name;
    return {};
  }
};

}  // namespace paynamed::e2e
