#include "tests/live/live_zone.hpp"

#include <boost/algorithm/hex.hpp>
#include <boost/json/serialize.hpp>
#include <iterator>
#include <stdexcept>

#include "tests/fakes/daemon/http_client.hpp"

namespace paynamed::live {
namespace json = boost::json;

namespace {

// A provider that refuses too many requests lets the peer wait for minutes.
constexpr std::chrono::seconds kPatience{600};

std::string hex(const std::string& bytes) {
  std::string text;
  boost::algorithm::hex_lower(bytes, std::back_inserter(text));
  return text;
}

std::string bytes_of(const json::value& text) {
  std::string bytes;
  boost::algorithm::unhex(std::string{text.as_string()}, std::back_inserter(bytes));
  return bytes;
}

}  // namespace

LiveZone::LiveZone(std::string apex, std::string suffix, std::uint16_t peer_port, std::string peer_key)
    : apex_(std::move(apex)), suffix_(std::move(suffix)), port_(peer_port), key_(std::move(peer_key)) {}

std::vector<testing::PeerTxt> LiveZone::txt(const std::string& name) {
  std::vector<testing::PeerTxt> found;
  const json::value answer = ask("txt", {{"name", name}});
  for (const auto& each : answer.as_array())
    found.push_back({bytes_of(each.at("value")), each.at("ttl").to_number<std::uint32_t>()});
  return found;
}

void LiveZone::add_txt(const std::string& name, const std::string& value) {
  ask("add_txt", {{"name", name}, {"value", hex(value)}});
}

void LiveZone::add_cname(const std::string& name, const std::string& target) {
  ask("add_cname", {{"name", name}, {"target", target}});
}

void LiveZone::clear(const std::string& name) {
  ask("clear", {{"name", name}});
}

std::optional<std::uint64_t> LiveZone::version() {
  const json::value answer = ask("version", {});
  if (answer.is_null()) return std::nullopt;
  return answer.to_number<std::uint64_t>();
}

json::value LiveZone::ask(const std::string& what, const json::object& given) const {
  const fakes::HttpReply reply =
      fakes::HttpClient(port_, key_).send("POST", "/" + what, json::serialize(given), {}, kPatience);
  if (reply.status != 200) throw std::runtime_error(what + " behind the plugin's back: " + reply.body);
  return reply.json().at("result");
}

}  // namespace paynamed::live
