// ApiKeys: the API keys of all tenants, read from where the configuration says. A changed file or environment
// counts within a second, without a restart.
//
// Threads: every function may be called from any thread.
#pragma once

#include <filesystem>
#include <mutex>
#include <vector>

#include "api/auth.hpp"
#include "base/clock.hpp"
#include "config/config.hpp"
#include "observe/log.hpp"

namespace paynamed::process {

class ApiKeys {
 public:
  ApiKeys(const config::Config& config, base::Clock& clock, observe::Log log);

  // From now on those of another configuration, at once.
  void use(const config::Config& config);

  // A key that cannot be read is left out, with a line in the log.
  std::vector<api::ApiKey> current();

 private:
  struct Place {
    std::string tenant;
    config::SecretSource source;
  };
  std::vector<api::ApiKey> read() const;

  static std::vector<Place> places_of(const config::Config& config);

  base::Clock& clock_;
  observe::Log log_;
  std::mutex mutex_;
  std::vector<Place> places_;      // guarded by mutex_
  std::vector<api::ApiKey> keys_;  // guarded by mutex_
  base::MonotonicTime read_at_{};  // guarded by mutex_
  bool read_once_ = false;         // guarded by mutex_
};

}  // namespace paynamed::process
