#include "dns_message.hpp"

#include <ldns/ldns.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <paynamed/error.hpp>

#include <algorithm>

namespace paynamed::rfc2136 {
namespace {

// Queries go by TCP; what a server makes of it there is nothing.
constexpr std::uint16_t kUdpPayload = 1232;

constexpr std::uint16_t kFudgeSeconds = 300;  // RFC 8945 section 10

template <auto function>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};
using Rdf = std::unique_ptr<ldns_rdf, FreeWith<ldns_rdf_deep_free>>;
using Rr = std::unique_ptr<ldns_rr, FreeWith<ldns_rr_free>>;
using RrList = std::unique_ptr<ldns_rr_list, FreeWith<ldns_rr_list_deep_free>>;
using Text = std::unique_ptr<char, FreeWith<std::free>>;

Error broken(const char* what) {
  return Error(Code::kInternal,
               std::string("libldns could not ") + what + "; the machine may be out of memory.");
}

Rdf dname(const std::string& name) {
  ldns_rdf* raw = nullptr;
  if (ldns_str2rdf_dname(&raw, name.c_str()) != LDNS_STATUS_OK) {
    throw Error(Code::kInvalidArgument, "\"" + name + "\" is not a DNS name.");
  }
  return Rdf(raw);
}

// A record without rdata, or with the character-strings of `rdata`.
Rr record(const std::string& name, ldns_rr_type type, ldns_rr_class rr_class, std::uint32_t ttl,
          const Bytes* rdata) {
  Rr rr(ldns_rr_new());
  if (!rr) throw broken("make a record");
  ldns_rr_set_owner(rr.get(), dname(name).release());
  ldns_rr_set_type(rr.get(), type);
  ldns_rr_set_class(rr.get(), rr_class);
  ldns_rr_set_ttl(rr.get(), ttl);
  if (rdata == nullptr) return rr;
  for (std::size_t at = 0; at < rdata->size();) {
    const std::size_t size = 1U + (*rdata)[at];
    Rdf field(ldns_rdf_new_frm_data(LDNS_RDF_TYPE_STR, size, rdata->data() + at));
    if (!field || !ldns_rr_push_rdf(rr.get(), field.get())) throw broken("make a TXT record");
    static_cast<void>(field.release());
    at += size;
  }
  return rr;
}

void push(RrList& list, Rr rr) {
  if (!ldns_rr_list_push_rr(list.get(), rr.get())) throw broken("make a record list");
  static_cast<void>(rr.release());
}

Message finish(const Packet& packet, const TsigKey& key, std::uint16_t id) {
  ldns_pkt_set_id(packet.get(), id);
  // Checked beforehand: libldns leaks when it finds out itself.
  Bytes encoded(key.secret.begin(), key.secret.end());
  Bytes decoded(encoded.size() + 1);
  const int secret_bytes = encoded.size() > 1'000 ? -1
                                                  : EVP_DecodeBlock(decoded.data(), encoded.data(),
                                                                    static_cast<int>(encoded.size()));
  OPENSSL_cleanse(decoded.data(), decoded.size());
  OPENSSL_cleanse(encoded.data(), encoded.size());
  if (secret_bytes <= 0) {
    throw Error(Code::kFailedPrecondition,
                "The TSIG secret is not base64; enter it as tsig-keygen or keymgr -t write it.");
  }
  if (ldns_pkt_tsig_sign(packet.get(), key.name.c_str(), key.secret.c_str(), kFudgeSeconds,
                         (key.algorithm + ".").c_str(), nullptr) != LDNS_STATUS_OK) {
    throw broken("sign a message");
  }
  Message message;
  message.id = id;
  const ldns_rdf* mac = ldns_rr_rdf(ldns_pkt_tsig(packet.get()), 3);
  const ldns_rdf* time = ldns_rr_rdf(ldns_pkt_tsig(packet.get()), 1);  // six bytes
  for (std::size_t i = 0; i < ldns_rdf_size(time); ++i)
    message.signed_at = message.signed_at << 8 | ldns_rdf_data(time)[i];
  message.mac.assign(ldns_rdf_data(mac), ldns_rdf_data(mac) + ldns_rdf_size(mac));
  std::uint8_t* raw = nullptr;
  std::size_t size = 0;
  const ldns_status status = ldns_pkt2wire(&raw, packet.get(), &size);
  const std::unique_ptr<std::uint8_t, FreeWith<std::free>> owned(raw);
  if (status != LDNS_STATUS_OK || size > 65535) throw broken("write a message");
  message.wire.assign(raw, raw + size);
  return message;
}

bool same_name(const ldns_rdf* found, const std::string& wanted) {
  return text_of(found) == wanted;
}

// TSIG's rdata fields: algorithm, time, fudge, MAC, original id, error, other data (RFC 8945 section 4.2).
void read_tsig(Answer& answer, const Bytes& before, bool continues, std::span<const std::uint8_t> wire,
               const TsigKey& key) {
  const ldns_rr* tsig = ldns_pkt_tsig(answer.packet.get());
  if (tsig == nullptr || ldns_rr_rd_count(tsig) < 7) return;
  answer.tsig_error = ldns_rdf2native_int16(ldns_rr_rdf(tsig, 5));
  const ldns_rdf* other = ldns_rr_rdf(tsig, 6);  // two bytes of length, then the server's time in six
  if (answer.tsig_error == 18 && ldns_rdf_size(other) == 8) {
    for (std::size_t i = 2; i < 8; ++i)
      answer.server_time = answer.server_time << 8 | ldns_rdf_data(other)[i];
  }
  if (!same_name(ldns_rr_rdf(tsig, 0), key.algorithm + ".") || !same_name(ldns_rr_owner(tsig), key.name))
    return;
  const ldns_rdf* own_mac = ldns_rr_rdf(tsig, 3);
  answer.mac.assign(ldns_rdf_data(own_mac), ldns_rdf_data(own_mac) + ldns_rdf_size(own_mac));
  const Rdf mac(ldns_rdf_new_frm_data(LDNS_RDF_TYPE_INT16_DATA, before.size(), before.data()));
  if (!mac) throw broken("keep a signature");
  answer.is_signed =
      ldns_pkt_tsig_verify_next(answer.packet.get(), wire.data(), wire.size(), key.name.c_str(),
                                key.secret.c_str(), mac.get(), continues ? 1 : 0);
}

// RFC 4034 section 3.1.3: a signature over fewer labels than the name has is a wildcard's. A record of the
// name's own takes its place (RFC 4592 section 3.3.1).
bool is_from_wildcard(const ldns_rr_list* list, const std::string& name, ldns_rr_type type) {
  for (std::size_t i = 0; list && i < ldns_rr_list_rr_count(list); ++i) {
    const ldns_rr* rr = ldns_rr_list_rr(list, i);
    if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_RRSIG || ldns_rr_rd_count(rr) < 3) continue;
    if (!same_name(ldns_rr_owner(rr), name) || ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr)) != type)
      continue;
    if (ldns_rdf2native_int8(ldns_rr_rrsig_labels(rr)) < ldns_dname_label_count(ldns_rr_owner(rr)))
      return true;
  }
  return false;
}

