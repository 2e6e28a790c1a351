#include "wire.hpp"

#include <memory>
#include <paynamed/error.hpp>

#include "txt_content.hpp"

// The last one: it makes macros of true and false.
#include <ldns/ldns.h>

namespace paynamed::powerdns {
namespace {

// PowerDNS's numbers for them, from the range for private use.
constexpr std::uint32_t kTypeAlias = 65'401;
constexpr std::uint32_t kTypeLua = 65'402;
constexpr std::size_t kDsHead = 4;  // key tag, algorithm, digest type

struct Free {
  void operator()(ldns_rr* record) const { ldns_rr_free(record); }
};
using Record = std::unique_ptr<ldns_rr, Free>;

Record parsed(const std::string& type, const std::string& content) {
  // libldns reads a C string, and takes what stands behind a line break for something else.
  if (content.find('\0') != std::string::npos || content.find('\n') != std::string::npos) return nullptr;
  ldns_rr* record = nullptr;
  // The owner does not matter: no name in a content of the API is relative.
  const std::string line = ". 0 IN " + type + " " + content;
  if (ldns_rr_new_frm_str(&record, line.c_str(), 0, nullptr, nullptr) != LDNS_STATUS_OK) return nullptr;
  return Record(record);
}

std::string rdata_of(const ldns_rr& record) {
  std::string rdata;
  for (std::size_t i = 0; i < ldns_rr_rd_count(&record); ++i) {
    const ldns_rdf* part = ldns_rr_rdf(&record, i);
    rdata.append(reinterpret_cast<const char*>(ldns_rdf_data(part)), ldns_rdf_size(part));
  }
  return rdata;
}

}  // namespace

WireRecord wire_record(const std::string& name, const std::string& type, const std::string& content) {
  if (type == "ALIAS") return {kTypeAlias, {}};
  if (type == "LUA") return {kTypeLua, {}};
  if (type == "TXT") {
    if (const auto strings = txt_strings(content)) {
      WireRecord record{LDNS_RR_TYPE_TXT, {}};
      for (const std::string& each : *strings) {
        record.rdata += static_cast<char>(each.size());
        record.rdata += each;
      }
      return record;
    }
  } else if (const Record record = parsed(type, content)) {
    return {static_cast<std::uint32_t>(ldns_rr_get_type(record.get())), rdata_of(*record)};
  }
  throw Error(Code::kFailedPrecondition,
              "The " + type + " record at " + name +
                  " has no form in the DNS protocol, so the zone cannot be listed; "
                  "replace it by ordinary records.");
}

SignerDigest signer_digest(const std::string& ds) {
  const Record record = parsed("DS", ds);
  const std::string rdata = record ? rdata_of(*record) : std::string();
  if (rdata.size() <= kDsHead) {
    throw Error(Code::kFailedPrecondition, "The server gives a DS record that is none.");
  }
  const auto octet = [&](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(rdata[at]));
  };
  return {octet(0) << 8 | octet(1), octet(2), octet(3), rdata.substr(kDsHead)};
}

}  // namespace paynamed::powerdns
