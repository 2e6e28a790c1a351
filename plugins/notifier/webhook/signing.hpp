// Signatures of Standard Webhooks 1.0.0 (standard-webhooks.md, "Signature scheme"), each as it stands in the
// header webhook-signature.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace paynamed::webhook {

// What is signed: "{id}.{timestamp}.{body}".
std::string signed_text(std::string_view id, std::int64_t timestamp, std::string_view body);

// "v1," and HMAC-SHA256. `secret` is "whsec_" and base64 of 24 to 64 bytes. Throws
// Error(kFailedPrecondition), which does not show the secret, when it is none.
std::string sign_hmac(std::string_view secret, std::string_view text);

// "v1a," and ed25519 (RFC 8032). `secret` is "whsk_" and base64 of the 32 bytes of the private key and the 32
// of the public one, which must belong together. Throws Error(kFailedPrecondition) likewise.
std::string sign_ed25519(std::string_view secret, std::string_view text);

}  // namespace paynamed::webhook
