#include "wire_record.hpp"

#include <ldns/ldns.h>

#include <cstdlib>
#include <memory>

#include "owner_name.hpp"

namespace paynamed::route53 {
namespace {

template <auto function>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};
using Rr = std::unique_ptr<ldns_rr, FreeWith<ldns_rr_free>>;

}  // namespace

std::optional<std::uint16_t> type_number(const std::string& type) {
  const auto number = ldns_get_rr_type_by_name(type.c_str());
  if (number == 0) return std::nullopt;
  return static_cast<std::uint16_t>(number);
}

std::optional<std::string> wire_rdata(const std::string& type, const std::string& value) {
  if (value.find('\n') != std::string::npos || value.find('\0') != std::string::npos) return std::nullopt;
  const std::string line = "x. 0 IN " + type + " " + decimal_escapes(value);
  ldns_rr* raw = nullptr;
  const ldns_status status = ldns_rr_new_frm_str(&raw, line.c_str(), 0, nullptr, nullptr);
  const Rr record(raw);
  if (status != LDNS_STATUS_OK || !record) return std::nullopt;
  std::string rdata;
  for (std::size_t i = 0; i < ldns_rr_rd_count(record.get()); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(record.get(), i);
    rdata.append(reinterpret_cast<const char*>(ldns_rdf_data(field)), ldns_rdf_size(field));
  }
  return rdata;
}

}  // namespace paynamed::route53
