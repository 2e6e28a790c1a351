#include "names/zone_servers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/strand.hpp>
#include <map>
#include <optional>
#include <set>

#include "base/run_on.hpp"
#include "net/parallel.hpp"

namespace paynamed::names {
namespace asio = boost::asio;
using Address = asio::ip::address;
using net::DnsAnswer;
using net::DnsRcode;
using net::DnsRecord;
using net::DnsType;

namespace {

constexpr int kMaxSteps = 24;         // zone cuts from the root to a name
constexpr std::size_t kMaxTries = 6;  // servers of one zone asked until one answers

std::optional<Address> address_of(const DnsRecord& record) {
  if (record.type == DnsType::kA && record.rdata.size() == 4) {
    asio::ip::address_v4::bytes_type bytes;
    std::ranges::copy(record.rdata, bytes.begin());
    return Address{asio::ip::address_v4{bytes}};
  }
  if (record.type == DnsType::kAaaa && record.rdata.size() == 16) {
    asio::ip::address_v6::bytes_type bytes;
    std::ranges::copy(record.rdata, bytes.begin());
    return Address{asio::ip::address_v6{bytes}};
  }
  return std::nullopt;
}

void add_once(std::vector<Address>& to, const Address& address) {
  if (std::ranges::find(to, address) == to.end()) to.push_back(address);
}

bool has_type(const std::vector<DnsRecord>& records, DnsType type, std::string_view owner) {
  return std::ranges::any_of(records,
                             [&](const auto& each) { return each.type == type && each.owner == owner; });
}

// A zone and where it can be asked.
struct Cut {
  std::string zone;
  std::vector<Address> addresses;
  std::vector<std::string> delegated_to;  // the parent's NS set; empty when we met no delegation
  std::map<std::string, std::vector<Address>> glue;
};

struct Descent {
  Cut cut;
  DnsAnswer answer;
};

// One search. Everything runs on one strand.
class Search {
 public:
  Search(const net::DnsTransport& transport, base::Clock& clock, const AuthoritativeSettings& settings,
         base::Duration timeout)
      : transport_(transport),
        clock_(clock),
        settings_(settings),
        timeout_(timeout),
        deadline_(clock.monotonic() + timeout) {
    Cut root{".", settings.roots.empty() ? internet_root_servers() : settings.roots, {}, {}};
    known_.emplace(".", std::move(root));
    for (const auto& stub : settings.stubs) {
      auto zone = net::normal_name(stub.zone);
      if (zone) known_.insert_or_assign(*zone, Cut{*zone, stub.addresses, {}, {}});
    }
  }

  asio::awaitable<base::Result<ZoneServers>> run(std::string owner) {
    auto found = co_await zone_of(std::move(owner));
    if (!found) co_return base::fail(found.error());
    Cut cut = std::move(*found);
    ZoneServers result;
    result.zone = cut.zone;
    auto names = co_await server_names(cut, result.notes);
    if (!names) co_return base::fail(names.error());

    std::vector<asio::awaitable<ZoneServer>> lookups;
    for (const auto& name : *names) lookups.push_back(server(name, cut));
    result.servers = co_await net::in_parallel(std::move(lookups));
    bound_addresses(result);
    co_return result;
  }

 private:
  // The deepest zone that holds `owner`.
  asio::awaitable<base::Result<Cut>> zone_of(std::string owner) {
    std::string name = owner;
    for (int step = 0; step < kMaxSteps; ++step) {
      auto found = co_await descend(name, DnsType::kSoa, 0);
      if (!found) co_return base::fail(found.error());
      for (const auto* section : {&found->answer.answer, &found->answer.authority}) {
        for (const auto& record : *section) {
          if (record.type != DnsType::kSoa || !net::is_at_or_below(name, record.owner) ||
              !net::is_at_or_below(record.owner, found->cut.zone)) {
            continue;
          }
          if (record.owner == ".") {
            co_return base::fail(base::not_found(fmt::format(
                "the root knows no top level domain for {}; check the spelling of the domain", owner)));
          }
          co_return deepen(std::move(found->cut), record.owner);
        }
      }
      // An alias hides its zone: the zone of the name above is the same one, as an apex can hold no alias.
      name = net::parent_of(name);
      if (name == ".") break;
    }
    co_return base::fail(base::failed_precondition(fmt::format(
        "the zone that holds {} could not be found: its servers give no SOA record; look at them", owner)));
  }

