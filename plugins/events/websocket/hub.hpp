// Hub: the subscriptions of one tenant at one worker. Those at the end of the log are sent each page that
// follows; those behind read the log by pages, as fast as their clients take them, until they are at the end.
//
//   starting ──▶ reading ◀──▶ waiting for room
//       └──────────┴──▶ live ──too much waits──▶ waiting for room
//
// No page is sent in part, and each event once: a subscription's position says what it was sent.
//
// Threads: of one worker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catch_up_budget.hpp"
#include "page.hpp"
#include "paynamed/error.hpp"
#include "protocol.hpp"

namespace paynamed::websocket {

// The client of a subscription, as the hub sees it.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  virtual const Filter& scope() const = 0;
  // Whether there is room for a page of old events, and for what is new.
  virtual bool has_room() const = 0;
  virtual bool overflows(std::size_t more) const = 0;
  virtual void push(Slice slice) = 0;
  virtual void push_text(const std::string& text) = 0;
  virtual void flush() = 0;
  // The subscription begins after `position`, or does not, and is gone from the hub.
  virtual void confirm(std::uint32_t number, ReplyId id, Position position) = 0;
  virtual void not_recovered(std::uint32_t number, ReplyId id, Position head) = 0;
  virtual void refused(std::uint32_t number, ReplyId id, const Error& error) = 0;
  // The log cannot be read on from its position.
  virtual void position_lost() = 0;
};

struct Subscription {
  enum class State { kStarting, kReading, kWaiting, kLive };
  Subscriber* client = nullptr;  // outlives its place in the hub
  std::uint32_t number = 0;
  ReplyId id;
  Filter filter;
  std::optional<Position> after;  // none: the end of the log
  State state = State::kStarting;
  bool confirmed = false;
  Position position;  // up to where it was sent what it wants
  Position told;      // what its client knows of that
  bool in_hub = false;
  std::size_t index = 0;  // in the hub's list
};

class Hub : public std::enable_shared_from_this<Hub> {
 public:
  using Frames =
      std::shared_ptr<PageFrames>;  // null: the position is not of this log; then `head` is its end
  struct Read {
    Frames frames;
    bool shared = false;  // others are sent the same page
    Position head;
  };
  // Reads a page of old events; `then` runs on the worker, never from within.
  using Reader = std::function<void(const Subscriber& client, Position after,
                                    std::function<void(const Result<Read>&)> then)>;
  // `budget` is of what those who are behind hold of the log.
  Hub(Reader read, std::shared_ptr<CatchUpBudget> budget)
      : read_(std::move(read)), budget_(std::move(budget)) {}

  void add(const std::shared_ptr<Subscription>& subscription);
  void remove(const std::shared_ptr<Subscription>& subscription);
  // Its client has room again.
  void resume(const std::shared_ptr<Subscription>& subscription);

  // As FeedSink.
  void attached(Position end);
  void follows(const SharedPage& page);
  void lost();

  bool empty() const { return subscriptions_.empty(); }
  std::size_t size() const { return subscriptions_.size(); }

 private:
  void begin(const std::shared_ptr<Subscription>& subscription);
  void advance(const std::shared_ptr<Subscription>& subscription);
  void read(const std::shared_ptr<Subscription>& subscription, Position after);
  void arrived(const std::shared_ptr<Subscription>& subscription, const Result<Read>& read);
  void failed(const std::shared_ptr<Subscription>& subscription, const Error& error);
  void confirm(Subscription& subscription, Position position);
  static void send(Subscription& subscription, PageFrames& frames, std::size_t first, bool alone);

  const Reader read_;
  const std::shared_ptr<CatchUpBudget> budget_;
  std::vector<std::shared_ptr<Subscription>> subscriptions_;
  std::optional<Position> end_;  // up to where pages came; none: not attached yet
};

}  // namespace paynamed::websocket
