#include "places.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace paynamed::websocket {
namespace ip = boost::asio::ip;

namespace {

// Few may all be strangers: a small server is not kept from its callers by a handful that say nothing.
constexpr std::size_t kFew = 64;

}  // namespace

std::size_t share_of_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return SIZE_MAX;
  return std::max<std::size_t>(limit.rlim_cur / 4, 1);
}

std::size_t share_of_unnamed(std::size_t total) {
  return std::max(total / 4, std::min(total, kFew));
}

std::string network_of(const std::string& address) {
  boost::system::error_code error;
  const ip::address parsed = ip::make_address(address, error);
  if (error || parsed.is_v4()) return address;
  const ip::address_v6 v6 = parsed.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6).to_string();
  const auto bytes = v6.to_bytes();
  return {bytes.begin(), bytes.begin() + 8};
}

Places::Answer Places::enter(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  if (total_ >= limits_.total || unnamed_ >= limits_.unnamed) return Answer::kFull;
  std::size_t& of_peer = peers_[peer];
  if (of_peer >= limits_.per_peer) return Answer::kTooManyOfPeer;
  ++of_peer;
  ++unnamed_;
  ++total_;
  return Answer::kFits;
}

void Places::leave(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  leave_one(peers_, peer);
  --unnamed_;
  --total_;
}

bool Places::enter_tenant(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  std::size_t& of_tenant = tenants_[tenant];
  if (of_tenant >= limits_.per_tenant) return false;
  ++of_tenant;
  --unnamed_;
  return true;
}

void Places::leave_tenant(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  leave_one(tenants_, tenant);
  ++unnamed_;
}

void Places::leave_one(std::unordered_map<std::string, std::size_t>& counts, const std::string& key) {
  const auto found = counts.find(key);
  if (found != counts.end() && --found->second == 0) counts.erase(found);
}

}  // namespace paynamed::websocket
