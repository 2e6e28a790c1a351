// The routes of the API, by resource. Each function adds its own; `dependencies` outlives the router.
//
// Threads: called once, before the first request.
#pragma once

#include "api/dependencies.hpp"
#include "api/router.hpp"

namespace paynamed::api {

void add_name_routes(Router& router, const Dependencies& dependencies);  // /v1/names, /register-username
void add_run_routes(Router& router, const Dependencies& dependencies);   // /v1/runs
void add_proof_routes(Router& router,
                      const Dependencies& dependencies);  // proofs of names, /dnssecproof, /v1/resolve
void add_domain_routes(Router& router, const Dependencies& dependencies);  // /v1/domains
// what stands in a zone, and its adoption
void add_zone_name_routes(Router& router, const Dependencies& dependencies);
void add_domain_check_routes(Router& router, const Dependencies& dependencies);
void add_drift_routes(Router& router, const Dependencies& dependencies);    // /v1/domains/{domain}/drift
void add_move_routes(Router& router, const Dependencies& dependencies);     // /v1/domains/{domain}/moves
void add_payment_routes(Router& router, const Dependencies& dependencies);  // /v1/payments
// /v1/invoices, /v1/names/{name}/invoices
void add_invoice_routes(Router& router, const Dependencies& dependencies);
// /v1/orders, /v1/names/{name}/orders
void add_order_routes(Router& router, const Dependencies& dependencies);
void add_node_routes(Router& router, const Dependencies& dependencies);          // /v1/nodes
void add_event_routes(Router& router, const Dependencies& dependencies);         // /v1/events
void add_event_stream_routes(Router& router, const Dependencies& dependencies);  // /v1/events/stream
void add_token_routes(Router& router, const Dependencies& dependencies);         // /v1/tokens
void add_webhook_routes(Router& router, const Dependencies& dependencies);       // /v1/webhooks
// /v1/webhooks/{id}/deliveries, /v1/deadletters
void add_delivery_routes(Router& router, const Dependencies& dependencies);
void add_system_routes(Router& router,
                       const Dependencies& dependencies);  // plugins, health, metrics

// What both of webhooks say where there are none.
Response no_webhooks(const Request& request);

// proto/openapi.yaml, as built in; and the other two that are served.
std::string_view openapi_document();
std::string_view events_schema_document();
std::string_view asyncapi_document();

}  // namespace paynamed::api
