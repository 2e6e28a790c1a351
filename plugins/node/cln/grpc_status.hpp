// What a gRPC status that is not OK means, as NodeCalls has it.
//
// Threads: a pure function.
#pragma once

#include <grpcpp/support/status.h>

namespace paynamed::cln {

// Throws RpcError or Error. `method` is the call that went out; `changes`: it may change something at the
// node.
[[noreturn]] void throw_status(const grpc::Status& status, const char* method, bool changes);

}  // namespace paynamed::cln
