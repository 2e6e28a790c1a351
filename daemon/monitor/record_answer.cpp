#include "monitor/record_answer.hpp"

#include <fmt/format.h>

#include "names/proof/rdata.hpp"

namespace paynamed::monitor {
namespace {

using net::DnsRcode;
using net::DnsRecord;
using net::DnsType;
using Says = RecordAnswer::Says;

RecordAnswer nothing(std::string sentence) {
  return {Says::kNothing, {}, std::move(sentence), true, {}};
}

RecordAnswer wrong(std::string code, std::string sentence) {
  return {Says::kWrong, std::move(code), std::move(sentence), true, {}};
}

// A stranger's value may be any bytes, and what is said of it has to be text.
std::string shortened(const std::string& value) {
  constexpr std::size_t kShown = 60;
  std::string shown;
  for (const char c : value.substr(0, kShown)) shown += c >= 0x20 && c < 0x7F ? c : '?';
  return value.size() <= kShown ? shown : shown + "...";
}

// What is left of a TTL in a server's cache says nothing: a proof has those that were signed.
std::vector<DnsRecord> with_signatures(const net::DnsAnswer& answer, const std::string& owner) {
  std::vector<DnsRecord> records;
  std::uint32_t original_ttl = 0;
  for (const DnsRecord& record : answer.answer) {
    if (record.owner != owner) continue;
    if (record.type == DnsType::kTxt) records.push_back(record);
    if (record.type != DnsType::kRrsig) continue;
    const auto rrsig = names::read_rrsig(record.rdata);
    if (!rrsig || rrsig->covered != DnsType::kTxt) continue;
    original_ttl = rrsig->original_ttl;
    records.push_back(record);
  }
  for (DnsRecord& record : records) record.ttl = original_ttl;
  return records;
}

}  // namespace

RecordAnswer judge_answer(const net::DnsAnswer& answer, const std::string& server, const std::string& owner,
                          const std::string& value, bool is_resolver) {
  if (answer.rcode != DnsRcode::kNoError && answer.rcode != DnsRcode::kNxDomain)
    return nothing(fmt::format("{} answers {} for {}", server, to_string(answer.rcode), owner));
  if (!answer.authoritative && !is_resolver)
    return nothing(fmt::format("{} is not authoritative for {} (lame)", server, owner));

  std::vector<std::string> values;
  for (const DnsRecord& record : answer.answer) {
    const bool alias = record.type == DnsType::kCname && record.owner == owner;
    if (alias || (record.type == DnsType::kDname && net::is_at_or_below(owner, record.owner))) {
      return wrong("alias", fmt::format("{} has a {} at {}; remove it, some wallets do not follow it", server,
                                        to_string(record.type), record.owner));
    }
    if (record.type == DnsType::kTxt && record.owner == owner)
      values.push_back(net::txt_value(record.rdata).value_or(""));
  }
  if (values.empty()) {
    return wrong(
        "absent",
        fmt::format("{} has no TXT record at {} ({}); somebody removed it, or the server is not up to "
                    "date",
                    server, owner, answer.rcode == DnsRcode::kNxDomain ? "NXDOMAIN" : "no data"));
  }
  if (values.size() > 1) {
    return wrong("extra_record",
                 fmt::format("{} has {} TXT records at {}; leave only one, wallets refuse the "
                             "name",
                             server, values.size(), owner));
  }
  if (values.front() != value) {
    return wrong("other_value", fmt::format("{} has another value at {}: '{}'; somebody changed it, or the "
                                            "server is not up to date",
                                            server, owner, shortened(values.front())));
  }
  return {Says::kHasIt, {}, {}, true, with_signatures(answer, owner)};
}

}  // namespace paynamed::monitor
