#include "tests/fakes/dnssec/signed_zone.hpp"

#include <fmt/format.h>
#include <ldns/ldns.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>

namespace paynamed::fakes {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Rr = std::unique_ptr<ldns_rr, Deleter<ldns_rr_free>>;
using RrList = std::unique_ptr<ldns_rr_list, Deleter<ldns_rr_list_deep_free>>;
using Rdf = std::unique_ptr<ldns_rdf, Deleter<ldns_rdf_deep_free>>;
using Buffer = std::unique_ptr<ldns_buffer, Deleter<ldns_buffer_free>>;
using Key = std::unique_ptr<ldns_key, Deleter<ldns_key_deep_free>>;

void check(ldns_status status) {
  if (status != LDNS_STATUS_OK) throw std::runtime_error(ldns_get_errorstr_by_id(status));
}

Rr to_ldns(const net::DnsRecord& record) {
  const auto owner = net::name_to_wire(record.owner);
  if (!owner) throw std::invalid_argument(record.owner);
  std::vector<std::uint8_t> wire = *owner;
  const auto number = [&](std::uint32_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) wire.push_back(static_cast<std::uint8_t>(value >> (8 * i) & 0xffU));
  };
  number(static_cast<std::uint16_t>(record.type), 2);
  number(record.record_class, 2);
  number(record.ttl, 4);
  number(static_cast<std::uint32_t>(record.rdata.size()), 2);
  wire.insert(wire.end(), record.rdata.begin(), record.rdata.end());
  ldns_rr* rr = nullptr;
  std::size_t at = 0;
  check(ldns_wire2rr(&rr, wire.data(), wire.size(), &at, LDNS_SECTION_ANSWER));
  return Rr{rr};
}

net::DnsRecord from_ldns(const ldns_rr* rr) {
  std::uint8_t* raw = nullptr;
  std::size_t size = 0;
  check(ldns_rr2wire(&raw, rr, LDNS_SECTION_ANSWER, &size));
  const std::unique_ptr<std::uint8_t, Deleter<std::free>> bytes{raw};
  const auto name = net::name_from_wire({raw, size});
  if (!name) throw std::runtime_error("libldns wrote a name that cannot be read");
  return {name->name,
          net::DnsType{static_cast<std::uint16_t>(ldns_rr_get_type(rr))},
          1,
          ldns_rr_ttl(rr),
          {raw + name->size + 10, raw + size}};
}

Rdf name(const std::string& text) {
  ldns_rdf* rdf = nullptr;
  check(ldns_str2rdf_dname(&rdf, text.c_str()));
  return Rdf{rdf};
}

constexpr std::string_view kBase32hex = "0123456789abcdefghijklmnopqrstuv";

}  // namespace

net::DnsRecord record(const std::string& line) {
  ldns_rr* rr = nullptr;
  if (ldns_rr_new_frm_str(&rr, line.c_str(), 0, nullptr, nullptr) != LDNS_STATUS_OK)
    throw std::invalid_argument(line);
  return from_ldns(Rr{rr}.get());
}

