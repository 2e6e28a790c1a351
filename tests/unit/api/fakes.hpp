// A store and an engine that answer what a test tells them, and a Service on top of them.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <mutex>

#include "api/service.hpp"
#include "base/broadcast.hpp"
#include "events/event_feed.hpp"

namespace paynamed::api {

namespace asio = boost::asio;
namespace json = boost::json;

inline base::WallTime noon() {
  return *base::from_rfc3339("2026-11-23T12:00:00.000Z");
}

inline base::Uuid run_id(std::uint8_t last) {
  std::array<std::uint8_t, 16> bytes{};
  bytes[0] = 1;
  bytes[15] = last;
  return base::Uuid{bytes};
}

inline state::NameRow name_row(std::string name, state::NameState state = state::NameState::kLive) {
  state::NameRow row;
  row.domain = name.substr(name.find('@') + 1);
  row.name = std::move(name);
  row.state = state;
  row.created = row.updated = noon();
  row.revision = 7;
  row.livemode = false;
  return row;
}

inline state::RunRow run_row(std::uint8_t id, std::string name, state::RunState state) {
  state::RunRow row;
  row.id = run_id(id);
  row.name = std::move(name);
  row.state = state;
  row.accepted = row.updated = noon();
  return row;
}

// Rows by tenant; only the reads that the API makes are answered.
class FakeStore final : public state::Store {
 public:
  explicit FakeStore(base::Clock& clock) : changed_(clock) {}

  std::map<std::string, std::vector<state::NameRow>> names;  // in order of name
  std::map<std::string, std::vector<state::RunRow>> runs;    // newest first
  std::vector<state::OfferRow> offers;
  std::map<std::string, std::vector<state::DomainRow>> domains;  // by tenant, in order of domain
  std::map<std::string, state::Proof> proofs;                    // by name
  std::atomic<int> waiting{0};

  void add_event(state::Event event) {
    {
      const std::lock_guard lock{mutex_};
      events_.push_back(std::move(event));
    }
    changed_.notify();
  }
  void wake() { changed_.notify(); }

  asio::awaitable<state::Result<state::AcceptedRun>> accept_run(state::NewRun) override {
    co_return unexpected();
  }
  asio::awaitable<state::Result<void>> record(state::RunUpdate) override { co_return unexpected(); }
  asio::awaitable<state::Result<void>> append(std::string, std::vector<state::NewEvent>) override {
    co_return unexpected();
  }

