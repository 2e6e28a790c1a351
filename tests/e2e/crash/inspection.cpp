#include "tests/e2e/crash/inspection.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/asio/ip/address.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <map>
#include <set>

#include "base/clock.hpp"
#include "base/name.hpp"
#include "net/dns_transport.hpp"
#include "state/sqlite_store.hpp"
#include "tests/integration/dns/run.hpp"

namespace paynamed::crash {
namespace json = boost::json;
namespace {

constexpr std::string_view kTenant = "default";
constexpr std::uint32_t kPage = 1'000;

std::string text_in(const json::value& value, std::string_view key) {
  const auto* object = value.if_object();
  const auto* found = object ? object->if_contains(key) : nullptr;
  return found && found->is_string() ? std::string{found->get_string()} : std::string{};
}

// What the events of one run say.
struct Course {
  int accepted = 0;
  int ended = 0;
  bool first_is_accepted = false;
};

void inspect_events(state::SqliteStore& store, const Account& account, std::vector<std::string>& findings) {
  std::map<std::uint64_t, std::string> stored;
  std::set<std::string> ids;
  std::map<std::string, Course> courses;
  for (state::Position after;;) {
    auto page = store.events_after(kTenant, after, kPage);
    if (!page) {
      findings.push_back("the events cannot be read: " + page.error().message());
      return;
    }
    if (page->events.empty()) break;
    for (const state::Event& event : page->events) {
      if (event.seq != stored.size() + 1) {
        findings.push_back(fmt::format("event {} follows event {}", event.seq, stored.size()));
      }
      stored[event.seq] = event.id.to_string();
      if (!ids.insert(event.id.to_string()).second) {
        findings.push_back(
            fmt::format("event {} has the id of another: {}", event.seq, event.id.to_string()));
      }
      if (!event.run) continue;
      Course& course = courses[event.run->to_string()];
      const bool accepted = event.type == "run.accepted";
      if (accepted && course.accepted == 0 && course.ended == 0) course.first_is_accepted = true;
      if (course.ended > 0) {
        findings.push_back(fmt::format("{} of run {} follows its end", event.type, event.run->to_string()));
      }
      course.accepted += accepted ? 1 : 0;
      course.ended += event.type == "run.completed" || event.type == "run.compensated" ? 1 : 0;
    }
    after = page->next;
  }
  for (const auto& [run, course] : courses) {
    if (course.accepted != 1 || course.ended > 1 || !course.first_is_accepted) {
      findings.push_back(
          fmt::format("run {} was accepted {} times and ended {} times", run, course.accepted, course.ended));
    }
  }
  for (const auto& [run, name] : account.runs()) {
    if (!courses.contains(run))
      findings.push_back(fmt::format("run {} of {} was acknowledged and is lost", run, name));
  }
  for (const auto& [seq, event] : account.events()) {
    const auto found = stored.find(seq);
    if (found == stored.end()) {
      findings.push_back(fmt::format("event {} was served and is lost: {}", seq, event.text));
    } else if (found->second != event.id) {
      findings.push_back(
          fmt::format("event {} was served as {} and is now {}", seq, event.id, found->second));
    }
  }
}

// A node's offers as its own database has them: id -> (name that it was made for, active).
struct NodeOffer {
  std::string name;
  bool active = true;
};
std::map<std::string, NodeOffer> offers_at_node(const std::filesystem::path& ledger) {
  std::map<std::string, NodeOffer> offers;
  std::ifstream in(ledger);
  for (std::string line; std::getline(in, line);) {
    const json::value change = json::parse(line);
    if (const auto* made = change.as_object().if_contains("offer_made")) {
      offers[text_in(*made, "offer_id")] = {text_in(*made, "issuer"), true};
    } else if (const auto* switched = change.as_object().if_contains("offer_switched")) {
      offers[text_in(*switched, "offer_id")].active = switched->at("active").as_bool();
    }
  }
  return offers;
}

class NameInspection {
 public:
  NameInspection(Stage& stage, const NameWithEnding& name, const std::map<std::string, NodeOffer>& at_node,
                 std::vector<std::string>& findings)
      : stage_(stage), name_(name), at_node_(at_node), findings_(findings) {
    const Answer answer = stage.customer().send("GET", "/v1/names/" + name.name);
    if (answer.status == 200) row_ = answer.body;
    if (answer.status != 200 && answer.status != 404) find("is answered {}", answer.status);
  }

  void inspect() {
    const std::string state = row_.is_null() ? "free" : text_in(row_, "state");
    const std::string open_run = text_in(row_, "open_run");
    static const std::map<Ending, std::string> kStates{{Ending::kLive, "live"},
                                                       {Ending::kFree, "free"},
                                                       {Ending::kPaused, "registering"},
                                                       {Ending::kQuarantined, "quarantined"}};
    if (state != kStates.at(name_.ending)) find("is {} and should be {}", state, kStates.at(name_.ending));
    if (open_run.empty() == (name_.ending == Ending::kPaused)) find("has open run '{}'", open_run);
    inspect_record();
    inspect_offers();
    inspect_runs();
  }

 private:
  template <class... Values>
  void find(fmt::format_string<Values...> what, Values&&... values) {
    findings_.push_back(name_.name + " " + fmt::format(what, std::forward<Values>(values)...));
  }