Records operator+(Records left, const Records& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::string nsec3_label(const std::string& text, std::uint16_t iterations) {
  const Rdf hashed{ldns_nsec3_hash_name(name(text).get(), 1, iterations, 0, nullptr)};
  if (!hashed) throw std::runtime_error("libldns cannot hash " + text);
  const std::unique_ptr<char, Deleter<std::free>> label{ldns_rdf2str(hashed.get())};
  std::string out{label.get()};
  out.erase(std::remove(out.begin(), out.end(), '.'), out.end());
  return out;
}

std::string label_after(std::string label) {
  for (std::size_t i = label.size(); i-- > 0;) {
    const std::size_t value = kBase32hex.find(label[i]);
    label[i] = kBase32hex[(value + 1) % 32];
    if (value != 31) break;
  }
  return label;
}

std::string label_before(std::string label) {
  for (std::size_t i = label.size(); i-- > 0;) {
    const std::size_t value = kBase32hex.find(label[i]);
    label[i] = kBase32hex[(value + 31) % 32];
    if (value != 0) break;
  }
  return label;
}

struct SigningKey::State {
  Key key;
  Rr dnskey;
  std::string zone;
};

SigningKey::SigningKey(std::string zone, std::uint8_t algorithm, std::uint16_t flags, std::uint16_t bits)
    : state_(std::make_unique<State>()) {
  state_->key.reset(ldns_key_new_frm_algorithm(static_cast<ldns_signing_algorithm>(algorithm), bits));
  if (!state_->key) throw std::runtime_error(fmt::format("libldns has no algorithm {}", algorithm));
  ldns_key* key = state_->key.get();
  ldns_key_set_pubkey_owner(key, name(zone).release());
  ldns_key_set_flags(key, flags);
  state_->dnskey.reset(ldns_key2rr(key));
  if (!state_->dnskey)
    throw std::runtime_error(fmt::format("libldns gives no key of algorithm {}", algorithm));
  ldns_rr_set_ttl(state_->dnskey.get(), 3600);
  ldns_key_set_keytag(key, ldns_calc_keytag(state_->dnskey.get()));
  state_->zone = std::move(zone);
}

SigningKey::~SigningKey() = default;
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;

net::DnsRecord SigningKey::dnskey() const {
  return from_ldns(state_->dnskey.get());
}

net::DnsRecord SigningKey::ds(std::uint8_t digest_type) const {
  const Rr ds{ldns_key_rr2ds(state_->dnskey.get(), static_cast<ldns_hash>(digest_type))};
  if (!ds) throw std::runtime_error(fmt::format("libldns has no digest {}", digest_type));
  return from_ldns(ds.get());
}

net::DnsRecord SigningKey::rrsig(const Records& set, const Signing& how) const {
  const RrList list{ldns_rr_list_new()};
  for (const net::DnsRecord& one : set) {
    Rr rr = to_ldns(one);
    ldns_rr_set_ttl(rr.get(), set.front().ttl);
    ldns_rr2canonical(rr.get());
    ldns_rr_list_push_rr(list.get(), rr.release());
  }
  ldns_rr_list_sort(list.get());

  ldns_key* key = state_->key.get();
  ldns_key_set_inception(key, how.inception);
  ldns_key_set_expiration(key, how.expiration);
  const Rr rrsig{ldns_create_empty_rrsig(list.get(), key)};
  const auto replace = [&](std::size_t field, ldns_rdf* value) {
    ldns_rdf_deep_free(ldns_rr_set_rdf(rrsig.get(), value, field));
  };
  if (how.labels) replace(2, ldns_native2rdf_int8(LDNS_RDF_TYPE_INT8, *how.labels));
  if (how.key_tag) replace(6, ldns_native2rdf_int16(LDNS_RDF_TYPE_INT16, *how.key_tag));
  if (how.signer) replace(7, name(*how.signer).release());
  const Buffer message{ldns_buffer_new(65535)};
  check(ldns_rrsig2buffer_wire(message.get(), rrsig.get()));
  // Whoever forges the labels signs the wildcard that they mean.
  check(ldns_rr_list2buffer_wire(message.get(), list.get()));
  ldns_rdf* signature = ldns_sign_public_buffer(message.get(), key);
  if (!signature) throw std::runtime_error("libldns cannot sign");
  replace(8, signature);
  return from_ldns(rrsig.get());
}

SignedZone::SignedZone(std::string name, std::uint8_t algorithm, std::uint16_t bits)
    : name_(std::move(name)), key_(name_, algorithm, 257, bits) {}

Records SignedZone::sign(Records set, const Signing& how) const {
  set.push_back(key_.rrsig(set, how));
  return set;
}

Records SignedZone::expand(const std::string& line, const std::string& owner, const Signing& how) const {
  Records set = sign(line, how);
  for (net::DnsRecord& one : set) one.owner = owner;
  return set;
}

}  // namespace paynamed::fakes
