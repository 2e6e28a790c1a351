// ZoneLookup: which of Cloudflare's zones a domain's records belong to: the one of that name or, where a
// domain is no zone of its own, of the nearest name above it. Remembered until somebody says that it was
// wrong.
//
// Threads: on the strand.
#pragma once

#include <functional>
#include <map>
#include <paynamed/host.hpp>
#include <string>
#include <vector>

#include "api.hpp"

namespace paynamed::cloudflare {

struct ZoneRef {
  std::string id;
  std::string name;  // absolute
};

class ZoneLookup {
 public:
  // Both outlive it.
  ZoneLookup(Api& api, const Settings& settings) : api_(api), settings_(settings) {}

  // NOT_FOUND: the token sees no such zone; FAILED_PRECONDITION: several. Others as Api::send(). `then` may
  // be called from within when the zone is known.
  using Then = std::function<void(Result<ZoneRef>)>;
  void find(const std::string& domain, bool background, Then then);
  void forget(const std::string& domain) { known_.erase(domain); }

 private:
  void ask_by_name(const std::string& domain, const std::string& candidate, bool background);
  void hear_by_name(const std::string& domain, const std::string& candidate, bool background,
                    const Result<Answer>& answer);
  void ask_by_id(const std::string& domain, bool background);
  void finish(const std::string& domain, const Result<ZoneRef>& found);

  Api& api_;
  const Settings& settings_;
  std::map<std::string, ZoneRef> known_;
  std::map<std::string, std::vector<Then>> waiting_;
};

}  // namespace paynamed::cloudflare