  // The zone may be deeper than the delegations that we met, when one server has parent and child.
  static Cut deepen(Cut cut, const std::string& zone) {
    if (cut.zone != zone) {
      cut.zone = zone;
      cut.delegated_to.clear();
      cut.glue.clear();
    }
    return cut;
  }

  // Follows delegations from the deepest known zone until an authoritative answer to (name, type).
  asio::awaitable<base::Result<Descent>> descend(std::string name, DnsType type, std::size_t depth) {
    Cut cut = closest(name);
    for (int step = 0; step < kMaxSteps; ++step) {
      auto answer = co_await ask_any(cut, name, type);
      if (!answer) co_return base::fail(answer.error());
      if (answer->authoritative) co_return Descent{std::move(cut), std::move(*answer)};
      auto next = co_await follow(cut, *answer, name, depth);
      if (!next) co_return base::fail(next.error());
      cut = std::move(*next);
      known_.insert_or_assign(cut.zone, cut);
    }
    co_return base::fail(too_deep(name));
  }

  Cut closest(const std::string& name) const {
    std::string zone = name;
    while (true) {
      const auto known = known_.find(zone);
      if (known != known_.end()) return known->second;
      zone = net::parent_of(zone);
    }
  }

  static std::string referred_zone(const Cut& cut, const DnsAnswer& answer, const std::string& name) {
    for (const auto& record : answer.authority) {
      if (record.type == DnsType::kNs && record.owner != cut.zone &&
          net::is_at_or_below(record.owner, cut.zone) && net::is_at_or_below(name, record.owner)) {
        return record.owner;
      }
    }
    return {};
  }

  // The servers of `cut`, one after the other, until one answers with authority or refers us down.
  asio::awaitable<base::Result<DnsAnswer>> ask_any(const Cut& cut, const std::string& name, DnsType type) {
    base::Status trouble;
    std::size_t tries = 0;
    for (const Address& address : cut.addresses) {
      const auto remaining = std::chrono::floor<base::Duration>(deadline_ - clock_.monotonic());
      if (remaining <= base::Duration::zero()) co_return base::fail(too_late(cut.zone));
      if (++queries_ > settings_.max_queries) co_return base::fail(too_deep(name));
      net::Endpoint endpoint{address, settings_.port};
      net::DnsQuestion question{name, type, false};
      auto answer = co_await transport_.query(endpoint, std::move(question),
                                              std::min(remaining, settings_.query_timeout));
      if (!answer) {
        if (answer.error().code() == base::Code::kCancelled) co_return base::fail(answer.error());
        // An address without route is no try: a host without IPv6 must reach the IPv4 addresses behind it.
        if (answer.error().code() == base::Code::kFailedPrecondition && trouble.ok())
          trouble = answer.error();
        if (answer.error().code() == base::Code::kFailedPrecondition) continue;
        trouble = answer.error();
      } else if (answer->rcode != DnsRcode::kNoError && answer->rcode != DnsRcode::kNxDomain) {
        trouble = base::failed_precondition(
            fmt::format("{}, which should serve {}, answers {} for {}; mend that server "
                        "or the delegation to it",
                        endpoint.to_string(), cut.zone, to_string(answer->rcode), name));
      } else if (answer->authoritative || !referred_zone(cut, *answer, name).empty()) {
        co_return std::move(*answer);
      } else {
        trouble = base::failed_precondition(fmt::format(
            "{} is named as a server of {} but does not serve it (lame delegation); mend the server or the "
            "delegation",
            endpoint.to_string(), cut.zone));
      }
      if (++tries >= kMaxTries) break;
    }
    if (trouble.ok()) {
      trouble = base::failed_precondition(
          fmt::format("no server of {} has an address; mend its delegation", cut.zone));
    } else if (trouble.code() == base::Code::kDeadlineExceeded ||
               trouble.code() == base::Code::kUnavailable || trouble.code() == base::Code::kDataLoss) {
      trouble =
          base::unavailable(fmt::format("no server of {} could be asked: {}", cut.zone, trouble.message()));
    }
    co_return base::fail(std::move(trouble));
  }