std::optional<Answer> read(const Message& message, const Bytes& before, bool continues,
                           std::span<const std::uint8_t> wire, const TsigKey& key) {
  ldns_pkt* raw = nullptr;
  if (wire.size() < 12 || ldns_wire2pkt(&raw, wire.data(), wire.size()) != LDNS_STATUS_OK)
    return std::nullopt;
  Answer answer;
  answer.packet.reset(raw);
  if (ldns_pkt_id(raw) != message.id || !ldns_pkt_qr(raw) || ldns_pkt_tc(raw)) return std::nullopt;
  answer.rcode = ldns_pkt_get_rcode(raw);
  answer.authoritative = ldns_pkt_aa(raw);
  read_tsig(answer, before, continues, wire, key);
  return answer;
}

}  // namespace

void FreePacket::operator()(ldns_struct_pkt* packet) const {
  ldns_pkt_free(packet);
}

Bytes txt_rdata(std::string_view value) {
  Bytes rdata;
  do {
    const auto part = value.substr(0, 255);
    rdata.push_back(static_cast<std::uint8_t>(part.size()));
    rdata.insert(rdata.end(), part.begin(), part.end());
    value.remove_prefix(part.size());
  } while (!value.empty());
  return rdata;
}

std::string joined_txt(std::span<const std::uint8_t> rdata) {
  std::string joined;
  while (!rdata.empty()) {
    const auto string = rdata.subspan(1, std::min<std::size_t>(rdata.front(), rdata.size() - 1));
    joined.append(string.begin(), string.end());
    rdata = rdata.subspan(1 + string.size());
  }
  return joined;
}

Message make_update(const Change& change, const TsigKey& key, std::uint16_t id) {
  RrList prerequisites(ldns_rr_list_new());
  RrList updates(ldns_rr_list_new());
  if (!prerequisites || !updates) throw broken("make an update");
  // RFC 2136 sections 2.4 and 2.5.
  push(prerequisites, record(change.name, LDNS_RR_TYPE_CNAME, LDNS_RR_CLASS_NONE, 0, nullptr));
  if (change.before.empty()) {
    push(prerequisites, record(change.name, LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_NONE, 0, nullptr));
  } else {
    // Together they have to be the whole RRset (section 2.4.2).
    for (const Bytes& each : change.before)
      push(prerequisites, record(change.name, LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_IN, 0, &each));
    push(updates, record(change.name, LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_ANY, 0, nullptr));
  }
  if (change.after) {
    push(updates,
         record(change.name, LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_IN, change.ttl_seconds, &*change.after));
  }
  Rdf zone = dname(change.zone);
  const Packet packet(
      ldns_update_pkt_new(zone.get(), LDNS_RR_CLASS_IN, prerequisites.get(), updates.get(), nullptr));
  if (!packet) throw broken("make an update");
  static_cast<void>(zone.release());  // the packet's question has it
  return finish(packet, key, id);
}

