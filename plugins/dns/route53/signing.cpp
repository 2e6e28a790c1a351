#include "signing.hpp"

#include <array>
#include <optional>
#include <sstream>

namespace paynamed::route53 {
namespace {

using plugin::v1::SigningStatusReply;

struct Row {
  std::string_view word;
  SigningStatusReply::State state;
  std::string_view explanation;
};

constexpr std::array kRows = {
    Row{"SIGNING", SigningStatusReply::SIGNING, "Route 53 signs the zone."},
    Row{"NOT_SIGNING", SigningStatusReply::UNSIGNED, "Route 53 does not sign the zone."},
    Row{"DELETING", SigningStatusReply::PENDING, "Route 53 is taking the signatures away."},
    Row{"ACTION_NEEDED", SigningStatusReply::ERROR,
        "Route 53 cannot sign for long any more: a key-signing key needs action; look at the KMS key and its "
        "policy."},
    Row{"INTERNAL_FAILURE", SigningStatusReply::ERROR,
        "Route 53 has trouble with signing the zone; look at the KMS key and its policy."},
};

std::optional<std::string> from_hex(const std::string& hex) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string bytes;
  if (hex.empty() || hex.size() % 2 != 0) return std::nullopt;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    const auto high = kDigits.find(static_cast<char>(hex[at] | 0x20));
    const auto low = kDigits.find(static_cast<char>(hex[at + 1] | 0x20));
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

// "12345 13 2 0123ABCD...", as a DS record in a zone.
bool read_ds(const std::string& text, plugin::v1::DsRecord& ds) {
  std::istringstream words(text);
  std::uint32_t tag = 0;
  std::uint32_t algorithm = 0;
  std::uint32_t digest_type = 0;
  std::string digest;
  std::string part;
  if (!(words >> tag >> algorithm >> digest_type)) return false;
  while (words >> part) digest += part;
  const auto bytes = from_hex(digest);
  if (!bytes || tag > 65'535 || algorithm > 255 || digest_type > 255) return false;
  ds.set_key_tag(tag);
  ds.set_algorithm(algorithm);
  ds.set_digest_type(digest_type);
  ds.set_digest(*bytes);
  return true;
}

}  // namespace

Result<SigningStatusReply> read_signing(const Element& answer) {
  const Element* status = answer.child("Status");
  if (status == nullptr) {
    return Error(Code::kUnavailable,
                 "The answer of Route 53 has no signing status; look whether a proxy stands between.");
  }
  SigningStatusReply reply;
  const std::string& word = status->text_of("ServeSignature");
  reply.set_state(SigningStatusReply::NOT_KNOWN);
  reply.set_explanation("Route 53 says \"" + word.substr(0, 60) +
                        "\" of the zone's signing, which is not known here.");
  for (const Row& row : kRows) {
    if (row.word != word) continue;
    reply.set_state(row.state);
    reply.set_explanation(std::string(row.explanation));
  }
  const std::string& message = status->text_of("StatusMessage");
  if (!message.empty()) reply.set_explanation(reply.explanation() + " It says: " + message.substr(0, 300));
  if (const Element* keys = answer.child("KeySigningKeys")) {
    for (const Element& key : keys->children) {
      plugin::v1::DsRecord ds;
      if (key.text_of("Status") == "ACTIVE" && read_ds(key.text_of("DSRecord"), ds)) *reply.add_ds() = ds;
    }
  }
  return reply;
}

}  // namespace paynamed::route53