  state::Result<std::optional<state::NameRow>> find_name(std::string_view tenant,
                                                         std::string_view name) override {
    for (const auto& row : names[std::string{tenant}]) {
      if (row.name == name) return row;
    }
    return std::optional<state::NameRow>{};
  }
  state::Result<std::vector<state::NameRow>> list_names(std::string_view tenant, std::string_view domain,
                                                        std::optional<state::NameState> state,
                                                        std::string_view after,
                                                        std::uint32_t limit) override {
    std::vector<state::NameRow> out;
    for (const auto& row : names[std::string{tenant}]) {
      if (row.name <= after || (!domain.empty() && row.domain != domain) || (state && row.state != *state))
        continue;
      if (out.size() < limit) out.push_back(row);
    }
    return out;
  }
  state::Result<std::vector<state::OfferRow>> offers_of(std::string_view, std::string_view,
                                                        std::uint32_t) override {
    return offers;
  }
  state::Result<std::vector<DueOffer>> retired_offers_due(base::WallTime, DuePlace, std::uint32_t) override {
    return unexpected();
  }
  asio::awaitable<state::Result<void>> append_if(std::string, state::Standing,
                                                 std::vector<state::NewEvent>) override {
    co_return unexpected();
  }
  state::Result<std::vector<DueOffer>> offers_ending(base::WallTime, DuePlace, std::uint32_t) override {
    return unexpected();
  }
  state::Result<std::vector<DueOffer>> active_offers_ending(base::WallTime, DuePlace,
                                                            std::uint32_t) override {
    return unexpected();
  }
  state::Result<state::NameKey> newest_name() override { return unexpected(); }
  state::Result<std::vector<state::WatchedName>> watched_names(std::span<const state::NameKey>) override {
    return unexpected();
  }
  state::Result<std::vector<state::WatchedName>> degraded_names(std::uint32_t) override {
    return unexpected();
  }
  asio::awaitable<state::Result<void>> record_domain(state::DomainUpdate) override { co_return unexpected(); }
  state::Result<std::optional<state::DomainRow>> find_domain(std::string_view tenant,
                                                             std::string_view domain) override {
    for (const auto& row : domains[std::string{tenant}]) {
      if (row.domain == domain) return row;
    }
    return std::optional<state::DomainRow>{};
  }
  state::Result<std::vector<state::DomainRow>> list_domains(std::string_view tenant, std::string_view after,
                                                            std::uint32_t limit) override {
    std::vector<state::DomainRow> out;
    for (const auto& row : domains[std::string{tenant}]) {
      if (row.domain > after && out.size() < limit) out.push_back(row);
    }
    return out;
  }
  asio::awaitable<state::Result<void>> put_proof(std::string, std::string, state::Proof) override {
    co_return unexpected();
  }
  state::Result<std::optional<state::Proof>> find_proof(std::string_view name) override {
    const auto found = proofs.find(std::string{name});
    if (found == proofs.end()) return std::optional<state::Proof>{};
    return std::optional{found->second};
  }
  state::Result<std::vector<EndingProof>> proofs_ending(base::WallTime, ProofPlace, std::uint32_t) override {
    return unexpected();
  }
  state::Result<std::optional<KeyUse>> find_key_use(std::string_view, std::string_view) override {
    return unexpected();
  }
  state::Result<std::optional<state::RunRow>> find_run(std::string_view tenant, base::Uuid id) override {
    for (const auto& row : runs[std::string{tenant}]) {
      if (row.id == id) return row;
    }
    return std::optional<state::RunRow>{};
  }
  state::Result<std::vector<state::RunRow>> list_runs(std::string_view tenant, std::string_view name,
                                                      std::optional<state::RunState> state, base::Uuid before,
                                                      std::uint32_t limit) override {
    std::vector<state::RunRow> out;
    for (const auto& row : runs[std::string{tenant}]) {
      if (before != base::Uuid{} && !(row.id < before)) continue;
      if ((!name.empty() && row.name != name) || (state && row.state != *state)) continue;
      if (out.size() < limit) out.push_back(row);
    }
    return out;
  }
  state::Result<std::vector<state::JournalEntry>> journal_of(state::RunKey) override { return unexpected(); }
  state::Result<std::optional<state::OpenRun>> load_run(state::RunKey) override { return unexpected(); }
  state::Result<std::vector<state::OpenRun>> open_runs(state::RunKey, std::uint32_t) override {
    return unexpected();
  }

  state::Result<state::EventPage> events_after(std::string_view tenant, state::Position after,
                                               std::uint32_t limit) override {
    const std::lock_guard lock{mutex_};
    state::EventPage page;
    page.head = {2, tenant == "default" ? events_.size() : 0};
    if (after.epoch != 2 && after.seq != 0)
      return base::fail(base::out_of_range("this position is of another log"));
    page.next = {2, after.seq};
    for (const auto& event : events_) {
      if (tenant != "default" || event.seq <= after.seq || page.events.size() == limit) continue;
      page.events.push_back(event);
      page.next.seq = event.seq;
    }
    return page;
  }
  state::Result<std::vector<state::InstanceUse>> instances_in_use() override { return unexpected(); }
  state::Result<state::InUse> in_use() override { return unexpected(); }
  state::Result<state::Totals> totals() override { return unexpected(); }

