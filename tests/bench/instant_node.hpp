// InstantNode: a Core Lightning node that answers at once, at a unix socket that speaks lightningd's
// JSON-RPC, as far as the plugin "cln" asks. Its invoices are signed; its answers have the fields and sizes
// of the real ones; all that it knows is in memory.
//
// Threads: the node answers on a thread of its own; every function blocks its caller and may be called from
// any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace paynamed::bench {

class InstantNode {
 public:
  // Listens at `socket`, whose file must not be there. `offer_ids` (hex) are what its payers pay, in turn.
  InstantNode(const std::filesystem::path& socket, std::vector<std::string> offer_ids);
  ~InstantNode();
  InstantNode(const InstantNode&) = delete;
  InstantNode& operator=(const InstantNode&) = delete;

  // So many offers are paid in this moment. The pay_index of the last.
  std::uint64_t pay(std::uint64_t count);
  // When the node began to send the answer of waitanyinvoice that told of this payment first; nothing before.
  std::optional<base::MonotonicTime> told(std::uint64_t pay_index) const;
  // How often it was asked that.
  std::uint64_t calls(const std::string& method) const;

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

// The payment_hash of a payment by its pay_index.
std::string payment_hash_at(std::uint64_t pay_index);

// Makes an invoice at the node as the plugin does, over a connection of its own, and nothing else. Throws
// when the node does not make it.
void ask_for_invoice(const std::filesystem::path& socket, const std::string& label);

}  // namespace paynamed::bench
