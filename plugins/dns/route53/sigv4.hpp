// AWS Signature Version 4 for requests whose signature is in a header (AWS General Reference, "Signing AWS
// API requests").
//
// Threads: pure functions.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paynamed::route53 {

struct SigningKey {
  std::string_view access_key_id;
  std::string_view secret_access_key;
  std::string_view region;
  std::string_view service;
};

// A request as it goes on the wire.
struct Signable {
  std::string method;
  std::string path = "/";  // as in the request line
  std::string query;       // as in the request line, without its question mark
  // All that is signed, Host and X-Amz-Date among them.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// "20150830T123600Z".
std::string amz_date(std::chrono::sys_seconds when);

// RFC 3986: everything but letters, digits, "-", ".", "_" and "~" is percent-encoded.
std::string percent_encoded(std::string_view text);

// The three stages, apart for the tests. `date` is what stands in X-Amz-Date.
std::string canonical_request(const Signable& request);
std::string string_to_sign(const Signable& request, std::string_view date, const SigningKey& key);
// The value of the header Authorization.
std::string authorization(const Signable& request, std::string_view date, const SigningKey& key);

// SHA-256 in lower-case hexadecimal.
std::string sha256_hex(std::string_view text);

}  // namespace paynamed::route53
