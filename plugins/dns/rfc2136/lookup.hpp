// Questions to a resolver, without a signature: who is a zone's primary and where it is. What a resolver says
// is a hint; that the right server was found is proven only by its signed answers.
//
// Threads: value types and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dns_message.hpp"

namespace paynamed::rfc2136 {

struct Question {
  std::uint16_t id = 0;
  std::string name;
  std::uint16_t type = 0;
  Bytes wire;
};

struct Reply {
  int rcode = 0;
  Packet packet;
};

struct Authority {
  std::string primary;  // the SOA's MNAME; "." when the zone names none
  std::uint32_t refresh_seconds = 0;
};

// With "recursion desired". Throws Error(kInvalidArgument) for what is no name.
Question make_question(const std::string& name, std::uint16_t type, std::uint16_t id);

// Nothing unless it is a whole DNS answer to exactly this question.
std::optional<Reply> read_reply(const Question& question, std::span<const std::uint8_t> wire);

// The one SOA record at the zone itself; nothing if there is none or more than one.
std::optional<Authority> authority_of(const Reply& reply, const std::string& zone);
// Whose SOA the reply shows instead, when there is none at the name that was asked for.
std::optional<std::string> enclosing_zone(const Reply& reply);

// The addresses of `name` in text form, behind at most eight aliases; at most eight addresses, and none that
// belongs to no single server (multicast, unspecified, broadcast).
std::vector<std::string> addresses_of(const Reply& reply, const std::string& name);

}  // namespace paynamed::rfc2136
