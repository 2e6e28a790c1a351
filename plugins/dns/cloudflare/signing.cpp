#include "signing.hpp"

#include <charconv>
#include <string>

#include "answer.hpp"

namespace paynamed::cloudflare {
namespace json = boost::json;
using plugin::v1::SigningStatusReply;

namespace {

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  if (hex.size() % 2 != 0) return bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    unsigned int byte = 0;
    const auto read = std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    if (read.ec != std::errc() || read.ptr != hex.data() + i + 2) return {};
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

// Numbers come as numbers or as text.
std::uint32_t number_in(const json::object& object, const char* key) {
  if (const auto number = integer_in(object, key)) {
    return *number >= 0 && *number <= 65'535 ? static_cast<std::uint32_t>(*number) : 0;
  }
  const auto text = text_in(object, key);
  std::uint32_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && number <= 65'535 ? number : 0;
}

void add_ds(const json::object& object, SigningStatusReply& to) {
  const auto digest = bytes_of(text_in(object, "digest"));
  const auto algorithm = number_in(object, "algorithm");
  const auto digest_type = number_in(object, "digest_type");
  if (digest.empty() || algorithm == 0 || digest_type == 0) return;
  auto* ds = to.add_ds();
  ds->set_key_tag(number_in(object, "key_tag"));
  ds->set_algorithm(algorithm);
  ds->set_digest_type(digest_type);
  ds->set_digest(digest);
}

}  // namespace

SigningStatusReply signing_status_of(const json::value& result) {
  SigningStatusReply reply;
  reply.set_state(SigningStatusReply::NOT_KNOWN);
  const auto* object = result.if_object();
  const auto status = object == nullptr ? std::string() : text_in(*object, "status");
  const auto say = [&](SigningStatusReply::State state, const char* explanation) {
    reply.set_state(state);
    reply.set_explanation(explanation);
  };
  if (status == "active") {
    say(SigningStatusReply::SIGNING, "Cloudflare signs the zone and sees its DS record at the parent.");
  } else if (status == "pending") {
    say(SigningStatusReply::PENDING,
        "Cloudflare signs the zone and publishes CDS; the DS record is not at the parent yet.");
  } else if (status == "pending-disabled") {
    say(SigningStatusReply::SIGNING,
        "Cloudflare still signs the zone and asks the parent to remove the DS record.");
  } else if (status == "disabled" && !text_in(*object, "modified_on").empty()) {
    say(SigningStatusReply::SIGNING,
        "DNSSEC is switched off, and Cloudflare still signs the zone until it is deleted there.");
  } else if (status == "disabled") {
    say(SigningStatusReply::UNSIGNED, "DNSSEC was never switched on at Cloudflare.");
  } else if (status == "error") {
    say(SigningStatusReply::ERROR,
        "Cloudflare says that DNSSEC of the zone has an error; look at its dashboard.");
  } else {
    reply.set_explanation("Cloudflare gave a state of DNSSEC that is not known here.");
  }
  const bool signs =
      reply.state() == SigningStatusReply::SIGNING || reply.state() == SigningStatusReply::PENDING;
  if (object != nullptr && signs) add_ds(*object, reply);
  return reply;
}

}  // namespace paynamed::cloudflare
