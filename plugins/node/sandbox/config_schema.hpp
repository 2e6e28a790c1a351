// The JSON Schema (draft-07) of an instance's table. README.md explains each key.
#pragma once

#define PAYNAMED_SANDBOX_DURATION R"({"type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$"})"

#define PAYNAMED_SANDBOX_CODES                                                              \
  R"("CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", )"       \
  R"("ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", )" \
  R"("ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", )" \
  R"("UNAUTHENTICATED")"

#define PAYNAMED_SANDBOX_FAULT                                                                                    \
  R"({"type": "object", "additionalProperties": false, "properties": {"code": {"enum": [)" PAYNAMED_SANDBOX_CODES \
  R"(]}, "times": {"type": "integer", "minimum": 1}, "after_effect": {"type": "boolean"}, )"                      \
  R"("no_answer": {"type": "boolean"}, "delay": )" PAYNAMED_SANDBOX_DURATION "}}"

namespace paynamed::sandbox {

inline constexpr char kConfigSchema[] = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "additionalProperties": false,
  "required": ["key_file", "state_file"],
  "properties": {
    "key_file": {"type": "string", "minLength": 1},
    "state_file": {"type": "string", "minLength": 1},
    "nodes": {"type": "array", "minItems": 1, "maxItems": 1000, "uniqueItems": true,
              "items": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,62}$"}},
    "payer": {"type": "object", "additionalProperties": false, "required": ["every"], "properties": {
      "every": )" PAYNAMED_SANDBOX_DURATION R"(,
      "amount_msat": {"type": "integer", "minimum": 1, "maximum": 2100000000000000000},
      "note": {"type": "string", "maxLength": 1024}}},
    "faults": {"type": "object", "additionalProperties": false, "properties": {
      "Describe": )" PAYNAMED_SANDBOX_FAULT R"(,
      "Info": )" PAYNAMED_SANDBOX_FAULT R"(,
      "Provision": )" PAYNAMED_SANDBOX_FAULT R"(,
      "Release": )" PAYNAMED_SANDBOX_FAULT R"(,
      "CreateOffer": )" PAYNAMED_SANDBOX_FAULT R"(,
      "EnableOffer": )" PAYNAMED_SANDBOX_FAULT R"(,
      "DisableOffer": )" PAYNAMED_SANDBOX_FAULT R"(,
      "LookupOffer": )" PAYNAMED_SANDBOX_FAULT R"(,
      "CreateInvoice": )" PAYNAMED_SANDBOX_FAULT R"(,
      "LookupInvoice": )" PAYNAMED_SANDBOX_FAULT R"(,
      "FetchInvoice": )" PAYNAMED_SANDBOX_FAULT R"(,
      "Pay": )" PAYNAMED_SANDBOX_FAULT R"(,
      "LookupPayment": )" PAYNAMED_SANDBOX_FAULT R"(,
      "NewAddress": )" PAYNAMED_SANDBOX_FAULT R"(,
      "WatchPayments": )" PAYNAMED_SANDBOX_FAULT R"(
    }}
  }
})";

}  // namespace paynamed::sandbox
