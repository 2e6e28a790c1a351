// Client: what one connection is in the protocol: who it is, its subscriptions, what it may still ask.
//
// Threads: of its worker.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "close_code.hpp"
#include "hub.hpp"
#include "outbox.hpp"
#include "paynamed/auth.hpp"
#include "protocol.hpp"

namespace paynamed::websocket {

class Worker;

// The connection below.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Outbox& outbox() = 0;
  // Writes what the outbox has, as far as it can be written.
  virtual void flush() = 0;
  // Nothing of the client's comes or goes any more; the connection ends later, never from within.
  virtual void close(CloseCode code, std::string reason) = 0;
};

class Client final : public Subscriber {
 public:
  Client(Worker& worker, Transport& transport, std::string peer);
  ~Client() override;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Asks who brings `credential`; `then` runs on the worker. What it may see counts from then on.
  void identify(std::string_view credential, std::function<void(const Result<Connected>&)> then);
  // The WebSocket is open.
  void opened();
  void on_message(std::string_view text);
  // The outbox has become short.
  void drained();
  // Nothing more is sent.
  void closing() { open_ = false; }
  // The connection ends: no calls of hubs any more.
  void gone();
  void tick(std::chrono::nanoseconds now, std::chrono::milliseconds wall);

  bool identified() const { return who_.has_value(); }
  std::size_t subscriptions() const { return subscriptions_.size(); }

  const Filter& scope() const override { return scope_; }
  bool has_room() const override;
  bool overflows(std::size_t more) const override;
  void push(Slice slice) override;
  void push_text(const std::string& text) override;
  void flush() override { transport_.flush(); }
  void confirm(std::uint32_t number, ReplyId id, Position position) override;
  void not_recovered(std::uint32_t number, ReplyId id, Position head) override;
  void refused(std::uint32_t number, ReplyId id, const Error& error) override;
  void position_lost() override;

 private:
  Result<Connected> take_up(const Result<CheckCallerReply>& checked);
  void plan_check();
  void check_again();
  void checked_again(const Result<CheckCallerReply>& checked);
  bool is_token() const { return who_->expires_ms != 0; }
  bool may_ask();
  void run(const Command& command);
  void run_auth(ReplyId id, const AuthCommand& command);
  void run_subscribe(ReplyId id, const SubscribeCommand& command);
  void run_unsubscribe(ReplyId id, const UnsubscribeCommand& command);
  void reply_error(ReplyId id, const Error& error, bool temporary = false);
  void forget(std::uint32_t number);
  std::uint32_t free_number() const;
  void refuse_credential(ReplyId id, const Error& error);

  Worker& worker_;
  Transport& transport_;
  const std::string peer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // what waits for an answer looks at it
  bool open_ = false;
  bool checking_ = false;
  std::string credential_;  // what who_ came with
  bool checking_again_ = false;
  std::chrono::nanoseconds check_at_{};
  std::optional<Connected> who_;
  Filter scope_;
  std::shared_ptr<Hub> hub_;
  std::vector<std::shared_ptr<Subscription>> subscriptions_;
  std::chrono::nanoseconds auth_until_{};
  double commands_;  // it may still send
  std::chrono::nanoseconds refilled_{};
};

}  // namespace paynamed::websocket
