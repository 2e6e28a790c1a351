// Where a node's gRPC is and how both sides know each other.
//
// Threads: a value type.
#pragma once

#include <memory>
#include <paynamed/secret.hpp>
#include <string>

#include "pem_file.hpp"

namespace paynamed::cln {

class HostLookup;

struct GrpcSettings {
  std::string address;      // host:port
  std::string server_name;  // a name in the node's certificate
  PemSource ca;
  PemSource certificate;
  Secret key;                          // PEM
  std::shared_ptr<HostLookup> lookup;  // of the whole instance
};

}  // namespace paynamed::cln
