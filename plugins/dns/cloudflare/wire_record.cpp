#include "wire_record.hpp"

#include <ldns/ldns.h>

#include <algorithm>
#include <memory>

#include "txt_content.hpp"

namespace paynamed::cloudflare {
namespace {

struct FreeRr {
  void operator()(ldns_rr* rr) const { ldns_rr_free(rr); }
};
struct FreeBuffer {
  void operator()(ldns_buffer* buffer) const { ldns_buffer_free(buffer); }
};

// Cloudflare writes names without their last dot.
std::string with_dot(std::string name) {
  if (!name.ends_with('.')) name += '.';
  return name;
}

// The same for the `index`-th word of `content`.
std::string with_dotted_word(const std::string& content, std::size_t index) {
  std::size_t begin = 0;
  for (; index > 0; --index) {
    begin = content.find(' ', begin);
    if (begin == std::string::npos) return content;
    begin = content.find_first_not_of(' ', begin);
    if (begin == std::string::npos) return content;
  }
  const auto end = std::min(content.find(' ', begin), content.size());
  return content.substr(0, begin) + with_dot(content.substr(begin, end - begin)) + content.substr(end);
}

std::string with_dotted_last_word(const std::string& content) {
  const auto space = content.rfind(' ');
  const auto begin = space == std::string::npos ? 0 : space + 1;
  return content.substr(0, begin) + with_dot(content.substr(begin));
}

// The rdata as a zone file has it.
std::string presentation_of(const Record& record) {
  const auto& type = record.type;
  const auto priority = record.priority ? std::to_string(*record.priority) + " " : std::string();
  if (type == "TXT") return record.content.starts_with('"') ? record.content : quoted_content(record.value);
  if (type == "CNAME" || type == "NS" || type == "PTR" || type == "DNAME") return with_dot(record.content);
  if (type == "MX") return priority + with_dot(record.content);
  if (type == "SRV") return priority + with_dotted_last_word(record.content);
  if (type == "URI") return priority + record.content;
  if (type == "NAPTR") return with_dotted_last_word(record.content);
  if (type == "SVCB" || type == "HTTPS") return with_dotted_word(record.content, 1);
  return record.content;
}

bool is_one_line(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::string rdata_of(const Record& record) {
  const auto line = record.name + " 300 IN " + record.type + " " + presentation_of(record);
  // libldns reads a line into fields of a fixed size.
  if (!is_one_line(line) || line.size() > 20'000) return {};
  ldns_rr* parsed = nullptr;
  if (ldns_rr_new_frm_str(&parsed, line.c_str(), 0, nullptr, nullptr) != LDNS_STATUS_OK) return {};
  const std::unique_ptr<ldns_rr, FreeRr> rr(parsed);
  const std::unique_ptr<ldns_buffer, FreeBuffer> buffer(ldns_buffer_new(LDNS_MIN_BUFLEN));
  if (!buffer || ldns_rr_rdata2buffer_wire(buffer.get(), rr.get()) != LDNS_STATUS_OK) return {};
  return {reinterpret_cast<const char*>(ldns_buffer_begin(buffer.get())), ldns_buffer_position(buffer.get())};
}

}  // namespace

plugin::v1::ZoneRecord zone_record_of(const Record& record) {
  plugin::v1::ZoneRecord converted;
  converted.set_name(record.name);
  converted.set_type(static_cast<std::uint32_t>(ldns_get_rr_type_by_name(record.type.c_str())));
  converted.set_ttl_seconds(record.ttl_seconds);
  if (!record.proxied) converted.set_rdata(rdata_of(record));
  return converted;
}

}  // namespace paynamed::cloudflare
