// TlsAuthority: a certificate authority of a test's own, made by OpenSSL in the test's process.
//
// Threads: one thread at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace paynamed::fakes {

// What a server shows and proves: PEM, the leaf's certificate first.
struct TlsIdentity {
  std::string certificate;
  std::string key;
};

class TlsAuthority {
 public:
  // A new key and a certificate for it. Throws std::runtime_error when OpenSSL does not.
  TlsAuthority();
  ~TlsAuthority();

  // For hosts as in a subjectAltName: "DNS:a.example", "IP:127.0.0.1". Valid from and until, in seconds from
  // now.
  TlsIdentity issue(const std::vector<std::string>& hosts, long from = -3600, long until = 3600) const;
  // The authority's own certificate, for those who trust it.
  std::string certificate() const;
  void write_certificate(const std::filesystem::path& file) const;

 private:
  struct Keys;
  std::unique_ptr<Keys> keys_;
};

}  // namespace paynamed::fakes
