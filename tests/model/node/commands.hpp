// lightningd's JSON-RPC commands, as far as a payee needs them; parameters are checked as strictly as there.
//
// Threads: one thread.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/model/node/ln_node.hpp"

namespace paynamed::model {

class Commands {
 public:
  explicit Commands(LnNode& node) : node_(node) {}

  // Throws RpcRefusal. waitanyinvoice is not here: it may have to wait (door.hpp).
  boost::json::object run(const std::string& method, const boost::json::object& params);
  // Checked as by run().
  struct WaitTerms {
    std::uint64_t after = 0;
    std::optional<std::uint64_t> timeout_seconds;
  };
  WaitTerms wait_terms(const boost::json::object& params);

  // What lightningd refused as no good request; a daemon never sends one.
  const std::vector<std::string>& bad_requests() const { return bad_requests_; }

 private:
  void check(const std::string& method, const boost::json::object& params);

  LnNode& node_;
  std::vector<std::string> bad_requests_;
};

}  // namespace paynamed::model
