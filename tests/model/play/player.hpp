// Player: one play. Chance, from a seed, decides what people ask the daemon for, what is paid at the node,
// and what goes wrong: the daemon is killed, the node restarts, loses answers, hangs, is put back to a
// backup. Every now and then all is well again, and then what the daemon says is compared with the model.
//
// The same seed is the same play: time is the play's own, faults belong to single calls, and a step begins
// when the daemon has come to rest after the one before.
//
// Threads: one thread, and no other in the process.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "tests/model/model.hpp"
#include "tests/model/node/door.hpp"
#include "tests/model/node/ln_node.hpp"
#include "tests/model/play/daemon_process.hpp"

namespace paynamed::model {

// The daemon is not as the model says.
class Finding : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct PlaySettings {
  std::uint64_t seed = 1;
  std::uint64_t steps = 500;
  std::string module_folder;
  std::string folder;  // empty, for this play alone
};

class Player {
 public:
  Player(const PlaySettings& settings, World& world);
  ~Player();

  // Throws Finding.
  void play();

  // The last things that happened, for people.
  std::string trace() const;
  std::string daemon_log() const;
  std::uint64_t steps_done() const { return step_; }

 private:
  // What somebody waits for an answer to.
  struct Request {
    boost::json::object line;
    std::string reference;  // of a wish; or
    std::string name;       // of what is asked of a name
  };
  // What a tenant was told so far.
  struct Told {
    std::uint64_t seq = 0;
    std::map<std::string, boost::json::object> payments;  // payment.received, by pay_key
    std::map<std::string, std::string> invoices;          // references by id
    std::map<std::string, int> paid;                      // invoice.paid, by id
    std::map<std::string, int> expired;
    int resyncs = 0;  // node.resynced
  };
  struct Choice {
    unsigned weight;
    const char* name;
    bool (Player::*act)();  // false: there was nothing to do it with
  };

  // player.cpp: the daemon, and what it answers.
  void ask(Request request);
  void heard(const boost::json::object& line);
  void answered(const Request& request, const boost::json::object& answer);
  void wish_answered(Wish& wish, const boost::json::object& answer);
  void died(const std::string& how);
  void saw_names(const boost::json::array& rows);
  boost::json::object ask_and_wait(boost::json::object line);
  void until(const std::function<bool()>& done);
  void pass(std::int64_t ms);
  void rest() { pass(0); }
  void note(std::string line);
  template <class Container>
  auto& pick(Container& from) {
    return *std::next(from.begin(), static_cast<std::ptrdiff_t>(random_.below(from.size())));
  }

  // steps.cpp: what happens.
  static const std::vector<Choice>& choices();
  void step();
  bool begin_daemon();
  bool register_name();
  bool rotate_name();
  bool remove_name();
  bool want_invoice();
  bool pay_standing_offer();
  bool pay_any_offer();
  bool fetch_invoice();
  bool pay_fetched();
  bool pay_invoice();
  bool pay_stranger();
  bool pay_strangers_offer();
  bool let_time_pass();
  bool kill_daemon();
  bool arm_failpoint();
  bool order_fault();
  bool restart_node();
  bool node_goes_down();
  bool node_comes_up();
  bool back_node_up();
  bool restore_node();
  bool delete_paid();
  bool ask_name(const char* verb, const std::string& name);
  bool pay_offer(const std::string& offer_id);
  void paid_offer(const std::string& offer_id, const NodeInvoice& paid);
  void node_forgot();

  // settle.cpp: all is well, and the daemon is as the model says.
  void settle();
  bool is_settled(std::int64_t since_ms);
  boost::json::object look(const std::string& tenant);
  void compare();
  void read_events(const std::string& tenant, const boost::json::array& events);
  void read_event(Told& told, const std::string& tenant, const boost::json::object& event);
  void compare_payments(const std::string& tenant, const boost::json::object& seen);
  void compare_payment(const std::string& tenant, const boost::json::object& told, const Payment& payment);
  void compare_wishes(const std::string& tenant, const boost::json::object& seen);
  void compare_invoice(const Wish& wish, const std::string& reference, const boost::json::object* row);
  void compare_names(const std::string& tenant, const boost::json::object& seen);
  void compare_node();
  void compare_old_offers();
  bool is_over(const Wish& wish) const;

  const PlaySettings settings_;
  World& world_;
  base::SeededRandom random_;
  boost::asio::io_context io_;
  LnNode node_;
  Door door_;
  DaemonProcess daemon_;
  Model model_;
  std::map<std::string, Told> told_;  // by tenant

  std::uint64_t step_ = 0;
  std::uint64_t lives_ = 0;
  std::uint64_t next_id_ = 1;
  std::uint64_t next_key_ = 1;
  std::map<std::uint64_t, Request> requests_;             // by id
  std::vector<Request> unanswered_;                       // the daemon died over them
  std::map<std::uint64_t, boost::json::object> answers_;  // to what the play itself asked
  std::set<std::string> busy_;                            // names with a run, when it was last looked
  std::vector<std::string> fetched_;                      // payment hashes of invoices for offers
  std::int64_t settled_ms_ = 0;                           // when a settling began
  std::int64_t restored_ms_ = 0;
  std::string death_;      // how it died, when nobody killed it
  std::string unsettled_;  // what is_settled() missed
  std::set<std::string> resumed_;
  std::deque<std::string> trace_;
};

}  // namespace paynamed::model
