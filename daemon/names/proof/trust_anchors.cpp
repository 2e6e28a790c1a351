#include "names/proof/trust_anchors.hpp"

#include <fmt/format.h>
#include <ldns/ldns.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

#include "names/proof/rdata.hpp"

// Zone files are libldns's work: parentheses, comments, $ORIGIN, $TTL, base64 in pieces.
namespace paynamed::names {
namespace {

using base::fail;

constexpr std::size_t kMaxFileBytes = 1U << 20;
constexpr std::size_t kMaxAnchors = 64;

struct FreeRecord {
  void operator()(ldns_rr* record) const { ldns_rr_free(record); }
};
struct FreeName {
  void operator()(ldns_rdf* name) const { ldns_rdf_deep_free(name); }
};
struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct FreeBytes {
  void operator()(void* bytes) const { std::free(bytes); }
};

// The names that the parser keeps from line to line, which it replaces as it goes.
class Parser {
 public:
  explicit Parser(std::FILE* file) : file_(file) {}
  ~Parser() {
    ldns_rdf_deep_free(origin_);
    ldns_rdf_deep_free(previous_);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  bool at_end() const { return std::feof(file_) != 0; }
  int line() const { return line_; }
  ldns_status next(std::unique_ptr<ldns_rr, FreeRecord>& record) {
    ldns_rr* raw = nullptr;
    const ldns_status status = ldns_rr_new_frm_fp_l(&raw, file_, &ttl_, &origin_, &previous_, &line_);
    record.reset(status == LDNS_STATUS_OK ? raw : nullptr);
    return status;
  }

 private:
  std::FILE* file_;
  std::uint32_t ttl_ = 0;
  ldns_rdf* origin_ = ldns_dname_new_frm_str(".");
  ldns_rdf* previous_ = nullptr;
  int line_ = 1;
};

base::Result<TrustAnchor> anchor_from(const ldns_rr* record, int line) {
  std::uint8_t* raw = nullptr;
  std::size_t size = 0;
  const ldns_status status = ldns_rr2wire(&raw, record, LDNS_SECTION_ANSWER, &size);
  const std::unique_ptr<std::uint8_t, FreeBytes> owned{raw};
  const auto malformed = [line](std::string_view what) {
    return fail(base::invalid_argument(fmt::format("line {} of the trust anchors {}", line, what)));
  };
  if (status != LDNS_STATUS_OK) return malformed("holds a record that cannot be used");
  ByteReader reader{{raw, size}};
  const auto owner = reader.name();
  const auto type = reader.u16();
  const auto record_class = reader.u16();
  reader.u32();
  const auto length = reader.u16();
  if (!owner || !length || *length != reader.rest().size() || *record_class != kInternetClass) {
    return malformed("holds a record that cannot be used");
  }
  TrustAnchor anchor{owner->to_text(), net::DnsType{*type}, {reader.rest().begin(), reader.rest().end()}};
  const bool good = anchor.type == net::DnsType::kDs
                        ? read_ds(anchor.rdata).has_value()
                        : anchor.type == net::DnsType::kDnskey && read_dnskey(anchor.rdata).has_value();
  if (!good) return malformed("is neither a DS nor a DNSKEY record");
  return anchor;
}

}  // namespace

TrustAnchors iana_root_anchors() {
  // https://data.iana.org/root-anchors/root-anchors.xml
  return {{".", net::DnsType::kDs, {0x4f, 0x66, 0x08, 0x02, 0xe0, 0x6d, 0x44, 0xb8, 0x0b, 0x8f, 0x1d, 0x39,
                                    0xa9, 0x5c, 0x0b, 0x0d, 0x7c, 0x65, 0xd0, 0x84, 0x58, 0xe8, 0x80, 0x40,
                                    0x9b, 0xbc, 0x68, 0x34, 0x57, 0x10, 0x42, 0x37, 0xc7, 0xf8, 0xec, 0x8d}},
          {".", net::DnsType::kDs, {0x97, 0x28, 0x08, 0x02, 0x68, 0x3d, 0x2d, 0x0a, 0xcb, 0x8c, 0x9b, 0x71,
                                    0x2a, 0x19, 0x48, 0xb2, 0x7f, 0x74, 0x12, 0x19, 0x29, 0x8d, 0x0a, 0x45,
                                    0x0d, 0x61, 0x2c, 0x48, 0x3a, 0xf4, 0x44, 0xa4, 0xc0, 0xfb, 0x2b, 0x16}}};
}

base::Result<TrustAnchors> parse_trust_anchors(std::string_view zone_file) {
  if (zone_file.empty() || zone_file.size() > kMaxFileBytes) {
    return fail(base::invalid_argument(
        fmt::format("the trust anchors are {}; give DS or DNSKEY records in zone file format",
                    zone_file.empty() ? "empty" : "longer than 1 MiB")));
  }
  std::string text{zone_file};
  const std::unique_ptr<std::FILE, CloseFile> file{fmemopen(text.data(), text.size(), "r")};
  if (!file) return fail(base::internal("the trust anchors cannot be read from memory"));
  Parser parser{file.get()};
  TrustAnchors anchors;
  while (!parser.at_end()) {
    std::unique_ptr<ldns_rr, FreeRecord> record;
    const ldns_status status = parser.next(record);
    if (status == LDNS_STATUS_SYNTAX_EMPTY || status == LDNS_STATUS_SYNTAX_TTL ||
        status == LDNS_STATUS_SYNTAX_ORIGIN) {
      continue;
    }
    if (status != LDNS_STATUS_OK) {
      return fail(base::invalid_argument(
          fmt::format("line {} of the trust anchors is no record in zone file format: {}", parser.line(),
                      ldns_get_errorstr_by_id(status))));
    }
    auto anchor = anchor_from(record.get(), parser.line());
    if (!anchor) return fail(anchor.error());
    if (anchors.size() == kMaxAnchors) {
      return fail(base::invalid_argument(fmt::format("there are more than {} trust anchors", kMaxAnchors)));
    }
    anchors.push_back(std::move(*anchor));
  }
  if (anchors.empty()) {
    return fail(
        base::invalid_argument("the trust anchors hold no record; give DS or DNSKEY records of the root"));
  }
  return anchors;
}

base::Result<TrustAnchors> read_trust_anchors(const std::filesystem::path& file) {
  if (file.empty()) return iana_root_anchors();
  std::ifstream stream{file, std::ios::binary};
  std::string text(kMaxFileBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  if (text.empty() || stream.bad()) {
    return fail(base::failed_precondition(fmt::format(
        "the trust anchor file {} cannot be read; give the path of a file with the root's DS or DNSKEY",
        file.string())));
  }
  auto anchors = parse_trust_anchors(text);
  if (!anchors) {
    return fail(base::failed_precondition(fmt::format("the trust anchor file {} cannot be used: {}",
                                                      file.string(), anchors.error().message())));
  }
  return anchors;
}

}  // namespace paynamed::names
