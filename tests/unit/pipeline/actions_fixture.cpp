#include "tests/unit/pipeline/actions_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace paynamed::pipeline {
namespace asio = boost::asio;

ActionsFixture::ActionsFixture() {
  configure("node");
}

void ActionsFixture::configure(const std::string& default_node, const std::string& more,
                               const std::string& of_domain) {
  const std::string text = "[daemon]\nstate = \"state.db\"\ndefault_node = \"" + default_node + "\"\n" +
                           R"([api]
key = { env = "PAYNAMED_API_KEY" }
[domains."example.test"]
dns = "zone"
test = true
ttl = "60s"
retire_after = "1h"
)" + of_domain + R"(
[plugins.zone]
module = "rfc2136"
[plugins.zone2]
module = "rfc2136"
[plugins.node]
module = "sandbox"
[plugins.node2]
module = "sandbox"
)" + more;
  config::Diagnostics diagnostics;
  auto made = std::make_shared<Runtime>();
  made->config = config::parse(text, "test.toml", diagnostics);
  made->instances = {{"zone", {std::string{kDnsProviderContract}, false}},
                     {"zone2", {std::string{kDnsProviderContract}, false}},
                     {"node", {std::string{kNodeBackendContract}, false}},
                     {"node2", {std::string{kNodeBackendContract}, false}}};
  made->pipelines = compile(made->config, made->instances, diagnostics);
  for (const auto& mistake : diagnostics.sorted()) ADD_FAILURE() << mistake.message;
  runtime = std::move(made);
}

ActionTable ActionsFixture::actions() {
  return standard_actions(services());
}

Services ActionsFixture::services() {
  Services services{clock, *store, [this] { return runtime; }, {}, {}, {}, {}, {}};
  services.call_plugin = [this](PluginCall call) -> asio::awaitable<PluginAnswer> {
    ++(call.background ? background_calls : interactive_calls);
    timeouts[call.instance + ' ' + call.method] = call.timeout;
    base::Result<std::string> reply = call.instance == "zone"    ? zone.call(call)
                                      : call.instance == "zone2" ? zone2.call(call)
                                                                 : nodes[call.instance].call(call);
    co_return PluginAnswer{std::move(reply), false};
  };
  services.check_authoritatives =
      [this](base::Name name, std::string value) -> asio::awaitable<base::Result<AuthoritativeReport>> {
    ++authoritative_looks;
    if (authoritatives) co_return authoritatives();
    const bool has = zone.records[name.owner_name()] == std::vector<std::string>{value};
    co_return AuthoritativeReport{has, has ? 2U : 0U, 2, has ? "2 of 2 servers have it" : "no server has it",
                                  "[]"};
  };
  services.check_resolvers = [this](base::Name,
                                    std::string) -> asio::awaitable<std::optional<ResolverSummary>> {
    ++resolver_looks;
    if (resolvers) co_return resolvers();
    co_return std::nullopt;
  };
  services.prove_record = [this](base::Name name) -> asio::awaitable<base::Result<ProvenRecord>> {
    if (validation_takes.count() > 0) {
      ++validations_open;
      co_await base::sleep_for(clock, validation_takes);
      --validations_open;
    }
    if (record_proof) co_return record_proof();
    const auto& values = zone.records[name.owner_name()];
    if (values.size() != 1) co_return base::fail(base::not_found("there is not one record"));
    co_return proof_of(values.front());
  };
  services.validate_domain = [this](std::string) -> asio::awaitable<base::Result<ValidationReport>> {
    co_return domain_validation;
  };
  services.moves = store.get();
  return services;
}

ProvenRecord ActionsFixture::proof_of(const std::string& value) const {
  state::Proof proof;
  proof.value = value;
  proof.leaf = {1, 2, 3};
  proof.trunk = {4, 5};
  proof.made = clock.wall();
  proof.expires = clock.wall() + std::chrono::days{7};
  return {std::move(proof)};
}

std::string ActionsFixture::owner_name(const std::string& name) {
  return base::Name::parse(name)->owner_name();
}

std::string ActionsFixture::record(const std::string& name) {
  const std::string value = name_row(name).value;
  EXPECT_THAT(records(name), testing::ElementsAre(value));
  return records(name) == std::vector<std::string>{value} ? value : std::string{};
}

state::NameRow ActionsFixture::name_row(const std::string& name) {
  const auto row = store->find_name("default", name);
  EXPECT_TRUE(row && *row) << name;
  return row ? row->value_or(state::NameRow{}) : state::NameRow{};
}

state::OfferRow ActionsFixture::offer_row(const std::string& offer_id, const std::string& name) {
  const auto rows = store->offers_of("default", name, 100);
  for (const state::OfferRow& row : rows.value()) {
    if (row.offer_id == offer_id) return row;
  }
  ADD_FAILURE() << name << " has no offer " << offer_id;
  return {};
}

std::size_t ActionsFixture::journal_entries(base::Uuid run) {
  const auto row = store->find_run("default", run);
  return store->journal_of((*row)->key).value().size();
}

base::Uuid ActionsFixture::accept(Command command) {
  auto accepted = await(engine->submit(std::move(command)));
  EXPECT_TRUE(accepted) << accepted.error().to_string();
  return accepted ? accepted->run : base::Uuid{};
}

Command ActionsFixture::external(const std::string& offer, state::Verb verb, const std::string& name) const {
  Command wanted = command(name, verb);
  wanted.source.kind = state::SourceKind::kExternal;
  (offer.starts_with("bitcoin:") ? wanted.source.uri : wanted.source.offer) = offer;
  return wanted;
}

void ActionsFixture::make_live(const std::string& name) {
  const auto row = drive(accept(registration(name)));
  ASSERT_EQ(row.state, state::RunState::kCompleted) << row.reason;
  ASSERT_EQ(name_row(name).state, state::NameState::kLive);
}

void ActionsFixture::expect_good_manners() const {
  EXPECT_THAT(zone.kept.mistakes, testing::IsEmpty());
  for (const auto& [instance, each] : nodes) EXPECT_THAT(each.kept.mistakes, testing::IsEmpty()) << instance;
  EXPECT_THAT(zone2.kept.mistakes, testing::IsEmpty());
  for (const auto& values : zone.history) EXPECT_LE(values.size(), 1U);
  for (const auto& values : zone2.history) EXPECT_LE(values.size(), 1U);
}

void ActionsFixture::degrade() {
  const state::NameRow row = name_row();
  state::NewEvent event;
  event.type = "name.degraded";
  event.subject = kAlice;
  event.time = clock.wall();
  event.id = base::Uuid::v7(event.time, random);
  event.data = R"({"name":"alice@example.test","reason":"it is not there","code":"absent"})";
  std::vector<state::NewEvent> events{event};
  state::Standing standing{kAlice, row.value, state::NameState::kLive};
  ASSERT_TRUE(await(store->append_if("default", std::move(standing), std::move(events))));
  ASSERT_EQ(name_row().state, state::NameState::kDegraded);
}

}  // namespace paynamed::pipeline
