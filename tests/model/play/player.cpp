#include "tests/model/play/player.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <fstream>

#include "tests/model/daemon/parts.hpp"

namespace paynamed::model {
namespace json = boost::json;

namespace {

constexpr std::size_t kTraced = 60;
// In real time: the machine may be slow, a daemon that does not come to rest is stuck.
constexpr std::chrono::seconds kPatience{60};
constexpr std::string_view kBeforeOffer = "bitcoin:?lno=";

std::string text(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found == nullptr || !found->is_string() ? std::string{} : std::string(found->get_string());
}

LifeSettings life_settings(const PlaySettings& settings) {
  LifeSettings life;
  life.parts = {settings.folder, settings.module_folder, settings.folder + "/lightning-rpc", 1};
  life.log_file = settings.folder + "/daemon.log";
  return life;
}

}  // namespace

Player::Player(const PlaySettings& settings, World& world)
    : settings_(settings),
      world_(world),
      random_(settings.seed),
      node_(world, settings.seed, settings.seed % 2 == 0),
      door_(io_, world, node_, settings.folder + "/lightning-rpc"),
      daemon_(io_, world, life_settings(settings)) {
  node_.on_paid = [this](const NodeInvoice& invoice) { door_.paid(invoice); };
  door_.kill_daemon = [this] {
    note("the daemon is killed at this call");
    daemon_.kill();
  };
  daemon_.on_line = [this](const json::object& line) { heard(line); };
  daemon_.on_death = [this](const std::string& how) { died(how); };
}

Player::~Player() {
  daemon_.on_death = nullptr;
}

void Player::play() {
  door_.open();
  begin_daemon();
  for (step_ = 1; step_ <= settings_.steps; ++step_) step();
  note("the end");
  settle();
  compare_old_offers();
}

void Player::note(std::string line) {
  trace_.push_back(
      fmt::format("{:>5} {:>8}s  {}", step_, world_.now_ms.load() / 1'000 - 1'800'000'000, line));
  if (trace_.size() > kTraced) trace_.pop_front();
}

std::string Player::trace() const {
  return fmt::format("{}", fmt::join(trace_, "\n"));
}

std::string Player::daemon_log() const {
  std::ifstream file(settings_.folder + "/daemon.log");
  std::deque<std::string> last;
  for (std::string line; std::getline(file, line);) {
    last.push_back(line);
    if (last.size() > kTraced) last.pop_front();
  }
  return fmt::format("{}", fmt::join(last, "\n"));
}

void Player::ask(Request request) {
  const std::uint64_t id = next_id_++;
  request.line["id"] = id;
  daemon_.send(request.line);
  requests_[id] = std::move(request);
}

void Player::heard(const json::object& line) {
  if (line.contains("time")) return door_.time_passed();
  const auto id = line.at("id").to_number<std::uint64_t>();
  const auto found = requests_.find(id);
  if (found == requests_.end()) {
    answers_[id] = line;
    return;
  }
  const Request request = std::move(found->second);
  requests_.erase(found);
  answered(request, line);
}

void Player::answered(const Request& request, const json::object& answer) {
  const std::string code = text(answer, "code");
  note(fmt::format("  answer to {} {}: {} {}", text(request.line, "do"),
                   request.reference.empty() ? request.name : request.reference, code.empty() ? "yes" : code,
                   text(answer, "message")));
  if (code == "INTERNAL" || code == "UNKNOWN" || code == "DATA_LOSS")
    throw Finding(fmt::format("the daemon answers {} to {}: {}", code, json::serialize(request.line),
                              text(answer, "message")));
  if (!request.reference.empty()) return wish_answered(model_.wishes.at(request.reference), answer);
  Name& name = model_.names.at(request.name);
  name.asked = false;
  if (!code.empty()) return;
  name.state = text(request.line, "do") == "remove" ? Name::State::kRemoved : Name::State::kLive;
}

void Player::wish_answered(Wish& wish, const json::object& answer) {
  const std::string code = text(answer, "code");
  if (code == "DEADLINE_EXCEEDED") {
    wish.answer = Wish::Answer::kUnknown;
  } else if (!code.empty()) {
    wish.answer = Wish::Answer::kNotMade;
    wish.why = code + ": " + text(answer, "message");
  } else {
    wish.answer = Wish::Answer::kMade;
    wish.id = text(answer, "invoice");
    wish.bolt11 = text(answer, "bolt11");
    wish.payment_hash = text(answer, "payment_hash");
    wish.expires_ms = answer.at("expires_ms").to_number<std::int64_t>();
  }
}

void Player::died(const std::string& how) {
  note("  the daemon is dead" + (how.empty() ? how : ": " + how));
  death_ = how;
  door_.cut();
  for (auto& [id, request] : requests_) unanswered_.push_back(std::move(request));
  requests_.clear();
}

void Player::saw_names(const json::array& rows) {
  busy_.clear();
  for (const json::value& each : rows) {
    const json::object& row = each.as_object();
    const std::string name = text(row, "name");
    if (row.at("busy").as_bool()) busy_.insert(name);
    const std::string value = text(row, "value");
    const bool has_offer = value.starts_with(kBeforeOffer);
    const std::string problem = model_.saw(name, has_offer ? text(row, "offer_id") : std::string{},
                                           has_offer ? value.substr(kBeforeOffer.size()) : std::string{});
    if (!problem.empty()) throw Finding(problem);
    if (has_offer && node_.find_offer(text(row, "offer_id")) == nullptr) {
      if (restored_ms_ == 0)
        throw Finding(fmt::format("{} stands in DNS with an offer that its node has not", name));
      model_.offers.at(text(row, "offer_id")).lost = true;
    }
  }
}

void Player::until(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!done()) {
    io_.restart();
    io_.run_one_for(std::chrono::milliseconds{50});
    if (std::chrono::steady_clock::now() > end) throw Finding("the daemon does not come to rest");
  }
  if (!death_.empty()) throw Finding("the daemon died: " + death_);
}

json::object Player::ask_and_wait(json::object line) {
  const std::uint64_t id = next_id_++;
  line["id"] = id;
  daemon_.send(line);
  until([&] { return answers_.contains(id) || !daemon_.lives(); });
  const auto found = answers_.find(id);
  if (found == answers_.end()) return {};
  json::object answer = std::move(found->second);
  answers_.erase(found);
  return answer;
}

// Time goes on for all; while the daemon is dead it is the play that moves it.
void Player::pass(std::int64_t ms) {
  if (daemon_.lives()) {
    const std::int64_t end = world_.now_ms + ms;
    const json::object passed = ask_and_wait({{"do", "pass"}, {"ms", ms}});
    if (daemon_.lives()) return saw_names(passed.at("names").as_array());
    ms = end - world_.now_ms;
  }
  world_.now_ms += ms;
  door_.time_passed();
}

}  // namespace paynamed::model
