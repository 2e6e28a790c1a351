// ZoneDirectory: which hosted zone a zone's name means. With a configured id it is that one, whose name must
// be right; without it is found by its name among the public ones of the account.
//
// Threads: on the strand.
#pragma once

#include <map>

#include "api.hpp"

namespace paynamed::route53 {

class ZoneDirectory {
 public:
  using Then = std::function<void(Result<HostedZone>)>;

  ZoneDirectory(Host host, Api& api, std::string zone_id)
      : host_(std::move(host)), api_(api), zone_id_(std::move(zone_id)) {}

  // `zone` in Route 53's form. Remembered; several who ask at once share one question. NOT_FOUND when there
  // is none, FAILED_PRECONDITION when there are several.
  void find(const std::string& zone, bool background, Then then);
  // It is not there any more.
  void forget(const std::string& zone) { known_.erase(zone); }

 private:
  struct Search;
  void get_by_id(const std::string& zone, bool background);
  void search(const std::shared_ptr<Search>& search);
  void finish(const std::string& zone, Result<HostedZone> result);
  Call own_call(bool background) const;

  Host host_;
  Api& api_;
  std::string zone_id_;
  std::map<std::string, HostedZone> known_;
  std::map<std::string, std::vector<Then>> waiting_;
};

}  // namespace paynamed::route53
