#include "process/wrong_credentials.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cmath>

namespace paynamed::process {
namespace {

constexpr std::size_t kMostNetworks = 8'192;
constexpr std::size_t kMostPeerBytes = 64;

}  // namespace

std::string network_of(std::string_view peer) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string{peer.substr(0, kMostPeerBytes)}, error);
  if (error || address.is_v4()) return std::string{peer.substr(0, kMostPeerBytes)};
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_string();
  const auto bytes = v6.to_bytes();
  return {bytes.begin(), bytes.begin() + 8};
}

double WrongCredentials::tokens_in(const Bucket& bucket, base::MonotonicTime now) const {
  const std::chrono::duration<double> passed = now - bucket.filled;
  return std::min(limit_.burst, bucket.tokens + passed.count() * limit_.per_second);
}

std::optional<base::Duration> WrongCredentials::wait_of(std::string_view peer) {
  const base::MonotonicTime now = clock_.monotonic();
  const std::lock_guard lock{mutex_};
  const auto found = buckets_.find(network_of(peer));
  if (found == buckets_.end()) return std::nullopt;
  const double tokens = tokens_in(found->second, now);
  if (tokens >= 1) return std::nullopt;
  return base::Duration{static_cast<std::int64_t>(std::ceil((1 - tokens) / limit_.per_second * 1'000))};
}

void WrongCredentials::count(std::string_view peer) {
  const base::MonotonicTime now = clock_.monotonic();
  const std::lock_guard lock{mutex_};
  if (buckets_.size() >= kMostNetworks) forget_full(now);
  const auto [place, fresh] = buckets_.try_emplace(network_of(peer));
  const double before = fresh ? limit_.burst : tokens_in(place->second, now);
  place->second = {std::max(0.0, before - 1), now};
}

void WrongCredentials::forget_full(base::MonotonicTime now) {
  std::erase_if(buckets_, [&](const auto& entry) { return tokens_in(entry.second, now) >= limit_.burst; });
  // A guesser with so many networks has them all; none of them is worth the memory.
  if (buckets_.size() >= kMostNetworks) buckets_.clear();
}

}  // namespace paynamed::process
