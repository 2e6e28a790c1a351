#include "grpc_status.hpp"

#include <paynamed/error.hpp>
#include <string>
#include <string_view>

#include "rpc_error.hpp"
#include "rust_text.hpp"

namespace paynamed::cln {
namespace {

// gRPC's own words when a call went well and its answer cannot be read
// (grpcpp/impl/client_unary_call.h). What it did is not known then, whatever the status.
constexpr std::string_view kNoMessage = "No message returned for unary request";

std::string sentence(const grpc::Status& status, const std::string& method) {
  switch (status.error_code()) {
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "The node did not answer " + method + " by gRPC in time.";
    case grpc::StatusCode::UNAVAILABLE:
      return "The node's gRPC hung up before it answered " + method + ".";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return "The node's answer to " + method +
             " is more than can be taken (64 MB); see how many offers it has.";
    case grpc::StatusCode::CANCELLED:
      // cln-grpc's handler dies of what it did not expect, and only the stream ends (tonic).
      return "The node's gRPC broke off " + method + "; its log says why.";
    default:
      return "The node gave no good answer to " + method + " by gRPC (status " +
             std::to_string(static_cast<int>(status.error_code())) + ").";
  }
}

}  // namespace

void throw_status(const grpc::Status& status, const char* method, bool changes) {
  const auto lost = changes ? Code::kUnknown : Code::kUnavailable;
  const auto said = RpcError(0, status.error_message()).text();
  switch (status.error_code()) {
    case grpc::StatusCode::UNKNOWN:
      if (const auto refusal = refusal_in(status.error_message())) {
        if (refusal->code) throw RpcError(*refusal->code, refusal->message);
        throw Error(lost,
                    std::string("cln-grpc could not read lightningd's own answer to ") + method +
                        "; one value that it does not know spoils all of it: see that the plugin is of the "
                        "node's version.",
                    RpcError(0, refusal->message).text());
      }
      break;
    case grpc::StatusCode::UNIMPLEMENTED:
      if (status.error_message() == kNoMessage) break;
      throw RpcError(kUnknownCommand, status.error_message());
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      // Not cln-grpc, which looks at certificates alone, but what stands before it.
      throw Error(static_cast<Code>(static_cast<int>(status.error_code())),
                  std::string("Something before the node's gRPC does not let ") + method +
                      " pass; connect to the node itself.",
                  said);
    default:
      break;
  }
  throw Error(lost, sentence(status, method), said);
}

}  // namespace paynamed::cln
