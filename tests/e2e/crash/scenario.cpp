#include "tests/e2e/crash/scenario.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/json/value.hpp>
#include <stdexcept>

#include "base/name.hpp"

namespace paynamed::crash {
namespace {

constexpr std::chrono::seconds kDeathPatience{30};
constexpr std::string_view kDonor = "donor@example.test";

std::string cancel(Customer& customer, const std::string& name) {
  const std::string run = customer.place(Customer::registration(name));
  // Refused when an earlier request turned the run back already.
  customer.send("POST", "/v1/runs/" + run + "/cancel");
  return customer.rest(Customer::registration(name));
}

std::vector<Scenario> make_scenarios() {
  std::vector<Scenario> all;
  // The reference is good until the next add().
  const auto add = [&](std::string name, Ending ending, std::string run_ends) -> Scenario& {
    all.emplace_back();
    all.back().name = std::move(name);
    all.back().ending = ending;
    all.back().run_ends = {std::move(run_ends)};
    return all.back();
  };
  const auto register_it = [](Customer& customer, const std::string& name) {
    return customer.carry_through(Customer::registration(name));
  };
  const auto rotate_it = [](Customer& customer, const std::string& name) {
    return customer.carry_through(Customer::rotation(name));
  };

  Scenario& registered = add("register", Ending::kLive, "completed");
  registered.strikes = 2;
  registered.act = register_it;

  // The node makes the offer and its answer is lost.
  Scenario& lost = add("lost_reply", Ending::kLive, "completed");
  lost.options.node_settings =
      R"(faults = { CreateOffer = { code = "UNAVAILABLE", times = 1, after_effect = true } })";
  lost.act = register_it;

  // The offer is made and then there is somebody else's record at the name.
  Scenario& foreign = add("compensate", Ending::kFree, "compensated");
  foreign.publishes = false;
  foreign.foreign_record = "bitcoin:?lno=lno1foreign";
  foreign.act = register_it;

  // The record stands at one of two servers when the caller gives up.
  Scenario& cancelled = add("cancel", Ending::kFree, "compensated");
  cancelled.domain = "halfdown.test";
  cancelled.act = [](Customer& customer, const std::string& name) {
    customer.place(Customer::registration(name));
    customer.await_event(name, "name.published");
    return cancel(customer, name);
  };

  // The DNS server refuses our key.
  Scenario& paused = add("pause", Ending::kPaused, "paused");
  paused.publishes = false;
  paused.domain = "second.test";
  paused.act = register_it;

  Scenario& given_up = add("give_up", Ending::kFree, "compensated");
  given_up.publishes = false;
  given_up.domain = "second.test";
  given_up.act = [register_it](Customer& customer, const std::string& name) {
    register_it(customer, name);
    return cancel(customer, name);
  };

  Scenario& rotated = add("rotate", Ending::kLive, "completed");
  rotated.needs_live_name = true;
  rotated.act = rotate_it;

  // The servers settle for too long: the record that was replaced has to stand again. A daemon that is dead
  // meanwhile finds them settled when it is back.
  Scenario& reverted = add("revert", Ending::kLive, "compensated");
  reverted.run_ends.push_back("completed");
  reverted.needs_live_name = true;
  reverted.options.domain_settings = "settle = \"600ms\"";
  reverted.options.more = R"(
[[pipelines.rotate.steps]]
id = "check"
do = "domain.check"
[[pipelines.rotate.steps]]
id = "offer"
do = "offer.create"
with = "node"
[[pipelines.rotate.steps]]
id = "publish"
do = "dns.publish"
[[pipelines.rotate.steps]]
id = "await"
do = "dns.await"
timeout = "200ms"
deadline = "200ms"
on_exhausted = "compensate"
[[pipelines.rotate.steps]]
id = "prove"
do = "name.prove"
[[pipelines.rotate.steps]]
id = "disable"
do = "offer.disable"
)";
  reverted.act = rotate_it;

  Scenario& moved = add("set_source", Ending::kLive, "completed");
  moved.needs_live_name = true;
  moved.act = [](Customer& customer, const std::string& name) {
    const Answer donor = customer.send("GET", "/v1/names/" + std::string{kDonor});
    const std::string uri{donor.body.at("value").as_string()};
    return customer.carry_through(Customer::new_source(name, uri));
  };

