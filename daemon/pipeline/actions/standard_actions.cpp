#include "pipeline/actions/actions.hpp"

namespace paynamed::pipeline {

ActionTable standard_actions(const Services& services) {
  ActionTable table;
  table["domain.check"] = make_domain_check(services);
  table["node.provision"] = make_node_provision(services);
  table["offer.create"] = make_offer_create(services);
  table["dns.publish"] = make_dns_publish(services);
  table["dns.await"] = make_dns_await(services);
  table["name.prove"] = make_name_prove(services);
  table["event.emit"] = make_event_emit(services);
  table["dns.withdraw"] = make_dns_withdraw(services);
  table["offer.disable"] = make_offer_disable(services);
  return table;
}

}  // namespace paynamed::pipeline
