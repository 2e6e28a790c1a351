// DNS answers: the input as a message, as the answer to a question of ours, and as the rdata and names that
// libunbound and libldns hand on.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/dns_wire.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace paynamed;

void check_name(const std::string& name) {
  fuzz::require(name.ends_with('.'), "a name is absolute");
  fuzz::require(net::normal_name(name) == name, "a name that was read is normal");
  fuzz::require(net::is_at_or_below(name, net::parent_of(name)), "a name is below its parent");
  const auto wire = net::name_to_wire(name);
  fuzz::require(wire && wire->size() <= 255, "a name fits the wire");
  const auto again = net::name_from_wire(*wire);
  fuzz::require(again && again->name == name && again->size == wire->size(), "a name survives the wire");
}

void check_record(const net::DnsRecord& record) {
  check_name(record.owner);
  fuzz::require(record.ttl <= 0x7fffffffU, "a TTL is positive");
  fuzz::require(record.rdata.size() <= 65535, "rdata is bounded");
  if (const auto value = net::txt_value(record.rdata)) {
    fuzz::require(value->size() < record.rdata.size(), "a joined value has lost its length bytes");
  }
  if (const auto target = net::target_name(record)) check_name(*target);
  if (net::soa_serial(record)) {
    fuzz::require(net::target_name(record).has_value(), "a SOA with a serial has a primary");
    fuzz::require(record.rdata.size() >= 22, "a SOA has two names and five numbers");
  }
}

void check_answer(const net::DnsAnswer& answer) {
  for (const auto* section : {&answer.answer, &answer.authority, &answer.additional}) {
    for (const auto& record : *section) check_record(record);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> wire{data, size};
  const auto message = net::decode_message(wire);
  if (message) check_answer(*message);

  net::DnsQuery query;
  query.question.name = "alice.user._bitcoin-payment.example.test.";
  query.name_wire = *net::name_to_wire(query.question.name);
  query.id = size >= 2 ? static_cast<std::uint16_t>(data[0] << 8 | data[1]) : std::uint16_t{0};
  if (const auto answer = net::decode_answer(wire, query)) {
    check_answer(*answer);
    fuzz::require(message || answer->truncated || answer->rcode != net::DnsRcode::kNoError,
                  "what does not parse is no answer");
  }

  if (const auto name = net::name_from_wire(wire)) {
    fuzz::require(name->size <= size, "a name ends in its bytes");
    check_name(name->name);
  }
  if (const auto name = net::normal_name({reinterpret_cast<const char*>(data), size})) check_name(*name);
  for (const auto type : {net::DnsType::kTxt, net::DnsType::kNs, net::DnsType::kSoa}) {
    net::DnsRecord record{"a.", type, 1, 60, {}};
    record.rdata.assign(wire.begin(),
                        wire.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(size, 65535)));
    check_record(record);
  }
  return 0;
}