Message make_query(const std::string& name, std::uint16_t type, const TsigKey& key, std::uint16_t id) {
  Rdf owner = dname(name);
  const Packet packet(ldns_pkt_query_new(owner.get(), static_cast<ldns_rr_type>(type), LDNS_RR_CLASS_IN, 0));
  if (!packet) throw broken("make a query");
  static_cast<void>(owner.release());
  // With signatures: they tell a wildcard's answer from a record at the name itself. A transfer has all
  // anyway.
  if (type != LDNS_RR_TYPE_AXFR) {
    ldns_pkt_set_edns_udp_size(packet.get(), kUdpPayload);
    ldns_pkt_set_edns_do(packet.get(), true);
  }
  return finish(packet, key, id);
}

std::optional<Answer> read_answer(const Message& message, std::span<const std::uint8_t> wire,
                                  const TsigKey& key) {
  return read(message, message.mac, false, wire, key);
}

std::optional<Answer> read_next_answer(const Message& message, const Bytes& mac,
                                       std::span<const std::uint8_t> wire, const TsigKey& key) {
  return read(message, mac, true, wire, key);
}

std::vector<TxtValue> txt_values(const Answer& answer, const std::string& name) {
  std::vector<TxtValue> values;
  const ldns_rr_list* list = ldns_pkt_answer(answer.packet.get());
  if (is_from_wildcard(list, name, LDNS_RR_TYPE_TXT)) return values;
  for (std::size_t i = 0; list && i < ldns_rr_list_rr_count(list); ++i) {
    const ldns_rr* rr = ldns_rr_list_rr(list, i);
    if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_TXT || !same_name(ldns_rr_owner(rr), name)) continue;
    TxtValue value;
    value.ttl_seconds = ldns_rr_ttl(rr);
    for (std::size_t field = 0; field < ldns_rr_rd_count(rr); ++field) {
      const ldns_rdf* text = ldns_rr_rdf(rr, field);
      const std::uint8_t* data = ldns_rdf_data(text);
      const std::size_t size = ldns_rdf_size(text);
      if (size == 0) continue;
      value.rdata.insert(value.rdata.end(), data, data + size);
      value.joined.append(data + 1, data + size);
    }
    values.push_back(std::move(value));
  }
  return values;
}

bool has_alias(const Answer& answer, const std::string& name) {
  const ldns_rr_list* list = ldns_pkt_answer(answer.packet.get());
  if (is_from_wildcard(list, name, LDNS_RR_TYPE_CNAME)) return false;
  for (std::size_t i = 0; list && i < ldns_rr_list_rr_count(list); ++i) {
    const ldns_rr* rr = ldns_rr_list_rr(list, i);
    if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME && same_name(ldns_rr_owner(rr), name)) return true;
  }
  return false;
}

std::vector<DelegationSigner> delegation_signers(const Answer& answer, const std::string& zone) {
  std::vector<DelegationSigner> signers;
  const ldns_rr_list* list = ldns_pkt_answer(answer.packet.get());
  for (std::size_t i = 0; list && i < ldns_rr_list_rr_count(list); ++i) {
    const ldns_rr* key = ldns_rr_list_rr(list, i);
    if (ldns_rr_get_type(key) != LDNS_RR_TYPE_DNSKEY || !same_name(ldns_rr_owner(key), zone) ||
        ldns_rr_rd_count(key) < 4 || (ldns_rdf2native_int16(ldns_rr_rdf(key, 0)) & LDNS_KEY_SEP_KEY) == 0) {
      continue;
    }
    const Rr ds(ldns_key_rr2ds(key, LDNS_SHA256));
    if (!ds || ldns_rr_rd_count(ds.get()) < 4) continue;
    DelegationSigner signer;
    signer.key_tag = ldns_rdf2native_int16(ldns_rr_rdf(ds.get(), 0));
    signer.algorithm = ldns_rdf2native_int8(ldns_rr_rdf(ds.get(), 1));
    signer.digest_type = ldns_rdf2native_int8(ldns_rr_rdf(ds.get(), 2));
    const ldns_rdf* digest = ldns_rr_rdf(ds.get(), 3);
    signer.digest.assign(ldns_rdf_data(digest), ldns_rdf_data(digest) + ldns_rdf_size(digest));
    signers.push_back(std::move(signer));
  }
  return signers;
}

std::string text_of(const ldns_struct_rdf* name) {
  const Text text(ldns_rdf2str(name));
  if (!text) return {};
  std::string lower = text.get();
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

std::optional<std::string> normal_name(const std::string& name) {
  ldns_rdf* raw = nullptr;
  if (name.empty() || ldns_str2rdf_dname(&raw, name.c_str()) != LDNS_STATUS_OK) return std::nullopt;
  return text_of(Rdf(raw).get());
}

bool is_below(const std::string& name, const std::string& zone) {
  if (zone == ".") return true;
  return name == zone || (name.size() > zone.size() && name.ends_with("." + zone));
}

}  // namespace paynamed::rfc2136