  // The zone that `answer` refers to, with addresses.
  asio::awaitable<base::Result<Cut>> follow(const Cut& cut, const DnsAnswer& answer, const std::string& name,
                                            std::size_t depth) {
    Cut next;
    next.zone = referred_zone(cut, answer, name);
    for (const auto& record : answer.authority) {
      if (record.type != DnsType::kNs || record.owner != next.zone) continue;
      const auto target = net::target_name(record);
      if (target && next.delegated_to.size() < settings_.max_servers) next.delegated_to.push_back(*target);
    }
    for (const auto& record : answer.additional) {
      const auto address = address_of(record);
      // Only what the referring zone may speak of.
      if (!address || !net::is_at_or_below(record.owner, cut.zone) ||
          std::ranges::find(next.delegated_to, record.owner) == next.delegated_to.end()) {
        continue;
      }
      next.glue[record.owner].push_back(*address);
      if (next.addresses.size() < settings_.max_addresses) add_once(next.addresses, *address);
    }
    base::Status trouble;
    for (const auto& server_name : next.delegated_to) {
      if (!next.addresses.empty()) break;
      if (net::is_at_or_below(server_name, next.zone)) continue;  // only glue could have told
      auto addresses = co_await addresses_of(server_name, depth + 1);
      if (addresses) {
        next.addresses = std::move(*addresses);
      } else {
        trouble = addresses.error();
      }
    }
    if (next.addresses.empty()) {
      co_return base::fail(
          base::failed_precondition(fmt::format("no server of {} has an address{}{}; mend its delegation",
                                                next.zone, trouble.ok() ? "" : ": ", trouble.message())));
    }
    co_return next;
  }

  // A and AAAA of a server's name; an error when there is none.
  asio::awaitable<base::Result<std::vector<Address>>> addresses_of(std::string name, std::size_t depth) {
    if (depth > settings_.max_depth) co_return base::fail(too_deep(name));
    std::vector<Address> addresses;
    base::Status trouble;
    for (const DnsType type : {DnsType::kA, DnsType::kAaaa}) {
      auto found = co_await descend(name, type, depth);
      if (!found) {
        trouble = found.error();
        continue;
      }
      if (has_type(found->answer.answer, DnsType::kCname, name)) {
        trouble = base::failed_precondition(
            fmt::format("the server name {} is an alias, which RFC 2181 section 10.3 forbids", name));
        continue;
      }
      for (const auto& record : found->answer.answer) {
        const auto address = record.owner == name ? address_of(record) : std::nullopt;
        if (address && addresses.size() < settings_.max_addresses) add_once(addresses, *address);
      }
    }
    if (!addresses.empty()) co_return addresses;
    if (trouble.ok())
      trouble = base::failed_precondition(fmt::format("the server name {} has no address", name));
    co_return base::fail(std::move(trouble));
  }

  // The NS set of the zone itself, with what the parent delegates to.
  asio::awaitable<base::Result<std::vector<std::string>>> server_names(const Cut& cut,
                                                                       std::vector<std::string>& notes) {
    auto answer = co_await ask_any(cut, cut.zone, DnsType::kNs);
    std::set<std::string> own;
    if (answer && answer->authoritative) {
      for (const auto& record : answer->answer) {
        const auto target =
            record.type == DnsType::kNs && record.owner == cut.zone ? net::target_name(record) : std::nullopt;
        if (target) own.insert(*target);
      }
    }
    if (!answer && cut.delegated_to.empty()) co_return base::fail(answer.error());
    std::vector<std::string> names{own.begin(), own.end()};
    const std::set<std::string> delegated{cut.delegated_to.begin(), cut.delegated_to.end()};
    for (const auto& name : delegated) {
      if (own.contains(name)) continue;
      names.push_back(name);
      notes.push_back(
          fmt::format("the parent delegates {} to {}, which the zone itself does not name; make both agree",
                      cut.zone, name));
    }
    for (const auto& name : own) {
      if (!delegated.empty() && !delegated.contains(name)) {
        notes.push_back(fmt::format(
            "the zone {} names the server {}, to which the parent does not delegate; make both agree",
            cut.zone, name));
      }
    }
    if (names.empty()) {
      co_return base::fail(base::failed_precondition(
          fmt::format("the zone {} names no server; mend its NS records", cut.zone)));
    }
    if (names.size() > settings_.max_servers) {
      notes.push_back(fmt::format("{} has {} servers; only the first {} were looked at", cut.zone,
                                  names.size(), settings_.max_servers));
      names.resize(settings_.max_servers);
    }
    co_return names;
  }

