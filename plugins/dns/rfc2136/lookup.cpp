#include "lookup.hpp"

#include <arpa/inet.h>
#include <ldns/ldns.h>

#include <algorithm>
#include <cstdlib>
#include <paynamed/error.hpp>

namespace paynamed::rfc2136 {
namespace {

constexpr std::size_t kMostAliases = 8;
constexpr std::size_t kMostAddresses = 8;

struct FreeName {
  void operator()(ldns_rdf* name) const { ldns_rdf_deep_free(name); }
};
struct FreeBytes {
  void operator()(std::uint8_t* bytes) const { std::free(bytes); }
};

std::optional<std::string> address_in(const ldns_rr* rr) {
  if (ldns_rr_rd_count(rr) < 1) return std::nullopt;
  const ldns_rdf* field = ldns_rr_rdf(rr, 0);
  char text[INET6_ADDRSTRLEN] = {};
  if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_A && ldns_rdf_size(field) == 4) {
    const std::uint8_t first = ldns_rdf_data(field)[0];
    if (first == 0 || first >= 224) return std::nullopt;
    inet_ntop(AF_INET, ldns_rdf_data(field), text, sizeof text);
    return text;
  }
  if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_AAAA && ldns_rdf_size(field) == 16) {
    in6_addr address{};
    std::copy_n(ldns_rdf_data(field), 16, address.s6_addr);
    if (IN6_IS_ADDR_UNSPECIFIED(&address) || IN6_IS_ADDR_MULTICAST(&address)) return std::nullopt;
    inet_ntop(AF_INET6, &address, text, sizeof text);
    return text;
  }
  return std::nullopt;
}

template <class Work>
void each_record(const ldns_rr_list* list, Work work) {
  for (std::size_t i = 0; list != nullptr && i < ldns_rr_list_rr_count(list); ++i) {
    const ldns_rr* rr = ldns_rr_list_rr(list, i);
    if (ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN) work(rr);
  }
}

}  // namespace

Question make_question(const std::string& name, std::uint16_t type, std::uint16_t id) {
  ldns_rdf* raw_name = nullptr;
  if (ldns_str2rdf_dname(&raw_name, name.c_str()) != LDNS_STATUS_OK) {
    throw Error(Code::kInvalidArgument, "\"" + name + "\" is not a DNS name.");
  }
  std::unique_ptr<ldns_rdf, FreeName> owner(raw_name);
  const Packet packet(
      ldns_pkt_query_new(owner.get(), static_cast<ldns_rr_type>(type), LDNS_RR_CLASS_IN, LDNS_RD));
  if (!packet) throw Error(Code::kInternal, "libldns could not make a question.");
  static_cast<void>(owner.release());  // the packet's question has it
  ldns_pkt_set_id(packet.get(), id);
  std::uint8_t* raw = nullptr;
  std::size_t size = 0;
  const ldns_status status = ldns_pkt2wire(&raw, packet.get(), &size);
  const std::unique_ptr<std::uint8_t, FreeBytes> owned(raw);
  if (status != LDNS_STATUS_OK) throw Error(Code::kInternal, "libldns could not write a question.");
  return {id, name, type, Bytes(raw, raw + size)};
}

std::optional<Reply> read_reply(const Question& question, std::span<const std::uint8_t> wire) {
  ldns_pkt* raw = nullptr;
  if (wire.size() < 12 || ldns_wire2pkt(&raw, wire.data(), wire.size()) != LDNS_STATUS_OK)
    return std::nullopt;
  Reply reply;
  reply.packet.reset(raw);
  if (ldns_pkt_id(raw) != question.id || !ldns_pkt_qr(raw) || ldns_pkt_tc(raw) ||
      ldns_pkt_get_opcode(raw) != LDNS_PACKET_QUERY) {
    return std::nullopt;
  }
  const ldns_rr_list* asked = ldns_pkt_question(raw);
  if (asked == nullptr || ldns_rr_list_rr_count(asked) != 1) return std::nullopt;
  const ldns_rr* only = ldns_rr_list_rr(asked, 0);
  if (ldns_rr_get_type(only) != question.type || ldns_rr_get_class(only) != LDNS_RR_CLASS_IN ||
      text_of(ldns_rr_owner(only)) != question.name) {
    return std::nullopt;
  }
  reply.rcode = ldns_pkt_get_rcode(raw);
  return reply;
}

std::optional<Authority> authority_of(const Reply& reply, const std::string& zone) {
  std::vector<Authority> found;
  each_record(ldns_pkt_answer(reply.packet.get()), [&](const ldns_rr* rr) {
    if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_SOA || ldns_rr_rd_count(rr) < 7 ||
        text_of(ldns_rr_owner(rr)) != zone) {
      return;
    }
    found.push_back({text_of(ldns_rr_rdf(rr, 0)), ldns_rdf2native_int32(ldns_rr_rdf(rr, 3))});
  });
  if (found.size() != 1) return std::nullopt;
  return found.front();
}

std::optional<std::string> enclosing_zone(const Reply& reply) {
  std::optional<std::string> found;
  each_record(ldns_pkt_authority(reply.packet.get()), [&](const ldns_rr* rr) {
    if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA) found = text_of(ldns_rr_owner(rr));
  });
  return found;
}

std::vector<std::string> addresses_of(const Reply& reply, const std::string& name) {
  const ldns_rr_list* answer = ldns_pkt_answer(reply.packet.get());
  std::string owner = name;
  for (std::size_t aliases = 0; aliases <= kMostAliases; ++aliases) {
    std::vector<std::string> found;
    std::optional<std::string> next;
    each_record(answer, [&](const ldns_rr* rr) {
      if (text_of(ldns_rr_owner(rr)) != owner) return;
      if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME && ldns_rr_rd_count(rr) == 1) {
        next = text_of(ldns_rr_rdf(rr, 0));
      } else if (const auto address = address_in(rr); address && found.size() < kMostAddresses) {
        found.push_back(*address);
      }
    });
    if (!found.empty() || !next) return found;
    owner = *next;
  }
  return {};
}

}  // namespace paynamed::rfc2136
