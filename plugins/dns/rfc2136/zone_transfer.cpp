#include "zone_transfer.hpp"

#include <ldns/ldns.h>
#include <paynamed/error.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

#include "refusal.hpp"

namespace paynamed::rfc2136 {

ZoneTransfer::ZoneTransfer(std::string server, std::string zone, const Message& question, const TsigKey& key,
                           TransferLimits limits)
    : server_(std::move(server)),
      zone_(std::move(zone)),
      question_(question),
      key_(key),
      limits_(limits),
      mac_(question.mac) {}

void ZoneTransfer::check(const Answer& answer) const {
  if (answer.rcode != 0 || answer.tsig_error != 0)
    throw_refusal(answer, {server_, zone_, key_, question_, false});
  if (!answer.is_signed) {
    throw Error(Code::kUnavailable,
                "A message of the transfer of " + zone_ + " from " + server_ +
                    " is not signed with the key " + key_.name +
                    ", so it may be forged; let the server sign every message of a transfer.");
  }
}

bool ZoneTransfer::take(std::span<const std::uint8_t> wire) {
  const auto answer =
      begun_ ? read_next_answer(question_, mac_, wire, key_) : read_answer(question_, wire, key_);
  if (!answer) {
    throw Error(Code::kUnavailable, "What " + server_ + " sends for the transfer of " + zone_ +
                                        " is no DNS answer to the question.");
  }
  check(*answer);
  mac_ = answer->mac;
  const ldns_rr_list* list = ldns_pkt_answer(answer->packet.get());
  const std::size_t count = list == nullptr ? 0 : ldns_rr_list_rr_count(list);
  for (std::size_t i = 0; i < count; ++i) {
    if (keep(ldns_rr_list_rr(list, i))) return true;
  }
  if (!begun_) {
    throw Error(Code::kUnavailable,
                "The transfer of " + zone_ + " from " + server_ + " begins without a record.");
  }
  return false;
}

bool ZoneTransfer::keep(const ldns_struct_rr* record) {
  TransferredRecord kept;
  kept.owner = text_of(ldns_rr_owner(record));
  kept.type = static_cast<std::uint16_t>(ldns_rr_get_type(record));
  kept.ttl_seconds = ldns_rr_ttl(record);
  const bool is_soa = kept.type == LDNS_RR_TYPE_SOA && kept.owner == zone_;
  // RFC 5936 section 2.2: the SOA stands at the beginning and at the end.
  if (!begun_ && !is_soa) {
    throw Error(Code::kUnavailable,
                "The transfer of " + zone_ + " from " + server_ + " does not begin with its SOA record.");
  }
  if (begun_ && is_soa) return true;
  begun_ = true;
  for (std::size_t i = 0; i < ldns_rr_rd_count(record); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(record, i);
    kept.rdata.insert(kept.rdata.end(), ldns_rdf_data(field), ldns_rdf_data(field) + ldns_rdf_size(field));
  }
  bytes_ += sizeof(TransferredRecord) + kept.owner.size() + kept.rdata.size();
  if (records_.size() >= limits_.records || bytes_ > limits_.bytes) {
    // It will not be smaller for waiting.
    throw Error(Code::kFailedPrecondition, "The zone " + zone_ + " is larger than this plugin lists (" +
                                               std::to_string(limits_.records) + " records).");
  }
  records_.push_back(std::move(kept));
  return false;
}

std::vector<TransferredRecord> ZoneTransfer::records() && {
  std::ranges::sort(records_, [](const TransferredRecord& left, const TransferredRecord& right) {
    return std::tie(left.owner, left.type, left.rdata) < std::tie(right.owner, right.type, right.rdata);
  });
  return std::move(records_);
}

}  // namespace paynamed::rfc2136
