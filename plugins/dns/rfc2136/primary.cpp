#include "primary.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include "random_id.hpp"

namespace paynamed::rfc2136 {
namespace {

constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeSoa = 6;
constexpr std::uint16_t kTypeAaaa = 28;
constexpr int kNxDomain = 3;
// A zone may say any refresh time; these bounds keep it from costing a look-up each time, or from being
// believed for a week.
constexpr std::chrono::seconds kShortest{60};
constexpr std::chrono::seconds kLongest{3'600};
constexpr std::size_t kMostZones = 1'000;
constexpr char kSetServer[] = "set \"server\" to the server that takes the zone's updates";

std::string name_of(const Server& server) {
  return server.host + " port " + std::to_string(server.port);
}

}  // namespace

Primary::Primary(Host host, Choice choice) : host_(std::move(host)), choice_(std::move(choice)) {}

Primary::Known Primary::find(const std::string& zone, const Remaining& remaining) {
  // Without a resolver of its own a fixed server's name is looked up by the system, which knows /etc/hosts
  // too.
  if (choice_.server && (!choice_.resolver || is_address(choice_.server->host))) {
    return {*choice_.server, false};
  }
  {
    const std::lock_guard lock(mutex_);
    const auto known = found_.find(zone);
    if (known != found_.end() && host_.monotonic() < known->second.until) return {known->second.server, true};
  }
  Server server = choice_.server.value_or(Server{{}, choice_.port, {}});
  std::chrono::seconds lifetime = kLongest;
  if (!choice_.server) {
    const Authority said = authority(zone, remaining);
    server.host = said.primary;
    lifetime = std::clamp(std::chrono::seconds(said.refresh_seconds), kShortest, kLongest);
  }
  server.addresses = addresses(server.host, remaining);
  const std::lock_guard lock(mutex_);
  if (found_.size() >= kMostZones) found_.clear();
  found_[zone] = {server, host_.monotonic() + lifetime};
  return {std::move(server), false};
}

void Primary::forget(const std::string& zone) {
  const std::lock_guard lock(mutex_);
  found_.erase(zone);
}

std::string Primary::describe() const {
  if (choice_.server) return name_of(*choice_.server);
  return "the primary that the zone's SOA names, port " + std::to_string(choice_.port) + ", asked from " +
         (choice_.resolver ? name_of(*choice_.resolver) : std::string("the system's resolver"));
}

Authority Primary::authority(const std::string& zone, const Remaining& remaining) const {
  const Reply reply = ask(zone, kTypeSoa, remaining);
  if (reply.rcode == kNxDomain) {
    throw Error(Code::kNotFound,
                "The primary of " + zone +
                    " was not found: the resolver says that there is no such zone; check its "
                    "name, or " +
                    kSetServer + ".");
  }
  const auto said = authority_of(reply, zone);
  if (!said) {
    const auto other = enclosing_zone(reply);
    throw Error(Code::kFailedPrecondition,
                "The primary of " + zone + " was not found: " +
                    (other ? "it is no zone of its own but a name in the zone " + *other + "; use that zone"
                           : std::string("the resolver shows not exactly one SOA record there")) +
                    ", or " + kSetServer + ".");
  }
  if (said->primary == ".") {
    throw Error(Code::kFailedPrecondition,
                "The SOA record of " + zone + " names no primary (MNAME is \".\"); " + kSetServer + ".");
  }
  return *said;
}

std::vector<std::string> Primary::addresses(const std::string& name, const Remaining& remaining) const {
  const std::string asked = normal_name(name).value_or(name);
  std::vector<std::string> found = addresses_of(ask(asked, kTypeA, part_of(remaining, 2)), asked);
  try {
    for (auto& each : addresses_of(ask(asked, kTypeAaaa, remaining), asked)) found.push_back(std::move(each));
  } catch (const Error&) {
    // Some servers answer nothing for types that they do not know.
    if (found.empty()) throw;
  }
  if (found.empty()) {
    throw Error(Code::kFailedPrecondition,
                "The primary " + asked +
                    " has no address that can be used; correct its A or AAAA record, or " + kSetServer + ".");
  }
  return found;
}

Reply Primary::ask(const std::string& name, std::uint16_t type, const Remaining& remaining) const {
  std::vector<Server> resolvers;
  if (choice_.resolver) {
    resolvers.push_back(*choice_.resolver);
  } else {
    std::ifstream file("/etc/resolv.conf");  // read each time: networks change
    resolvers = system_resolvers(file);
  }
  std::string why;
  for (std::size_t i = 0; i < resolvers.size(); ++i) {
    why += (i == 0 ? "" : ", ") + name_of(resolvers[i]) + ": ";
    try {
      const Question question = make_question(name, type, random_id());
      auto reply = read_reply(
          question, exchange(resolvers[i], question.wire, part_of(remaining, resolvers.size() - i)));
      if (reply && (reply->rcode == 0 || reply->rcode == kNxDomain)) return std::move(*reply);
      why += reply ? "code " + std::to_string(reply->rcode) : "its answer is no DNS answer to the question";
    } catch (const Error& error) {
      if (error.code() == Code::kInvalidArgument || error.code() == Code::kInternal) throw;
      why += error.code() == Code::kUnavailable ? "it cannot be reached by TCP" : "it does not answer by TCP";
    }
  }
  throw Error(Code::kUnavailable, "No resolver says what is at " + name +
                                      ", so that the zone's primary is not known and nothing was changed (" +
                                      why + "); check \"resolver\", or " + kSetServer + ".");
}

Remaining Primary::part_of(const Remaining& remaining, std::size_t parts) const {
  const auto end = host_.monotonic() + remaining() / static_cast<std::int64_t>(parts);
  return [this, remaining, end] {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - host_.monotonic());
    return std::min(remaining(), std::max(left, std::chrono::milliseconds(0)));
  };
}

}  // namespace paynamed::rfc2136
