// PaymentsScene: paynamed itself with the plugin "cln", whose node is an InstantNode, and names whose offers
// are paid.
//
// Threads: one thread at a time; functions block their caller.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/benchmarks.hpp"
#include "tests/bench/child.hpp"
#include "tests/bench/http_client.hpp"
#include "tests/bench/instant_node.hpp"
#include "tests/bench/payments_writer.hpp"

namespace paynamed::bench {

class PaymentsScene {
 public:
  // Makes the names and starts node and daemon in the empty folder `folder`. Throws when the daemon does not
  // become ready. `tables` is TOML at the end of the configuration, `prepare` changes the state file before
  // the daemon has it.
  PaymentsScene(const Options& options, const std::filesystem::path& folder, const std::string& tables = {},
                const std::function<void(const std::filesystem::path& state)>& prepare = {});

  InstantNode& node() { return *node_; }
  HttpClient& client() { return *client_; }
  const std::filesystem::path& socket() const { return socket_; }
  const std::vector<FileOffer>& offers() const { return offers_; }
  pid_t daemon() const { return daemon_->pid(); }

  // A new file with the names and nothing else, in the place of an earlier one of that name.
  std::string fresh_file(const std::string& name);
  // The place of the newest event, "1-17".
  std::string head();
  // Waits until so many events came after that place; throws when that takes too long.
  void await_events(const std::string& after, std::uint64_t count);
  // Waits until the daemon says that it has taken in so many payments, for its events may be seen before;
  // throws when that takes too long or there are more.
  void await_taken_in(std::uint64_t count);
  // Transactions in which it took payments in.
  std::uint64_t batches() { return counted("paynamed_payment_batches_total"); }

 private:
  // Of the node's instance; 0 before the first.
  std::uint64_t counted(const std::string& counter);
  std::filesystem::path write_config(const Options& options, std::uint16_t port,
                                     const std::string& tables) const;

  const std::filesystem::path folder_;
  const std::filesystem::path socket_;
  std::vector<FileOffer> offers_;
  std::unique_ptr<InstantNode> node_;
  std::unique_ptr<Child> daemon_;
  std::unique_ptr<HttpClient> client_;
};

// The number in a place, "1-17".
std::uint64_t seq_of(const std::string& position);
// The text member of a JSON object. Throws when there is none.
std::string member_of(const std::string& object, const std::string& name);

}  // namespace paynamed::bench
