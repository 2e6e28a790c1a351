// Customer: somebody at the REST API who repeats a request until it is answered, and remembers what was
// answered.
//
// Threads: one thread at a time; several customers may share an Account.
#pragma once

#include <boost/json/value.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/e2e/crash/account.hpp"

namespace paynamed::crash {

// The daemon did not answer: it is dead.
struct NoAnswer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Answer {
  unsigned status = 0;
  boost::json::value body;
};

class Customer {
 public:
  Customer(std::string address, std::string key, Account& account)
      : url_("http://" + std::move(address)), key_(std::move(key)), account_(account) {}

  // Throws NoAnswer.
  Answer send(const std::string& method, const std::string& target, const std::string& body = {},
              const std::string& idempotency_key = {}, int wait_seconds = 0);

  // One thing that is asked for, whose repetition asks for the same.
  struct Order {
    std::string method;
    std::string target;
    std::string body;
    std::string key;
    std::string name;
  };
  static Order registration(const std::string& name);
  static Order rotation(const std::string& name);
  static Order new_source(const std::string& name, const std::string& uri);
  static Order repair(const std::string& name);
  static Order removal(const std::string& name);

  // Sends it and gives the run's id. Anything but an acknowledgement is noted as a broken promise and gives
  // "".
  std::string place(const Order& order);
  // Waits until its run is at rest and gives the state: "completed", "compensated", "paused".
  std::string rest(const Order& order);
  // place(), then rest().
  std::string carry_through(const Order& order);

  // Waits until an event of this type about this name is there (or the run rests without it).
  void await_event(const std::string& name, const std::string& type);
  // Reads all events that are new to the account.
  void read_events();

 private:
  std::string url_;
  std::string key_;
  Account& account_;
};

}  // namespace paynamed::crash
