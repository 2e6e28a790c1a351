#include "tests/fakes/dns/zone_reader.hpp"

#include <ldns/ldns.h>

#include <memory>
#include <stdexcept>

namespace paynamed::fakes {
namespace {

struct Free {
  void operator()(ldns_resolver* resolver) const { ldns_resolver_deep_free(resolver); }
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
  void operator()(ldns_rdf* rdf) const { ldns_rdf_deep_free(rdf); }
};

using Packet = std::unique_ptr<ldns_pkt, Free>;
using Name = std::unique_ptr<ldns_rdf, Free>;

Packet ask(const std::string& address, std::uint16_t port, const ldns_rdf& name, ldns_rr_type type) {
  const std::unique_ptr<ldns_resolver, Free> resolver(ldns_resolver_new());
  const Name server(ldns_rdf_new_frm_str(LDNS_RDF_TYPE_A, address.c_str()));
  if (!resolver || !server || ldns_resolver_push_nameserver(resolver.get(), server.get()) != LDNS_STATUS_OK) {
    throw std::runtime_error("libldns cannot ask " + address);
  }
  ldns_resolver_set_port(resolver.get(), port);
  ldns_resolver_set_usevc(resolver.get(), true);
  ldns_resolver_set_recursive(resolver.get(), false);
  const Packet answer(ldns_resolver_query(resolver.get(), &name, type, LDNS_RR_CLASS_IN, 0));
  if (!answer) throw std::runtime_error("the DNS server at " + address + " does not answer");
  return Packet(ldns_pkt_clone(answer.get()));
}

Name name_of(const std::string& text) {
  Name name(ldns_dname_new_frm_str(text.c_str()));
  if (!name) throw std::runtime_error(text + " is no DNS name");
  return name;
}

std::string joined(const ldns_rr& record) {
  std::string value;
  for (std::size_t i = 0; i < ldns_rr_rd_count(&record); ++i) {
    const ldns_rdf* part = ldns_rr_rdf(&record, i);
    // A length and as many bytes.
    value.append(reinterpret_cast<const char*>(ldns_rdf_data(part)) + 1, ldns_rdf_size(part) - 1);
  }
  return value;
}

}  // namespace

std::vector<ServedTxt> ZoneReader::txt(const std::string& name) const {
  const Name owner = name_of(name);
  const Packet answer = ask(address_, port_, *owner, LDNS_RR_TYPE_TXT);
  const ldns_rr_list* records = ldns_pkt_answer(answer.get());
  std::vector<ServedTxt> found;
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
    const ldns_rr* each = ldns_rr_list_rr(records, i);
    if (ldns_rr_get_type(each) != LDNS_RR_TYPE_TXT ||
        ldns_dname_compare(ldns_rr_owner(each), owner.get()) != 0)
      continue;
    found.push_back({joined(*each), ldns_rr_ttl(each)});
  }
  return found;
}

std::uint32_t ZoneReader::serial(const std::string& zone) const {
  const Packet answer = ask(address_, port_, *name_of(zone), LDNS_RR_TYPE_SOA);
  const ldns_rr_list* records = ldns_pkt_answer(answer.get());
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
    const ldns_rr* each = ldns_rr_list_rr(records, i);
    if (ldns_rr_get_type(each) == LDNS_RR_TYPE_SOA) return ldns_rdf2native_int32(ldns_rr_rdf(each, 2));
  }
  throw std::runtime_error("the server has no SOA record of " + zone);
}

}  // namespace paynamed::fakes
