#include "tests/unit/payments/payments_fixture.hpp"

namespace paynamed::payments {

void PaymentsFixture::SetUp() {
  open();
  state::NewRun run = author.run(state::Verb::kRegister, kAlice);
  const auto accepted = accept(run);
  ASSERT_TRUE(accepted);
  ASSERT_TRUE(record(accepted->key, 0, {},
                     {author.offer_created(run, offer), author.published(run, "bitcoin:?lno=lno1xyz"),
                      author.live(run, "bitcoin:?lno=lno1xyz"), author.run_event("run.completed", run)}));
  backend.description.set_watch_payments(true);
  backend.description.set_network("regtest");
}

Services PaymentsFixture::services() {
  const observe::Log::Settings all{observe::Level::kDebug, observe::Log::Format::kText};
  observe::Log log{all, time, [this](std::string_view line) { log_lines.emplace_back(line); }};
  Services services{time, random, *store, *store, *store, std::move(log), metrics};
  services.call_plugin = [this](pipeline::PluginCall call) { return backend.call(std::move(call)); };
  services.may_wait = [this](std::string_view) { return may_wait; };
  services.is_retired = [this](std::string_view) { return retired; };
  services.node_id_of = [this](const state::NodePlace&) { return known_node_id; };
  services.nodes = [this] { return nodes; };
  return services;
}

void PaymentsFixture::until(const std::function<bool()>& done, const char* what) {
  for (int i = 0; i < 20'000 && !done(); ++i) {
    io.restart();
    if (io.run_for(std::chrono::milliseconds{2}) > 0) continue;
    if (const auto next = time.until_next()) time.advance(std::max(*next, base::Duration{1}));
  }
  EXPECT_TRUE(done()) << what;
}

void PaymentsFixture::pass(base::Duration by) {
  const base::WallTime end = time.wall() + by;
  until([&] { return time.wall() >= end; }, "time passes");
}

v1::Payment& PaymentsFixture::pay(const std::string& key, std::uint64_t msat) {
  v1::Payment& payment = backend.add(key, msat);
  payment.set_offer_id(offer);
  return payment;
}

std::vector<state::Event> PaymentsFixture::events(const std::string& type) {
  std::vector<state::Event> all;
  auto page = store->events_after("default", {}, 1'000);
  for (state::Event& each : page->events) {
    if (each.type == type) all.push_back(std::move(each));
  }
  return all;
}

std::optional<state::NodeCursor> PaymentsFixture::cursor() {
  return store->find_cursor(source()).value();
}

}  // namespace paynamed::payments
