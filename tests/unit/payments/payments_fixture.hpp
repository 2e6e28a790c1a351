// A store with a name whose offer can be paid, a backend, and time that the test moves.
//
// Threads: a fixture belongs to its test's thread.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "payments/services.hpp"
#include "tests/unit/payments/fake_backend.hpp"
#include "tests/unit/state/state_fixture.hpp"

namespace paynamed::payments {

struct PaymentsFixture : state::StoreTest {
  static constexpr const char* kAlice = "alice@example.com";
  const std::string offer = std::string(64, '1');
  base::ManualClock time{base::WallTime{std::chrono::seconds{1'700'000'200}}};
  base::SeededRandom random{7};
  observe::Metrics metrics;
  std::vector<std::string> log_lines;
  FakeBackend backend{time};
  std::vector<WatchedNode> nodes{{"sandbox", "", {}}};
  bool may_wait = true;
  bool retired = false;
  std::string known_node_id;

  void SetUp() override;

  Services services();
  // Lets everything happen that can, and time pass when nothing else does, until `done`.
  void until(const std::function<bool()>& done, const char* what = "what was waited for");
  // The same for as long as `by` takes.
  void pass(base::Duration by);
  // Pays Alice's offer.
  v1::Payment& pay(const std::string& key, std::uint64_t msat = 1'000);

  std::vector<state::Event> events(const std::string& type = "payment.received");
  state::PaymentSource source(const std::string& instance = "sandbox") const {
    return {backend.node_id, instance, "", "", false};
  }
  std::optional<state::NodeCursor> cursor();
};

}  // namespace paynamed::payments
