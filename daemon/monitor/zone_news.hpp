// What has to be said after a look at a domain, and to whom. Nothing is said twice, and what one look alone
// claims is not said yet.
//
// Threads: pure functions.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "monitor/zone_judgement.hpp"
#include "state/store.hpp"

namespace paynamed::monitor {

// A look, with what is known of the registration taken in.
struct JudgedZone {
  ZoneFinding finding;
  // Without what could not be found out; empty when the look got nowhere.
  boost::json::object identity;
  std::optional<base::WallTime> signatures_end;    // set: to be announced
  std::optional<base::WallTime> registration_end;  // set: to be announced
};

struct TenantStanding {
  std::string tenant;
  state::DomainStanding standing;
};

struct ZoneNews {
  std::vector<state::DomainUpdate::News> news;
  boost::json::object known;     // the identity that counts from now on
  std::set<std::string> claims;  // to be confirmed by another look before they are said
  bool degraded = false;         // for anybody, once this is said
  bool recovered = false;
};

// `claimed` are the claims of the look before. `make` gives an event of this type and data about the domain.
ZoneNews zone_news(const std::string& domain, const JudgedZone& look, const boost::json::object& known,
                   const std::vector<TenantStanding>& tenants, const std::set<std::string>& claimed,
                   const std::function<state::NewEvent(std::string type, std::string data)>& make);

}  // namespace paynamed::monitor