  void inspect_record() {
    const auto records = records_of(stage_.lab(), name_.name);
    std::vector<std::string> wanted;
    if (name_.ending == Ending::kLive) wanted.push_back(text_in(row_, "value"));
    if (!name_.foreign_record.empty()) wanted.push_back(name_.foreign_record);
    if (records != wanted) find("has the records {} and should have {}", records, wanted);
  }

  void inspect_offers() {
    std::map<std::string, std::string> known;
    if (!row_.is_null()) {
      for (const json::value& offer : row_.at("offers").as_array()) {
        known[text_in(offer, "offer_id")] = text_in(offer, "state");
      }
    }
    const std::string current = text_in(row_, "offer_id");
    for (const auto& [id, offer] : at_node_) {
      if (offer.name != name_.name || !offer.active) continue;
      const auto found = known.find(id);
      if (found == known.end()) {
        find("has an orphan: offer {} is payable at the node and unknown to the daemon", id);
      } else if (found->second == "disabled") {
        find("has an orphan: offer {} is payable at the node and disabled for the daemon", id);
      } else if (found->second == "active" && id != current && name_.ending != Ending::kPaused) {
        find("has an orphan: offer {} is active and not the one in DNS, {}", id, current);
      }
    }
    for (const auto& [id, state] : known) {
      const auto found = at_node_.find(id);
      const bool payable = found != at_node_.end() && found->second.active;
      if (state != "disabled" && !payable)
        find("has offer {} {}, but the node does not have it payable", id, state);
    }
  }

  void inspect_runs() {
    const Answer answer = stage_.customer().send("GET", "/v1/runs?limit=500&name=" + name_.name);
    for (const json::value& run : answer.body.at("items").as_array()) {
      const std::string state = text_in(run, "state");
      const bool well = state == "completed" ||
                        ((state == "compensated" || state == "paused") && !text_in(run, "reason").empty());
      if (!well) find("has run {}", json::serialize(run));
    }
  }

  Stage& stage_;
  const NameWithEnding& name_;
  const std::map<std::string, NodeOffer>& at_node_;
  std::vector<std::string>& findings_;
  json::value row_;
};

}  // namespace

std::vector<std::string> inspect_state(const std::filesystem::path& copy, const Account& account) {
  std::vector<std::string> findings;
  base::SystemClock clock;
  state::SqliteStore::Settings settings;
  settings.path = copy.string();
  auto store = state::SqliteStore::open(settings, clock);
  if (!store) return {"the state file cannot be opened: " + store.error().to_string()};
  auto chain = (*store)->verify_chain();
  if (!chain) {
    findings.push_back("the chain cannot be read: " + chain.error().message());
  } else if (chain->broken_offset) {
    findings.push_back(fmt::format("the chain is broken at {}: {}", *chain->broken_offset, chain->problem));
  }
  auto differences = (*store)->compare_rebuilt();
  if (!differences) {
    findings.push_back("the read models cannot be rebuilt: " + differences.error().message());
  } else {
    for (const std::string& line : *differences) findings.push_back("read model: " + line);
  }
  inspect_events(**store, account, findings);
  return findings;
}

std::vector<std::string> inspect_outside(Stage& stage, const std::vector<NameWithEnding>& names) {
  std::vector<std::string> findings;
  Customer customer = stage.customer();
  customer.read_events();
  for (const char* state : {"running", "compensating"}) {
    const Answer open = customer.send("GET", fmt::format("/v1/runs?state={}", state));
    for (const json::value& run : open.body.at("items").as_array()) {
      findings.push_back("this run is not at rest: " + json::serialize(run));
    }
  }
  std::set<std::string> looked_at;
  for (const NameWithEnding& each : names) looked_at.insert(each.name);
  for (const auto& [run, name] : stage.account().runs()) {
    if (!looked_at.contains(name)) continue;
    const Answer answer = customer.send("GET", "/v1/runs/" + run);
    if (answer.status != 200)
      findings.push_back(fmt::format("run {} of {} was acknowledged and is lost", run, name));
  }
  const auto at_node = offers_at_node(stage.ledger());
  for (const NameWithEnding& each : names) NameInspection{stage, each, at_node, findings}.inspect();
  return findings;
}

std::vector<std::string> records_of(const fakes::KnotLab& lab, const std::string& name) {
  static base::SystemClock clock;
  static base::SystemRandom random;
  net::DnsTransport transport{clock, random};
  net::Endpoint server{boost::asio::ip::make_address(lab.addresses().front()), lab.port()};
  net::DnsQuestion question{base::Name::parse(name)->owner_name(), net::DnsType::kTxt};
  auto answer =
      tests::run(transport.query(server, std::move(question), base::Duration{5'000}, net::DnsCarrier::kTcp));
  if (!answer) return {"the DNS server does not answer: " + answer.error().message()};
  std::vector<std::string> values;
  for (const net::DnsRecord& record : answer->answer) {
    if (record.type == net::DnsType::kTxt)
      values.push_back(net::txt_value(record.rdata).value_or("broken rdata"));
  }
  return values;
}

}  // namespace paynamed::crash
