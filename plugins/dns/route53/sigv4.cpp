#include "sigv4.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <ctime>
#include <map>
#include <paynamed/error.hpp>

namespace paynamed::route53 {
namespace {

constexpr char kAlgorithm[] = "AWS4-HMAC-SHA256";
constexpr std::size_t kDigestBytes = 32;
using Digest = std::array<unsigned char, kDigestBytes>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hex(const Digest& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char c : digest) {
    text.push_back(kDigits[c >> 4]);
    text.push_back(kDigits[c & 15]);
  }
  return text;
}

Digest hmac_sha256(std::string_view key, std::string_view text) {
  Digest digest{};
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(text), text.size(), digest.data(),
           &size) == nullptr) {
    throw Error(Code::kInternal, "OpenSSL could not compute an HMAC; the machine may be out of memory.");
  }
  return digest;
}

std::string_view view(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// Without spaces around, and one where several were.
std::string trimmed(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (space && (out.empty() || out.back() == ' ')) continue;
    out.push_back(space ? ' ' : c);
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::map<std::string, std::string> canonical_headers(const Signable& request) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request.headers) {
    std::string key = name;
    std::transform(key.begin(), key.end(), key.begin(), lower);
    const auto [at, fresh] = headers.emplace(std::move(key), trimmed(value));
    if (!fresh) at->second += "," + trimmed(value);
  }
  return headers;
}

std::string signed_headers(const std::map<std::string, std::string>& headers) {
  std::string names;
  for (const auto& [name, value] : headers) names += (names.empty() ? "" : ";") + name;
  return names;
}

// RFC 3986 section 5.2.4, without empty segments; then each segment encoded once more than it is on the wire.
std::string canonical_path(std::string_view path) {
  std::vector<std::string_view> segments;
  for (std::string_view rest = path; !rest.empty();) {
    const auto slash = std::min(rest.find('/'), rest.size());
    const auto segment = rest.substr(0, slash);
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
  }
  std::string out;
  for (const auto segment : segments) out += "/" + percent_encoded(segment);
  if (out.empty() || path.ends_with('/')) out += "/";
  return out;
}

std::string percent_decoded(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : lower(c) - 'a' + 10; };
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escaped = text[at] == '%' && at + 2 < text.size() &&
                         std::isxdigit(static_cast<unsigned char>(text[at + 1])) &&
                         std::isxdigit(static_cast<unsigned char>(text[at + 2]));
    if (!escaped) {
      out.push_back(text[at]);
      continue;
    }
    out.push_back(static_cast<char>(digit(text[at + 1]) * 16 + digit(text[at + 2])));
    at += 2;
  }
  return out;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (part.empty()) continue;
    const auto equals = std::min(part.find('='), part.size());
    pairs.emplace_back(percent_encoded(percent_decoded(part.substr(0, equals))),
                       percent_encoded(percent_decoded(part.substr(std::min(equals + 1, part.size())))));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

std::string scope(std::string_view date, const SigningKey& key) {
  return std::string(date.substr(0, 8)) + "/" + std::string(key.region) + "/" + std::string(key.service) +
         "/aws4_request";
}

}  // namespace

std::string amz_date(std::chrono::sys_seconds when) {
  const std::time_t seconds = when.time_since_epoch().count();
  std::tm parts{};
  char text[32] = {};
  if (gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts) == 0) {
    throw Error(Code::kInternal, "The machine's clock shows a time that cannot be written; set it.");
  }
  return text;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 &&
        (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos)) {
      out.push_back(c);
    } else {
      char escaped[4] = {};
      std::snprintf(escaped, sizeof escaped, "%%%02X", byte);
      out += escaped;
    }
  }
  return out;
}

std::string canonical_request(const Signable& request) {
  const auto headers = canonical_headers(request);
  std::string text =
      request.method + "\n" + canonical_path(request.path) + "\n" + canonical_query(request.query) + "\n";
  for (const auto& [name, value] : headers) text += name + ":" + value + "\n";
  return text + "\n" + signed_headers(headers) + "\n" + sha256_hex(request.body);
}

std::string string_to_sign(const Signable& request, std::string_view date, const SigningKey& key) {
  return std::string(kAlgorithm) + "\n" + std::string(date) + "\n" + scope(date, key) + "\n" +
         sha256_hex(canonical_request(request));
}

std::string authorization(const Signable& request, std::string_view date, const SigningKey& key) {
  std::string secret = "AWS4" + std::string(key.secret_access_key);
  Digest derived = hmac_sha256(secret, date.substr(0, 8));
  OPENSSL_cleanse(secret.data(), secret.size());
  for (const std::string_view word : {key.region, key.service, std::string_view("aws4_request")}) {
    derived = hmac_sha256(view(derived), word);
  }
  const std::string signature = hex(hmac_sha256(view(derived), string_to_sign(request, date, key)));
  OPENSSL_cleanse(derived.data(), derived.size());
  return std::string(kAlgorithm) + " Credential=" + std::string(key.access_key_id) + "/" + scope(date, key) +
         ", SignedHeaders=" + signed_headers(canonical_headers(request)) + ", Signature=" + signature;
}

std::string sha256_hex(std::string_view text) {
  Digest digest{};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw Error(Code::kInternal, "OpenSSL could not compute a hash; the machine may be out of memory.");
  }
  return hex(digest);
}

}  // namespace paynamed::route53