  asio::awaitable<ZoneServer> server(std::string name, const Cut& cut) {
    ZoneServer found;
    found.name = name;
    // A name inside the zone is asked at the zone itself.
    if (!known_.contains(cut.zone)) known_.emplace(cut.zone, cut);
    auto addresses = co_await addresses_of(name, 1);
    const auto glue = cut.glue.find(name);
    if (addresses) {
      found.addresses = std::move(*addresses);
    } else if (glue != cut.glue.end()) {
      found.addresses = glue->second;
    } else {
      found.trouble = addresses.error().message();
    }
    co_return found;
  }

  void bound_addresses(ZoneServers& result) const {
    std::size_t count = 0;
    for (auto& each : result.servers) {
      const std::size_t room = settings_.max_addresses - std::min(count, settings_.max_addresses);
      if (each.addresses.size() > room) {
        each.addresses.resize(room);
        result.notes.push_back(fmt::format("{} has more than {} server addresses; the others were left away",
                                           result.zone, settings_.max_addresses));
        if (room == 0) each.trouble = "left away: too many addresses";
      }
      count += each.addresses.size();
    }
  }

  base::Status too_late(const std::string& zone) const {
    return base::deadline_exceeded(fmt::format("the servers were not found within {}; the search stood at {}",
                                               base::to_string(timeout_), zone));
  }
  base::Status too_deep(const std::string& name) const {
    return base::resource_exhausted(fmt::format(
        "the search for {} was given up after {} questions: its delegations are deeper than we follow", name,
        queries_));
  }

  const net::DnsTransport& transport_;
  base::Clock& clock_;
  const AuthoritativeSettings& settings_;
  base::Duration timeout_;
  base::MonotonicTime deadline_;
  std::map<std::string, Cut> known_;
  std::size_t queries_ = 0;
};

asio::awaitable<base::Result<ZoneServers>> run(std::shared_ptr<Search> search, std::string owner) {
  co_return co_await search->run(std::move(owner));
}

}  // namespace

ZoneServerFinder::ZoneServerFinder(const net::DnsTransport& transport, base::Clock& clock,
                                   AuthoritativeSettings settings)
    : transport_(transport), clock_(clock), settings_(std::move(settings)) {}

asio::awaitable<base::Result<ZoneServers>> ZoneServerFinder::find(std::string owner,
                                                                  base::Duration timeout) const {
  auto normal = net::normal_name(owner);
  if (!normal) co_return base::fail(base::invalid_argument(fmt::format("'{}' is not a DNS name", owner)));
  auto strand = asio::make_strand(co_await asio::this_coro::executor);
  auto search = std::make_shared<Search>(transport_, clock_, settings_, timeout);
  auto running = run(std::move(search), std::move(*normal));
  co_return co_await base::run_on(strand, std::move(running));
}

std::vector<Address> internet_root_servers() {
  constexpr std::array kAddresses = {
      "198.41.0.4",     "170.247.170.2",  "192.33.4.12",        "199.7.91.13",         "192.203.230.10",
      "192.5.5.241",    "192.112.36.4",   "198.97.190.53",      "192.36.148.17",       "192.58.128.30",
      "193.0.14.129",   "199.7.83.42",    "202.12.27.33",       "2001:503:ba3e::2:30", "2801:1b8:10::b",
      "2001:500:2::c",  "2001:500:2d::d", "2001:500:a8::e",     "2001:500:2f::f",      "2001:500:12::d0d",
      "2001:500:1::53", "2001:7fe::53",   "2001:503:c27::2:30", "2001:7fd::1",         "2001:500:9f::42",
      "2001:dc3::35"};
  std::vector<Address> addresses;
  for (const char* each : kAddresses) addresses.push_back(asio::ip::make_address(each));
  return addresses;
}

}  // namespace paynamed::names
