#include "tests/e2e/node_moves/watcher.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <boost/json/parse.hpp>
#include <fstream>

#include "base/clock.hpp"
#include "base/name.hpp"
#include "base/random.hpp"
#include "names/bolt12.hpp"
#include "net/dns_transport.hpp"
#include "tests/integration/dns/run.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;

std::string text_in(const json::value& value, std::string_view key) {
  const auto* found = value.as_object().if_contains(key);
  return found != nullptr && found->is_string() ? std::string{found->get_string()} : std::string{};
}

}  // namespace

std::map<std::string, LedgerOffer> offers_in(const std::filesystem::path& ledger) {
  std::map<std::string, LedgerOffer> offers;
  std::ifstream in(ledger);
  for (std::string line; std::getline(in, line);) {
    boost::system::error_code half;
    // The sandbox may be writing its last line just now.
    const json::value change = json::parse(line, half);
    if (half) continue;
    if (const auto* made = change.as_object().if_contains("offer_made")) {
      offers[text_in(*made, "offer_id")] = {text_in(*made, "issuer"), true};
    } else if (const auto* switched = change.as_object().if_contains("offer_switched")) {
      offers[text_in(*switched, "offer_id")].active = switched->at("active").as_bool();
    }
  }
  return offers;
}

RecordWatcher::RecordWatcher(const fakes::KnotLab& lab, std::vector<std::string> names,
                             std::vector<std::filesystem::path> ledgers)
    : lab_(lab), names_(std::move(names)), ledgers_(std::move(ledgers)), thread_([this] { watch(); }) {}

void RecordWatcher::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

std::vector<std::string> RecordWatcher::seen(const std::string& name) const {
  const auto found = seen_.find(name);
  return found == seen_.end() ? std::vector<std::string>{} : found->second;
}

void RecordWatcher::watch() {
  while (!stopping_) {
    for (const std::string& name : names_) look(name);
  }
}

void RecordWatcher::look(const std::string& name) {
  static base::SystemClock clock;
  static base::SystemRandom random;
  net::DnsTransport transport{clock, random};
  net::Endpoint server{boost::asio::ip::make_address(lab_.addresses().front()), lab_.port()};
  net::DnsQuestion question{base::Name::parse(name)->owner_name(), net::DnsType::kTxt};
  auto answer =
      tests::run(transport.query(server, std::move(question), base::Duration{5'000}, net::DnsCarrier::kTcp));
  ++looks_;
  if (!answer) {
    findings_.push_back(name + ": " + answer.error().to_string());
    return;
  }
  std::vector<std::string> values;
  for (const net::DnsRecord& record : answer->answer) {
    if (record.type == net::DnsType::kTxt) values.push_back(net::txt_value(record.rdata).value_or("broken"));
  }
  if (values.size() != 1) {
    findings_.push_back(fmt::format("{} has {} records", name, values.size()));
    return;
  }
  auto& seen = seen_[name];
  if (seen.empty() || seen.back() != values.front()) seen.push_back(values.front());
  const std::string prefix = "bitcoin:?lno=";
  const auto offer =
      names::parse_offer(values.front().substr(std::min(prefix.size(), values.front().size())));
  if (!offer) {
    findings_.push_back(name + " has no offer: " + values.front());
    return;
  }
  const std::string id = names::to_hex(offer->offer_id);
  for (const auto& ledger : ledgers_) {
    const auto offers = offers_in(ledger);
    const auto found = offers.find(id);
    if (found == offers.end()) continue;
    if (!found->second.active) findings_.push_back(name + " has an offer that is disabled: " + id);
    return;
  }
  findings_.push_back(name + " has an offer that no node knows: " + id);
}

}  // namespace paynamed::e2e