  // Somebody puts a second record beside the name's own.
  Scenario& repaired = add("repair", Ending::kLive, "completed");
  repaired.needs_live_name = true;
  repaired.harm = "bitcoin:?lno=lno1second";
  repaired.options.more = "[monitor]\ninterval = \"2s\"\nsecond_look = \"1s\"\nqueries_per_second = 1000\n";
  repaired.act = [](Customer& customer, const std::string& name) {
    return customer.carry_through(Customer::repair(name));
  };

  Scenario& removed = add("remove", Ending::kQuarantined, "completed");
  removed.publishes = false;
  removed.needs_live_name = true;
  removed.act = [](Customer& customer, const std::string& name) {
    return customer.carry_through(Customer::removal(name));
  };
  return all;
}

// Lets the daemon come to its end at the armed failpoint. False when it was not reached and the daemon lives.
bool dies(Stage& stage, bool gone, std::vector<std::string>& findings) {
  const bool reached = stage.disarm();
  if (!reached && !gone) return false;
  const auto status = stage.daemon().wait(kDeathPatience);
  if (!status || !WIFSIGNALED(*status) || WTERMSIG(*status) != SIGKILL) {
    findings.push_back(fmt::format("the daemon ended with status {:#x} and not by our hand; it said:\n{}",
                                   status.value_or(0), stage.daemon().log()));
  }
  return true;
}

// False when the daemon died over it.
bool acts(Stage& stage, const Scenario& scenario, const std::string& name) {
  try {
    Customer customer = stage.customer();
    const std::string state = scenario.act(customer, name);
    if (std::find(scenario.run_ends.begin(), scenario.run_ends.end(), state) == scenario.run_ends.end()) {
      stage.account().broken(
          fmt::format("the run of {} is {} and should be {}", name, state, scenario.run_ends.front()));
    }
    return true;
  } catch (const NoAnswer&) {
    return false;
  }
}

void append(std::vector<std::string>& to, std::vector<std::string> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = make_scenarios();
  return all;
}

const Scenario& scenario(const std::string& name) {
  for (const Scenario& each : scenarios()) {
    if (each.name == name) return each;
  }
  throw std::logic_error("there is no scenario " + name);
}

void prepare(Stage& stage, const Scenario& scenario, const std::vector<NameWithEnding>& names) {
  for (const NameWithEnding& each : names) {
    if (scenario.foreign_record.empty()) continue;
    const auto name = base::Name::parse(each.name);
    stage.lab().put_txt(name->domain() + ".", name->owner_name(), {scenario.foreign_record});
  }
  if (!scenario.needs_live_name) return;
  std::vector<Customer::Order> orders{Customer::registration(std::string{kDonor})};
  for (const NameWithEnding& each : names) orders.push_back(Customer::registration(each.name));
  Customer customer = stage.customer();
  for (const auto& order : orders) customer.place(order);
  for (const auto& order : orders) customer.rest(order);
  if (scenario.harm.empty()) return;
  for (const NameWithEnding& each : names) {
    const auto name = base::Name::parse(each.name);
    stage.lab().add_txt(name->domain() + ".", name->owner_name(), scenario.harm);
  }
  for (const NameWithEnding& each : names) customer.await_event(each.name, "name.degraded");
}

std::vector<std::string> play(Stage& stage, const Scenario& scenario, const NameWithEnding& name,
                              const std::vector<Strike>& strikes, bool& reached) {
  std::vector<std::string> findings;
  reached = false;
  bool dead = false;
  for (const Strike& strike : strikes) {
    stage.arm(strike.failpoint, strike.count);
    const bool gone = (dead && !stage.start()) || !acts(stage, scenario, name.name);
    dead = dies(stage, gone, findings);
    if (!dead) break;
    reached = true;
    append(findings, inspect_state(stage.copy_state(), stage.account()));
    if (!findings.empty()) return findings;
  }
  if (dead && !stage.start()) {
    findings.push_back("the daemon does not start again:\n" + stage.daemon().log());
    return findings;
  }
  if (!acts(stage, scenario, name.name)) {
    findings.push_back("the daemon died and nobody killed it:\n" + stage.daemon().log());
    return findings;
  }
  append(findings, inspect_outside(stage, {name}));
  append(findings, stage.account().problems());
  return findings;
}

}  // namespace paynamed::crash
