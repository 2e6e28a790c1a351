#include "paynamed/abi.h"

/* What may never change: the size and the place of every released member (64-bit). */
#define FIXED(expression) _Static_assert(expression, #expression)
FIXED(sizeof(pn_bytes) == 16);
FIXED(sizeof(pn_label) == 32);
FIXED(sizeof(pn_status) == 48 && offsetof(pn_status, message) == 16 && offsetof(pn_status, detail) == 32);
FIXED(sizeof(pn_call_info) == 72 && offsetof(pn_call_info, call_id) == 8 &&
      offsetof(pn_call_info, idempotency_key) == 16 && offsetof(pn_call_info, traceparent) == 48 &&
      offsetof(pn_call_info, priority) == 64);
FIXED(sizeof(pn_time) == 24 && offsetof(pn_time, wall_ms) == 8 && offsetof(pn_time, monotonic_ns) == 16);
FIXED(sizeof(pn_host) == 64 && offsetof(pn_host, ctx) == 8 && offsetof(pn_host, log) == 16 &&
      offsetof(pn_host, metric) == 24 && offsetof(pn_host, now) == 32 && offsetof(pn_host, after) == 40 &&
      offsetof(pn_host, observe) == 48 && offsetof(pn_host, call) == 56);
FIXED(sizeof(pn_module) == 80 && offsetof(pn_module, name) == 8 && offsetof(pn_module, version) == 16 &&
      offsetof(pn_module, contract) == 24 && offsetof(pn_module, config_schema) == 32 &&
      offsetof(pn_module, create) == 40 && offsetof(pn_module, call) == 48 && offsetof(pn_module, cancel) == 56 &&
      offsetof(pn_module, stop) == 64 && offsetof(pn_module, destroy) == 72);

int pn_has_works_in_c(const pn_status* status);
int pn_has_works_in_c(const pn_status* status) { return PN_HAS(pn_status, status, detail) ? 1 : 0; }