  asio::awaitable<void> wait_for_event(std::string tenant, std::uint64_t seq, base::Duration wait) override {
    const std::uint64_t seen = changed_.count();
    if (tenant == "default" && newest() > seq) co_return;
    ++waiting;
    co_await changed_.wait(seen, wait);
    --waiting;
  }

 private:
  std::uint64_t newest() {
    const std::lock_guard lock{mutex_};
    return events_.empty() ? 0 : events_.back().seq;
  }
  static tl::unexpected<base::Status> unexpected() {
    ADD_FAILURE() << "the API must not call this";
    return base::fail(base::internal("not for the API"));
  }
  std::mutex mutex_;
  std::vector<state::Event> events_;
  base::Broadcast changed_;
};

class FakeEngine final : public pipeline::Engine {
 public:
  explicit FakeEngine(base::Clock& clock) : released_(clock) {}

  std::vector<pipeline::Command> commands;
  base::Result<pipeline::Accepted> answer = pipeline::Accepted{run_id(1), false, {}};
  base::Result<state::RunRow> after_wait = run_row(1, "alice@example.com", state::RunState::kCompleted);
  base::Duration waited{-1};
  base::Result<void> decision{};
  std::vector<std::string> decisions;
  std::map<std::string, pipeline::RunView> views;  // by tenant and id
  std::function<void()> on_submit;
  std::function<void()> hold;  // when set: called, and then submit() waits for release()
  void release() { released_.notify(); }

  asio::awaitable<base::Result<pipeline::Accepted>> submit(pipeline::Command command) override {
    commands.push_back(std::move(command));
    if (on_submit) on_submit();
    if (hold) {
      const std::uint64_t seen = released_.count();
      hold();
      co_await released_.wait(seen, std::chrono::hours{1});
    }
    co_return answer;
  }
  asio::awaitable<base::Result<state::RunRow>> wait(std::string, base::Uuid, base::Duration most) override {
    waited = most;
    co_return after_wait;
  }
  asio::awaitable<base::Result<void>> resume(std::string tenant, base::Uuid run) override {
    decisions.push_back("resume " + tenant + " " + run.to_string());
    co_return decision;
  }
  asio::awaitable<base::Result<void>> cancel(std::string tenant, base::Uuid run) override {
    decisions.push_back("cancel " + tenant + " " + run.to_string());
    co_return decision;
  }
  base::Result<pipeline::RunView> view(std::string_view tenant, base::Uuid run) override {
    const auto found = views.find(std::string{tenant} + run.to_string());
    if (found == views.end()) return base::fail(base::not_found("there is no such run"));
    return found->second;
  }

 private:
  base::Broadcast released_;
};

// Everything that a Service needs, with a key "secret" of the tenant default and "other-secret" of the tenant
// other.
struct World {
  base::ManualClock clock{noon()};
  base::SeededRandom random{1};
  observe::Log log = observe::Log::none();
  observe::Metrics metrics;
  FakeStore store{clock};
  events::EventFeed feed{store, events::EventFeed::Settings{}};
  FakeEngine engine{clock};
  std::vector<ApiKey> keys{{"default", "secret"}, {"other", "other-secret"}};
  std::vector<DomainInfo> domains{{"example.com", false, "zone", {"default"}},
                                  {"a.test", true, "zone", {"other"}},
                                  {"b.test", true, "zone", {"other"}}};
  std::vector<PluginStatus> plugins;
  Readiness readiness{true, {{"store", true, ""}}};

  // What proof_of() answers, and what it was asked.
  std::map<std::string, base::Result<state::Proof>> proofs;
  std::vector<std::pair<std::string, bool>> proofs_asked;

  // What lint_of() answers, and the values of the proofs that it was asked about.
  base::Result<names::LintReport> lint;
  std::vector<std::string> linted;

