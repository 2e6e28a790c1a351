#include "process/api_keys.hpp"

#include "host/secrets.hpp"

namespace paynamed::process {
namespace {

constexpr base::Duration kFresh{1'000};

}  // namespace

ApiKeys::ApiKeys(const config::Config& config, base::Clock& clock, observe::Log log)
    : clock_(clock), log_(std::move(log)), places_(places_of(config)) {}

std::vector<ApiKeys::Place> ApiKeys::places_of(const config::Config& config) {
  std::vector<Place> places;
  for (const config::Tenant& tenant : config.tenants) {
    for (const config::SecretSource& source : tenant.api_keys) places.push_back({tenant.id, source});
  }
  return places;
}

void ApiKeys::use(const config::Config& config) {
  const std::lock_guard lock(mutex_);
  places_ = places_of(config);
  read_once_ = false;
}

std::vector<api::ApiKey> ApiKeys::current() {
  const std::lock_guard lock(mutex_);
  if (!read_once_ || clock_.monotonic() - read_at_ >= kFresh) {
    keys_ = read();
    read_at_ = clock_.monotonic();
    read_once_ = true;
  }
  return keys_;
}

std::vector<api::ApiKey> ApiKeys::read() const {
  std::vector<api::ApiKey> keys;
  for (const Place& place : places_) {
    host::SecretSource source;
    source.kind = place.source.kind == config::SecretSource::Kind::kFile ? host::SecretSource::Kind::kFile
                                                                         : host::SecretSource::Kind::kEnv;
    source.where = place.source.where;
    // The configuration has put the file's folder before the path.
    auto key = host::read_secret(source, {});
    if (key) {
      log_.redaction().add(*key);
      keys.push_back({place.tenant, *std::move(key)});
    } else {
      log_.warning("an API key cannot be read", {{"tenant", place.tenant}, {"why", key.error()}});
    }
  }
  return keys;
}

}  // namespace paynamed::process
