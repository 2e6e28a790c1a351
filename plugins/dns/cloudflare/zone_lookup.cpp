#include "zone_lookup.hpp"

#include <algorithm>
#include <utility>

#include "record.hpp"

namespace paynamed::cloudflare {
namespace {

constexpr std::size_t kMostKnown = 10'000;

bool is_id(const std::string& text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// "b.test." of "a.b.test."; empty when only a top-level domain is left.
std::string parent_of(const std::string& name) {
  const auto dot = name.find('.');
  const auto parent = dot == std::string::npos ? std::string() : name.substr(dot + 1);
  return std::count(parent.begin(), parent.end(), '.') < 2 ? std::string() : parent;
}

struct Named {
  ZoneRef zone;
  bool active = false;
};

// The zones of that very name in a list.
std::vector<Named> zones_named(const Answer& answer, const std::string& name) {
  std::vector<Named> zones;
  const auto* list = answer.result.if_array();
  if (list == nullptr) return zones;
  for (const auto& each : *list) {
    const auto* object = each.if_object();
    if (object == nullptr) continue;
    const auto id = text_in(*object, "id");
    if (!is_id(id) || absolute_name(text_in(*object, "name")) != name) continue;
    zones.push_back({{id, name}, text_in(*object, "status") == "active"});
  }
  return zones;
}

Error none(const std::string& domain) {
  return Error(Code::kNotFound,
               "The API token sees no zone for " + domain +
                   "; see that the zone is at Cloudflare, that the token's Zone Resources include "
                   "it, and that it has the permission Zone > Zone > Read.");
}

Error several(const std::string& name, std::size_t count) {
  return Error(Code::kFailedPrecondition, "The API token sees " + std::to_string(count) + " zones named " +
                                              name + "; say which by \"zone_id\" or \"account_id\".");
}

}  // namespace

void ZoneLookup::find(const std::string& domain, bool background, Then then) {
  if (const auto known = known_.find(domain); known != known_.end()) return then(known->second);
  auto& waiting = waiting_[domain];
  waiting.push_back(std::move(then));
  if (waiting.size() > 1) return;
  if (!settings_.zone_id.empty()) return ask_by_id(domain, background);
  ask_by_name(domain, domain, background);
}

void ZoneLookup::ask_by_name(const std::string& domain, const std::string& candidate, bool background) {
  Request request;
  request.path = "/zones?name=" + relative_name(candidate) + "&per_page=50";
  if (!settings_.account_id.empty()) request.path += "&account.id=" + settings_.account_id;
  request.background = background;
  api_.send(std::move(request), Permission::kZoneRead,
            [this, domain, candidate, background](const Result<Answer>& answer) {
              hear_by_name(domain, candidate, background, answer);
            });
}

void ZoneLookup::hear_by_name(const std::string& domain, const std::string& candidate, bool background,
                              const Result<Answer>& answer) {
  if (!answer.ok()) return finish(domain, answer.error());
  if (!answer->success) return finish(domain, refusal_of(*answer));
  auto zones = zones_named(*answer, candidate);
  // One that waits for its delegation, or has moved away, may stand beside the one that serves.
  const auto active =
      std::count_if(zones.begin(), zones.end(), [](const Named& each) { return each.active; });
  if (active == 1) {
    std::erase_if(zones, [](const Named& each) { return !each.active; });
  }
  if (zones.size() == 1) return finish(domain, zones.front().zone);
  if (zones.size() > 1) return finish(domain, several(candidate, zones.size()));
  const auto parent = parent_of(candidate);
  if (parent.empty()) return finish(domain, none(domain));
  ask_by_name(domain, parent, background);
}

void ZoneLookup::ask_by_id(const std::string& domain, bool background) {
  Request request;
  request.path = "/zones/" + settings_.zone_id;
  request.background = background;
  api_.send(std::move(request), Permission::kZoneRead, [this, domain](const Result<Answer>& answer) {
    if (!answer.ok()) return finish(domain, answer.error());
    if (!answer->success) return finish(domain, refusal_of(*answer));
    const auto* object = answer->result.if_object();
    const auto text = object == nullptr ? std::string() : text_in(*object, "name");
    const auto name = text.empty() ? std::string() : absolute_name(text);
    if (name.empty() || (domain != name && !domain.ends_with("." + name))) {
      return finish(domain,
                    Error(Code::kNotFound, "The zone of \"zone_id\" is " + (name.empty() ? "unnamed" : name) +
                                               " and does not have " + domain + "; check \"zone_id\"."));
    }
    finish(domain, ZoneRef{settings_.zone_id, name});
  });
}

void ZoneLookup::finish(const std::string& domain, const Result<ZoneRef>& found) {
  if (found.ok()) {
    if (known_.size() >= kMostKnown) known_.clear();
    known_.insert_or_assign(domain, *found);
  }
  const auto waiting = waiting_.extract(domain);
  if (waiting.empty()) return;
  for (const Then& then : waiting.mapped()) then(found);
}

}  // namespace paynamed::cloudflare
