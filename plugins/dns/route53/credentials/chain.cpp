#include "chain.hpp"

#include <algorithm>
#include <random>

#include "configured.hpp"
#include "container.hpp"
#include "environment.hpp"
#include "instance_metadata.hpp"
#include "shared_files.hpp"
#include "web_identity.hpp"

namespace paynamed::route53 {
namespace {

using std::chrono::milliseconds;

// Before their end credentials are refreshed; earlier for a random part of it, so that hosts of one kind do
// not all ask at once.
constexpr milliseconds kRefreshBefore{10 * 60'000};
constexpr milliseconds kJitter{5 * 60'000};
// A request has to arrive while they last.
constexpr milliseconds kMargin{15'000};
constexpr milliseconds kRetry{30'000};

milliseconds random_below(milliseconds most) {
  std::random_device device;
  return milliseconds(std::uniform_int_distribution<std::int64_t>(0, most.count())(device));
}

}  // namespace

void CredentialChain::get(Then then) {
  if (!usable()) {
    waiting_.push_back(std::move(then));
    if (!refreshing_) refresh();
    return;
  }
  // Before the refresh, which may end at once.
  const Credentials lasting = *kept_;
  if (wants_refresh() && !refreshing_) refresh();
  then(lasting);
}

void CredentialChain::forget(const std::string& access_key_id) {
  if (kept_ && kept_->access_key_id == access_key_id) kept_.reset();
}

bool CredentialChain::usable() const {
  return kept_ && host_.wall() + kMargin < *kept_->expires;
}

bool CredentialChain::wants_refresh() const {
  return host_.wall() >= refresh_at_;
}

void CredentialChain::refresh() {
  refreshing_ = true;
  try_source(0, {});
}

void CredentialChain::try_source(std::size_t index, std::string tried) {
  if (index == sources_.size()) {
    return finish(Error(Code::kUnauthenticated, "There are no AWS credentials. Tried " + tried +
                                                    "; give the plugin \"access_key_id\" and "
                                                    "\"secret_access_key\", or one of these."));
  }
  CredentialSource& source = *sources_[index];
  source.find([this, index, tried = std::move(tried), &source](Result<Found> found) {
    if (!found.ok()) {
      const Error& error = found.error();
      return finish(
          Error(error.code(), error.message(),
                "From " + source.name() + (tried.empty() ? "" : ", after " + tried) + ". " + error.detail()));
    }
    if (found->credentials) return finish(std::move(*found->credentials));
    try_source(index + 1, tried + (tried.empty() ? "" : ", ") + source.name() + " (" + found->why_not + ")");
  });
}

void CredentialChain::finish(Result<Credentials> result) {
  refreshing_ = false;
  if (result.ok()) {
    keep(*result);
  } else if (usable()) {
    refresh_at_ = host_.wall() + kRetry;
    host_.log(Level::kWarning,
              "AWS credentials could not be refreshed; the old ones still last. " + result.error().message());
  }
  for (const auto& then : std::exchange(waiting_, {})) then(result);
}

void CredentialChain::keep(const Credentials& found) {
  kept_.reset();
  if (!found.expires) return;
  const auto now = host_.wall();
  const auto left = *found.expires - now;
  // Short-lived ones, too, are used for half of their time.
  const auto before = std::min<milliseconds>(kRefreshBefore + random_below(kJitter), left / 2);
  refresh_at_ = *found.expires - before;
  kept_ = found;
}

std::vector<std::unique_ptr<CredentialSource>> credential_sources(const Host& host, const Config& config,
                                                                  const Environment& environment) {
  std::vector<std::unique_ptr<CredentialSource>> sources;
  if (Configured::stands_in(config)) {
    sources.push_back(std::make_unique<Configured>(config));
    return sources;
  }
  const std::string profile = config.string("profile", "");
  std::string sts = config.string("sts_endpoint", "https://sts.amazonaws.com");
  while (sts.ends_with('/')) sts.pop_back();
  // Who names a profile means that one.
  const bool all = profile.empty();
  if (all) sources.push_back(std::make_unique<EnvironmentKeys>(environment));
  if (all) sources.push_back(std::make_unique<WebIdentity>(host, environment, sts));
  sources.push_back(std::make_unique<SharedFile>(SharedFile::Kind::kCredentials, profile, environment));
  sources.push_back(std::make_unique<SharedFile>(SharedFile::Kind::kConfig, profile, environment));
  if (all) sources.push_back(std::make_unique<Container>(host, environment));
  if (all) sources.push_back(std::make_unique<InstanceMetadata>(host, environment));
  return sources;
}

}  // namespace paynamed::route53
