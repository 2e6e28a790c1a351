#include "zone_directory.hpp"

#include "owner_name.hpp"

namespace paynamed::route53 {
namespace {

constexpr std::chrono::seconds kMostTime{20};
// Pages of 100 zones of one name; more would be somebody's mistake.
constexpr int kMostPages = 10;

Error not_found(const std::string& zone) {
  return Error(Code::kNotFound, "Route 53 has no public hosted zone " + zone +
                                    " for these credentials; create it, or check the account.");
}

}  // namespace

struct ZoneDirectory::Search {
  std::string zone;
  bool background = false;
  std::vector<HostedZone> found{};
  std::string from_name{};
  std::string from_id{};
  int pages = 0;
};

void ZoneDirectory::find(const std::string& zone, bool background, Then then) {
  if (const auto at = known_.find(zone); at != known_.end()) return then(at->second);
  auto& waiting = waiting_[zone];
  waiting.push_back(std::move(then));
  if (waiting.size() > 1) return;
  if (!zone_id_.empty()) return get_by_id(zone, background);
  auto begun = std::make_shared<Search>();
  begun->zone = begun->from_name = zone;
  begun->background = background;
  search(begun);
}

Call ZoneDirectory::own_call(bool background) const {
  Call::Info info;
  info.deadline = host_.monotonic() + kMostTime;
  info.background = background;
  return Call(std::move(info));
}

void ZoneDirectory::get_by_id(const std::string& zone, bool background) {
  ApiRequest request;
  request.path = "hostedzone/" + zone_id_;
  request.background = background;
  request.doing = "looking for the hosted zone " + zone_id_;
  api_.ask<HostedZone>(
      std::move(request), own_call(background), read_hosted_zone, [this, zone](Result<HostedZone> found) {
        if (!found.ok()) return finish(zone, found.error());
        if (found->name != zone) {
          return finish(zone, Error(Code::kNotFound,
                                    "The hosted zone " + zone_id_ + " is not " + zone +
                                        "; correct \"zone_id\", or give the domain an instance of its own."));
        }
        if (found->is_private) {
          return finish(zone, Error(Code::kFailedPrecondition,
                                    "The hosted zone " + zone_id_ +
                                        " is private, so nobody outside sees it; name the public one."));
        }
        finish(zone, std::move(*found));
      });
}

void ZoneDirectory::search(const std::shared_ptr<Search>& begun) {
  ApiRequest request;
  request.path = "hostedzonesbyname";
  request.query = {{"dnsname", begun->from_name}, {"maxitems", "100"}};
  if (!begun->from_id.empty()) request.query.emplace_back("hostedzoneid", begun->from_id);
  request.background = begun->background;
  request.doing = "looking for the hosted zone of " + begun->zone;
  api_.ask<ZonePage>(
      std::move(request), own_call(begun->background), read_zone_page, [this, begun](Result<ZonePage> page) {
        if (!page.ok()) return finish(begun->zone, page.error());
        // The list begins at the name and goes on with those behind it.
        for (const auto& zone : page->zones) {
          if (zone.name == begun->zone && !zone.is_private) begun->found.push_back(zone);
        }
        if (page->next && page->next->name == begun->zone && ++begun->pages < kMostPages) {
          begun->from_name = page->next->name;
          begun->from_id = page->next->id;
          return search(begun);
        }
        if (begun->found.empty()) return finish(begun->zone, not_found(begun->zone));
        if (begun->found.size() > 1) {
          return finish(begun->zone,
                        Error(Code::kFailedPrecondition,
                              "There are " + std::to_string(begun->found.size()) + " public hosted zones " +
                                  begun->zone +
                                  "; say which one by \"zone_id\": the one that the parent delegates to."));
        }
        finish(begun->zone, begun->found.front());
      });
}

void ZoneDirectory::finish(const std::string& zone, Result<HostedZone> result) {
  if (result.ok()) known_.insert_or_assign(zone, *result);
  const auto at = waiting_.find(zone);
  if (at == waiting_.end()) return;
  const auto waiting = std::move(at->second);
  waiting_.erase(at);
  for (const auto& then : waiting) then(result);
}

}  // namespace paynamed::route53
