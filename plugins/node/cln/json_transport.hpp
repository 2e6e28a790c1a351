// JsonTransport: one JSON-RPC call to the node, by whatever way.
//
// Threads: call() from any thread that may wait.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <paynamed/call.hpp>
#include <string>

namespace paynamed::cln {

struct JsonCall {
  std::string method;
  boost::json::object params{};
  bool changes = false;
  // The node itself waits that long before it answers.
  std::chrono::seconds wait{0};
};

class JsonTransport {
 public:
  virtual ~JsonTransport() = default;
  // The result. Throws RpcError and Error as NodeCalls has it.
  virtual boost::json::value call(const JsonCall& asked, const Call& call) = 0;
};

// UNKNOWN or, when nothing can have been changed, UNAVAILABLE.
inline Code lost_answer(const JsonCall& asked) {
  return asked.changes ? Code::kUnknown : Code::kUnavailable;
}

}  // namespace paynamed::cln
