// ClnLab: a fake of a Core Lightning node and the cln plugin in the daemon's own host, over one of its
// transports.
//
// Threads: one, but for what fakes say.
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <string>

#include "paynamed/testing/node_conformance.hpp"
#include "tests/fakes/cln/fake_cln.hpp"
#include "tests/fakes/plugin_host/hosted_plugin.hpp"

namespace paynamed::nodes {

enum class Transport { kSocket, kRest, kGrpc };

class ClnWorld final : public testing::NodeWorld {
 public:
  explicit ClnWorld(const fakes::FakeCln& node) : node_(node) {}

  bool pay_invoice(const std::string& bolt11) override;
  bool pay_offer(const std::string& offer, std::uint64_t amount_msat, const std::string& payer_note) override;
  std::optional<std::size_t> offers() override { return static_cast<std::size_t>(state("offers")); }
  std::optional<std::size_t> invoices() override { return static_cast<std::size_t>(state("invoices")); }
  std::uint64_t now() override { return static_cast<std::uint64_t>(state("now")); }
  void pass(std::chrono::seconds time) override;
  void lose_next_write_reply() override;

 private:
  std::int64_t state(const char* key) const;

  const fakes::FakeCln& node_;
};

// A node that listens where that transport needs it.
inline fakes::FakeCln::Doors doors_for(Transport transport) {
  return transport == Transport::kGrpc ? fakes::FakeCln::Doors::kGrpcToo
                                       : fakes::FakeCln::Doors::kSocketAndRest;
}
// The plugin's table for that node. `rune` is kept in a file of the node's folder, if the transport has one.
boost::json::object table_for(const fakes::FakeCln& node, Transport transport, const std::string& rune);
std::unique_ptr<fakes::HostedPlugin> plugin_for(boost::json::object table, fakes::Journal& journal);

}  // namespace paynamed::nodes
