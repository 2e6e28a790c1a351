// MemoryZone: a DnsProvider that keeps its records in memory. The shortest complete asynchronous plugin, and
// the zone of tests that need no server.
//
// Threads: everything runs on the strand, so nothing is locked.
#pragma once

#include <map>
#include <string>

#include "paynamed/dns_provider.hpp"

namespace paynamed::examples {

class MemoryZone final : public DnsProvider {
 public:
  // Throws Error if the zone does not end in a dot.
  MemoryZone(Host host, const Config& config);

  void describe(DescribeDnsRequest request, Reply<DescribeDnsReply> reply) override;
  void publish(PublishRequest request, Reply<PublishReply> reply) override;
  void withdraw(WithdrawRequest request, Reply<WithdrawReply> reply) override;
  void read(ReadRequest request, Reply<ReadReply> reply) override;
  void sync_status(SyncStatusRequest request, Reply<SyncStatusReply> reply) override;

 private:
  Host host_;
  std::string zone_;
  // After how long a change has reached "all servers".
  std::chrono::milliseconds delay_;
  std::map<std::string, TxtRecord> records_;
  std::map<std::string, bool> in_sync_;
  // The answers given under an idempotency key.
  std::map<std::string, PublishReply> answered_;
};

}  // namespace paynamed::examples
