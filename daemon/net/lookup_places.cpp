#include "net/lookup_places.hpp"

#include <fmt/format.h>

namespace paynamed::net {
namespace {

std::string domain_of(const std::string& host) {
  const auto last = host.rfind('.');
  const auto before = last == host.npos || last == 0 ? host.npos : host.rfind('.', last - 1);
  return before == host.npos ? host : host.substr(before + 1);
}

}  // namespace

base::Status LookupPlaces::take(const std::string& host) {
  const std::string domain = domain_of(host);
  const std::lock_guard lock(mutex_);
  if (open_ >= most_) {
    return base::resource_exhausted(fmt::format(
        "{} look-ups of host names are open already; look at this host's resolver (resolv.conf)", open_));
  }
  const auto known = domains_.find(domain);
  if (most_of_domain_ != 0 && known != domains_.end() && known->second >= most_of_domain_) {
    return base::resource_exhausted(fmt::format(
        "{} look-ups of names below {} are open already; look at its name servers", known->second, domain));
  }
  ++open_;
  ++domains_[domain];
  return {};
}

void LookupPlaces::give(const std::string& host) {
  const std::lock_guard lock(mutex_);
  --open_;
  const auto known = domains_.find(domain_of(host));
  if (--known->second == 0) domains_.erase(known);
}

}  // namespace paynamed::net