  asio::awaitable<base::Result<state::Proof>> prove(base::Name name, bool any_domain) {
    proofs_asked.emplace_back(name.text(), any_domain);
    const auto found = proofs.find(name.text());
    if (found == proofs.end()) co_return base::fail(base::not_found("not a proven name"));
    co_return found->second;
  }

  // What is said of the configuration, what a reload answers, and the reloads that were asked for.
  ConfigStanding config{3, "c0ffee", noon(), {}, {}};
  ReloadReport reload_report;
  std::vector<bool> reloads;
  asio::awaitable<ReloadReport> reload(bool check) {
    reloads.push_back(check);
    co_return reload_report;
  }

  std::function<base::Result<std::string>(const TokenClaims&)> make_token;

  Dependencies dependencies() {
    Dependencies made{engine,
                      store,
                      clock,
                      random,
                      log,
                      metrics,
                      [this] { return keys; },
                      [this] { return plugins; },
                      [this] { return readiness; },
                      [this] { return domains; },
                      [this](base::Name name, bool any_domain) { return prove(std::move(name), any_domain); },
                      [this](const base::Name&, const state::Proof& proof) {
                        linted.push_back(proof.value);
                        return lint;
                      },
                      [this] { return config; },
                      [this](bool check) { return reload(check); }};
    made.make_token = make_token;
    made.feed = &feed;
    return made;
  }
};

class ApiTest : public ::testing::Test {
 protected:
  asio::io_context context;  // who still waits in the world is told of its end here
  World world;
  Limits limits;
  RateLimit rate;
  std::unique_ptr<Service> service_;

  Service& service() {
    if (!service_) service_ = std::make_unique<Service>(world.dependencies(), limits, rate);
    return *service_;
  }

  struct Call {
    std::string method = "GET";
    std::string target;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string key = "secret";
    std::string peer = "192.0.2.1";
  };

  static void fill(const Call& call, Request& request) {
    const std::size_t mark = std::min(call.target.find('?'), call.target.size());
    request.method = call.method;
    request.path = call.target.substr(0, mark);
    request.query = call.target.substr(std::min(mark + 1, call.target.size()));
    request.body = call.body;
    request.peer = asio::ip::make_address(call.peer);
    if (!call.key.empty()) request.headers.add("authorization", "Bearer " + call.key);
    if (!call.body.empty()) request.headers.add("content-type", "application/json");
    for (const auto& [name, value] : call.headers) request.headers.add(name, value);
  }

  // Starts the call; `out` is filled when its answer is there.
  void start(const Call& call, std::optional<Response>& out) {
    auto request = std::make_shared<Request>();
    fill(call, *request);
    asio::co_spawn(
        context,
        [](Service& on, std::shared_ptr<Request> with, std::optional<Response>& to) -> asio::awaitable<void> {
          Response response = co_await on.handle(*with);
          to = std::move(response);
        }(service(), request, out),
        [](std::exception_ptr error) { EXPECT_FALSE(error); });
    turn();
  }
  void turn() {
    context.restart();
    context.poll();
  }

  Response call(const Call& call) {
    std::optional<Response> out;
    start(call, out);
    EXPECT_TRUE(out) << call.method << " " << call.target << " did not answer";
    return out ? *out : Response{};
  }
  Response get(std::string target) { return call(Call{"GET", std::move(target), {}, {}}); }
  Response post(std::string target, std::string body) {
    return call(Call{"POST", std::move(target), std::move(body), {}});
  }
};

inline json::object object_of(const Response& response) {
  boost::system::error_code error;
  json::value value = json::parse(response.body, error);
  EXPECT_FALSE(error) << response.body;
  return value.is_object() ? value.get_object() : json::object{};
}

inline std::string text_of(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value && value->is_string() ? std::string{value->get_string()} : "(none)";
}

inline std::string header_of(const Response& response, std::string_view name) {
  const std::string* value = response.headers.find(name);
  return value ? *value : "(none)";
}

}  // namespace paynamed::api
