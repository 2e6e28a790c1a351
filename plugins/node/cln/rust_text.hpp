// lightningd's errors as cln-grpc passes them on: in the text of the status, as Rust prints a value for
// debugging (cln-grpc/src/server.rs): Error calling method Offer: RpcError { code: Some(900), message: "...",
// data: None }.
//
// Threads: pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paynamed::cln {

struct RustRefusal {
  // None: not lightningd refused, but cln-grpc could not make anything of its answer.
  std::optional<std::int64_t> code;
  // Not all of it when it is long. As it came: it may be no UTF-8.
  std::string message;
};

// Nothing when the text is another one. It may be anything: the result is never longer than 2 kB, and nothing
// throws but for want of memory.
std::optional<RustRefusal> refusal_in(std::string_view status_text);

}  // namespace paynamed::cln
