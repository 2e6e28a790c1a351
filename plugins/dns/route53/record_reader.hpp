// RecordReader: the record sets at names of one hosted zone. Those who wait share answers: a page of the
// zone's list, which begins at one of the names, answers every name that it covers; so n names cost at most n
// requests, and names that stand close together n / 300.
//
// Threads: on the strand.
#pragma once

#include <map>
#include <memory>

#include "api.hpp"

namespace paynamed::route53 {

class RecordReader {
 public:
  using Then = std::function<void(Result<std::vector<RecordSet>>)>;

  // Those whom nobody waits for are gathered for `gather` after the request before, unless they are many.
  RecordReader(Host host, Api& api, std::string zone_id, std::chrono::nanoseconds gather)
      : host_(std::move(host)), api_(api), zone_id_(std::move(zone_id)), gather_(gather) {}

  // All sets at `name` (in Route 53's form), as they were at some moment after this call.
  void read(const std::string& name, const Call& call, Then then);
  // Whoever waits is told that nothing was done.
  void stop();

 private:
  struct Waiter;
  struct Request;
  using Waiters = std::multimap<std::string, std::shared_ptr<Waiter>>;

  void pump();
  Waiters::iterator choose();
  void ask(const std::shared_ptr<Request>& request);
  void on_page(const std::shared_ptr<Request>& request, const ListPage& page);
  // Takes those out of `waiting_` whom a request of this turn may answer.
  std::vector<std::shared_ptr<Waiter>> take(Waiters::iterator first, Waiters::iterator last,
                                            std::uint64_t turn);
  void finish(const std::vector<std::shared_ptr<Waiter>>& waiters, const Error& error);
  void drop_done();
  bool gathers();

  Host host_;
  Api& api_;
  std::string zone_id_;
  Waiters waiting_;         // by the order of their names
  std::string scanned_to_;  // where the next page for nobody in particular begins
  std::chrono::nanoseconds gather_;
  std::chrono::nanoseconds next_background_{0};  // not before, on the monotonic clock
  bool wakes_ = false;                           // a timer pumps at that time
  bool asking_ = false;
  std::uint64_t turn_ = 0;
};

}  // namespace paynamed::route53
