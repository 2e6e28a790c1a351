// ZoneTransfer reads the answer to an AXFR question (RFC 5936): untrusted messages in, the records of the
// zone out. Every message has to be signed (RFC 8945 section 5.3.1 lets servers leave signatures out; those
// in use sign each message).
//
// Threads: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dns_message.hpp"

namespace paynamed::rfc2136 {

struct TransferredRecord {
  std::string owner;  // lower case, with the final dot
  std::uint16_t type = 0;
  std::uint32_t ttl_seconds = 0;
  Bytes rdata;  // uncompressed
};

// What a zone may have at most, so that no server can fill the memory.
struct TransferLimits {
  std::size_t records = 4'000'000;
  std::size_t bytes = 768U << 20;
};

class ZoneTransfer {
 public:
  // `server` is how messages name it. `question` and `key` outlive this.
  ZoneTransfer(std::string server, std::string zone, const Message& question, const TsigKey& key,
               TransferLimits limits = {});

  // Takes the next message; true when it was the last. Throws Error: as throw_refusal() when the server
  // refuses, kUnavailable for what is no signed answer to the question, kFailedPrecondition above the limits.
  bool take(std::span<const std::uint8_t> wire);

  // All records in order of owner; the SOA once. To be called when take() returned true.
  std::vector<TransferredRecord> records() &&;

 private:
  void check(const Answer& answer) const;
  // Of one record; true when it is the SOA that ends the zone.
  bool keep(const ldns_struct_rr* record);

  const std::string server_;
  const std::string zone_;
  const Message& question_;
  const TsigKey& key_;
  const TransferLimits limits_;
  Bytes mac_;  // of the message before
  bool begun_ = false;
  std::size_t bytes_ = 0;
  std::vector<TransferredRecord> records_;
};

}  // namespace paynamed::rfc2136
