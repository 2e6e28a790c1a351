#include "tests/unit/moves/move_fixture.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "paynamed/plugin/v1/dns_provider.pb.h"

namespace paynamed::moves {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;
using net::DnsType;

namespace {

constexpr const char* kZone = "example.test.";
constexpr std::uint32_t kAlias = 65'401;  // as PowerDNS numbers its ALIAS
const std::map<std::string, std::string> kAddresses{
    {"a", "192.0.2.10"}, {"b", "192.0.2.20"}, {"c", "192.0.2.30"}};

std::string txt_text(const std::string& value) {
  std::string text;
  for (std::size_t at = 0; at < value.size(); at += 255)
    text += fmt::format(" \"{}\"", value.substr(at, 255));
  return text;
}

}  // namespace

MoveFixture::MoveFixture() {
  for (const char* side : {"a", "b"}) {
    others[side] = {
        fakes::record(fmt::format("{} 300 IN SOA ns.{}.test. hostmaster.example.test. 1 3600 600 86400 120",
                                  kZone, side)),
        fakes::record(fmt::format("{} 900 IN NS ns.{}.test.", kZone, side)),
        fakes::record(fmt::format("{} 400 IN MX 10 mail.example.test.", kZone)),
        fakes::record("mail.example.test. 400 IN A 192.0.2.99"),
    };
  }
  auto key = [] { return std::make_unique<fakes::SigningKey>(kZone, 13); };
  keys["a"] = key();
  ds = {keys["a"]->ds()};
  ds.front().ttl = 300;
}

void MoveFixture::SetUp() {
  ActionsFixture::SetUp();
  make_mover();
}

void MoveFixture::TearDown() {
  mover.reset();
  ActionsFixture::TearDown();
}

void MoveFixture::make_mover() {
  pipeline::Services plugins = services();
  plugins.call_plugin = [this](pipeline::PluginCall wanted) -> asio::awaitable<pipeline::PluginAnswer> {
    co_return call(wanted);
  };
  Services needed{std::move(plugins),
                  *store,
                  random,
                  observe::Log::none(),
                  {},
                  {},
                  [] { return std::uint16_t{53}; },
                  [this]() -> asio::awaitable<std::shared_ptr<const pipeline::Runtime>> {
                    co_return services().runtime();
                  }};
  needed.ask = [this](net::Endpoint server,
                      net::DnsQuestion question) -> asio::awaitable<base::Result<net::DnsAnswer>> {
    co_return ask(server, question);
  };
  needed.servers_of = [](std::string) -> asio::awaitable<base::Result<names::ZoneServers>> {
    names::ZoneServers servers{"test.", {}, {}};
    for (const char* address : {"192.0.2.1", "192.0.2.2"})
      servers.servers.push_back({"ns.test.", {asio::ip::make_address(address)}, {}});
    co_return servers;
  };
  mover = std::make_unique<Mover>(Mover::Settings{}, std::move(needed));
}

void MoveFixture::restart() {
  mover.reset();
  crash();
  start();
  make_mover();
}

pipeline::PluginAnswer MoveFixture::call(const pipeline::PluginCall& wanted) {
  const std::string side = wanted.instance == "zone" ? "a" : "b";
  if (wanted.method == "ListZone") return {list(side), false};
  auto reply = (side == "a" ? zone : zone2).call(wanted);
  if (wanted.method != "Describe" || !reply) return {std::move(reply), false};
  v1::DescribeDnsReply described;
  described.ParseFromString(*reply);
  described.set_list_zone(side == "b" || a_lists);
  return {described.SerializeAsString(), false};
}

base::Result<std::string> MoveFixture::list(const std::string& side) {
  v1::ListZoneReply reply;
  for (const net::DnsRecord& record : sets_of(side)) {
    auto* each = reply.add_records();
    each->set_name(record.owner);
    each->set_type(static_cast<std::uint32_t>(record.type));
    each->set_ttl_seconds(record.ttl);
    each->set_rdata(record.rdata.data(), record.rdata.size());
  }
  if (aliases.contains(side)) {
    auto* alias = reply.add_records();
    alias->set_name(kZone);
    alias->set_type(kAlias);
    alias->set_ttl_seconds(300);
  }
  return reply.SerializeAsString();
}

fakes::Records MoveFixture::sets_of(const std::string& side) {
  fakes::Records all = others[side];
  for (const auto& [owner, values] : (side == "a" ? zone : zone2).records) {
    for (const std::string& value : values)
      all.push_back(fakes::record(fmt::format("{} 60 IN TXT{}", owner, txt_text(value))));
  }
  if (keys.contains("a")) {
    const auto& key = keys.contains(side) ? keys.at(side) : keys.at("a");
    all.push_back(key->dnskey());
    all.back().ttl = 300;
  }
  return all;
}

fakes::Records MoveFixture::with_signature(const std::string& side, const fakes::Records& set) {
  if (!keys.contains("a") || set.empty()) return set;
  const auto& key = keys.contains(side) ? keys.at(side) : keys.at("a");
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count();
  fakes::Signing how;
  how.inception = static_cast<std::uint32_t>(now - 3600);
  how.expiration = static_cast<std::uint32_t>(now + 86'400);
  fakes::Records signed_set = set;
  fakes::Records over = set;
  if (side == "b" && wrong_at_b.contains(set.front().owner)) ++over.front().rdata.back();
  signed_set.push_back(key->rrsig(over, how));
  return signed_set;
}

base::Result<net::DnsAnswer> MoveFixture::ask(const net::Endpoint& server, const net::DnsQuestion& question) {
  const std::string address = server.address.to_string();
  if (down.contains(address)) return base::fail(base::unavailable("nothing listens at " + address));
  if (address == "192.0.2.1") return ask_parent(0, question);
  if (address == "192.0.2.2") return ask_parent(1, question);
  for (const auto& [side, its] : kAddresses) {
    if (its == address && side != "c") return ask_side(side, question);
  }
  return base::fail(base::deadline_exceeded("nobody answers at " + address));
}

net::DnsAnswer MoveFixture::ask_parent(std::size_t which, const net::DnsQuestion& question) const {
  net::DnsAnswer answer;
  if (question.name == kZone && question.type == DnsType::kNs) {
    for (const std::string& side : delegated.at(which)) {
      answer.authority.push_back(
          fakes::record(fmt::format("{} {} IN NS ns.{}.test.", kZone, parent_ttl, side)));
      answer.additional.push_back(
          fakes::record(fmt::format("ns.{}.test. {} IN A {}", side, parent_ttl, kAddresses.at(side))));
    }
    return answer;
  }
  answer.authoritative = true;
  if (question.name == kZone && question.type == DnsType::kDs) answer.answer = ds;
  for (const auto& [side, address] : kAddresses) {
    if (question.name == "ns." + side + ".test." && question.type == DnsType::kA)
      answer.answer.push_back(fakes::record(fmt::format("{} 600 IN A {}", question.name, address)));
  }
  return answer;
}

net::DnsAnswer MoveFixture::ask_side(const std::string& side, const net::DnsQuestion& question) {
  net::DnsAnswer answer;
  answer.authoritative = true;
  fakes::Records found;
  for (const net::DnsRecord& record : sets_of(side)) {
    if (record.owner == question.name && record.type == question.type) found.push_back(record);
  }
  answer.answer = with_signature(side, found);
  if (!found.empty()) return answer;
  const auto all = sets_of(side);
  const bool exists =
      std::ranges::any_of(all, [&](const net::DnsRecord& each) { return each.owner == question.name; });
  if (!exists) answer.rcode = net::DnsRcode::kNxDomain;
  answer.authority =
      with_signature(side, {fakes::record(fmt::format("{} 120 IN NSEC {} NS SOA", kZone, kZone))});
  return answer;
}

state::MoveRow MoveFixture::begin(std::vector<std::string> accept) {
  MoveRequest request{"example.test", "zone2", std::move(accept), {}};
  auto row = await(mover->begin(std::move(request)));
  EXPECT_TRUE(row) << row.error().to_string();
  return row ? *row : state::MoveRow{};
}

void MoveFixture::step() {
  const base::Duration wait = await(mover->step_all());
  EXPECT_LE(wait, base::Duration{3'600'000});
  if (wait.count() > 0) advance(wait);
}

MoveView MoveFixture::view() {
  auto shown = mover->show("example.test");
  EXPECT_TRUE(shown && *shown);
  return shown && *shown ? **shown : MoveView{};
}

void MoveFixture::until(state::MovePhase wanted) {
  for (int i = 0; i < 400; ++i) {
    const MoveView now = view();
    if (now.row.phase == wanted) return;
    ASSERT_TRUE(now.row.pause.empty()) << now.row.pause;
    ASSERT_FALSE(now.row.finished) << state::to_string(now.row.phase);
    step();
  }
  FAIL() << "the move stays in " << state::to_string(phase()) << ": " << view().details.trouble;
}

void MoveFixture::until_paused() {
  for (int i = 0; i < 100; ++i) {
    const MoveView now = view();
    if (!now.row.pause.empty()) return;
    ASSERT_FALSE(now.row.finished);
    step();
  }
  FAIL() << "the move is not paused but in " << state::to_string(phase());
}

state::MovePhase MoveFixture::after(int steps) {
  for (int i = 0; i < steps; ++i) step();
  return phase();
}

std::vector<std::string> MoveFixture::types_of_moves() {
  std::vector<std::string> types;
  const auto page = store->events_after("default", {}, 1000);
  for (const auto& event : page->events) {
    if (event.type.starts_with("domain.move") || event.type == "name.moved") types.push_back(event.type);
  }
  return types;
}

}  // namespace paynamed::moves
