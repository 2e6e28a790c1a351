// Where a node's gRPC is and how both sides know each other.
//
// Threads: a value type.
#pragma once

#include <paynamed/secret.hpp>
#include <string>

namespace paynamed::cln {

struct GrpcSettings {
  std::string address;           // host:port
  std::string server_name;       // a name in the node's certificate
  std::string ca_file;           // PEM
  std::string certificate_file;  // PEM
  Secret key;                    // PEM
};

}  // namespace paynamed::cln
