#include "client.hpp"

#include <algorithm>
#include <utility>

#include "worker.hpp"

namespace paynamed::websocket {
namespace {

constexpr double kCommandsAtOnce = 64;
constexpr double kCommandsPerSecond = 4;

bool passes(Code code) {
  return code == Code::kUnavailable || code == Code::kResourceExhausted || code == Code::kDeadlineExceeded;
}

}  // namespace

Client::Client(Worker& worker, Transport& transport, std::string peer)
    : worker_(worker), transport_(transport), peer_(std::move(peer)), commands_(kCommandsAtOnce) {}

Client::~Client() {
  gone();
}

void Client::identify(std::string_view credential, std::function<void(const Result<Connected>&)> then) {
  checking_ = true;
  worker_.check(credential, peer_, false,
                [this, alive = std::weak_ptr(alive_), brought = std::string(credential),
                 then = std::move(then)](const Result<CheckCallerReply>& checked) {
                  if (alive.expired()) return;
                  checking_ = false;
                  const auto connected = take_up(checked);
                  if (connected.ok()) {
                    credential_ = brought;
                    plan_check();
                  }
                  then(connected);
                });
}

// Those who came in one moment are not all asked after in one.
void Client::plan_check() {
  const auto interval = worker_.settings().check_interval;
  check_at_ = worker_.now() + interval / 2 + worker_.random_time(interval);
}

void Client::check_again() {
  checking_again_ = true;
  worker_.check(
      credential_, peer_, true,
      [this, alive = std::weak_ptr(alive_), asked = credential_](const Result<CheckCallerReply>& checked) {
        if (alive.expired()) return;
        checking_again_ = false;
        // Another one may have come meanwhile.
        if (asked == credential_) checked_again(checked);
      });
}

// An answer that says nothing of the credential leaves everything as it is.
void Client::checked_again(const Result<CheckCallerReply>& checked) {
  plan_check();
  if (checked.ok()) {
    if (checked.value().tenant() != who_->tenant)
      transport_.close(CloseCode::kOtherTenant, close_reason("other_tenant"));
    return;
  }
  if (checked.error().code() != Code::kUnauthenticated) return;
  if (is_token()) return transport_.close(CloseCode::kExpired, close_reason("expired"));
  transport_.close(CloseCode::kRefused, close_reason("refused"));
}

Result<Connected> Client::take_up(const Result<CheckCallerReply>& checked) {
  if (!checked.ok()) return checked.error();
  const CheckCallerReply& caller = checked.value();
  Connected connected;
  connected.tenant = caller.tenant();
  connected.names = {caller.names().begin(), caller.names().end()};
  connected.types = {caller.types().begin(), caller.types().end()};
  connected.expires_ms = caller.expires_ms();
  auto scope = Filter::make(connected.types, connected.names);
  if (!scope.ok()) return Error(Code::kInternal, "what the credential is bound to cannot be read");
  if (who_ && who_->tenant != connected.tenant)
    return Error(Code::kPermissionDenied, "this connection is another tenant's; open another one");
  if (!who_ && !worker_.places().enter_tenant(connected.tenant))
    return Error(Code::kResourceExhausted, "the tenant has as many connections as it may have", {}, 60'000);
  who_ = connected;
  scope_ = std::move(scope).value();
  return connected;
}

void Client::opened() {
  open_ = true;
  auth_until_ = worker_.now() + worker_.settings().auth_timeout;
  refilled_ = worker_.now();
  if (who_) push_text(connected_text(std::nullopt, *who_));
  flush();
}

void Client::gone() {
  open_ = false;
  alive_.reset();
  if (hub_) {
    for (const auto& subscription : subscriptions_) hub_->remove(subscription);
    worker_.leave_hub(who_->tenant, hub_);
    hub_.reset();
  }
  subscriptions_.clear();
  if (who_) worker_.places().leave_tenant(who_->tenant);
  who_.reset();
}

bool Client::may_ask() {
  const std::chrono::duration<double> passed = worker_.now() - refilled_;
  refilled_ = worker_.now();
  commands_ = std::min(kCommandsAtOnce, commands_ + passed.count() * kCommandsPerSecond);
  if (commands_ < 1) return false;
  commands_ -= 1;
  return true;
}

void Client::on_message(std::string_view text) {
  if (!may_ask()) return transport_.close(CloseCode::kTooMany, close_reason("too_many_commands", 10'000));
  const auto command = read_command(text);
  if (!command.ok()) {
    push_text(error_text(std::nullopt, command.error(), false));
    return transport_.close(CloseCode::kBadMessage, close_reason("bad_message"));
  }
  run(command.value());
  flush();
}

void Client::run(const Command& command) {
  if (std::holds_alternative<PingCommand>(command.what)) return push_text(pong_text(command.id));
  if (const auto* auth = std::get_if<AuthCommand>(&command.what)) return run_auth(command.id, *auth);
  if (!who_) {
    return reply_error(
        command.id, Error(Code::kUnauthenticated, "say who you are first: {\"auth\": \"<key or token>\"}"));
  }
  if (const auto* subscribe = std::get_if<SubscribeCommand>(&command.what))
    return run_subscribe(command.id, *subscribe);
  run_unsubscribe(command.id, std::get<UnsubscribeCommand>(command.what));
}

void Client::run_auth(ReplyId id, const AuthCommand& command) {
  if (checking_) return reply_error(id, Error(Code::kAborted, "another credential is being looked at"), true);
  identify(command.credential, [this, id](const Result<Connected>& connected) {
    if (connected.ok()) {
      push_text(connected_text(id, connected.value()));
    } else {
      refuse_credential(id, connected.error());
    }
    flush();
  });
}

// Who is here by a credential that counts stays when another one does not.
void Client::refuse_credential(ReplyId id, const Error& error) {
  reply_error(id, error, passes(error.code()));
  if (who_ && error.code() != Code::kPermissionDenied) return;
  if (error.code() == Code::kPermissionDenied)
    return transport_.close(CloseCode::kOtherTenant, close_reason("other_tenant"));
  if (error.detail() == "expired") return transport_.close(CloseCode::kExpired, close_reason("expired"));
  if (passes(error.code())) {
    return transport_.close(CloseCode::kUnavailable,
                            close_reason("unavailable", std::max(error.retry_after_ms(), 1'000U)));
  }
  transport_.close(CloseCode::kRefused, close_reason("refused"));
}

std::uint32_t Client::free_number() const {
  std::uint32_t number = 1;
  while (std::ranges::any_of(subscriptions_, [&](const auto& each) { return each->number == number; }))
    ++number;
  return number;
}

void Client::run_subscribe(ReplyId id, const SubscribeCommand& command) {
  if (subscriptions_.size() >= worker_.settings().most_subscriptions)
    return reply_error(
        id, Error(Code::kResourceExhausted, "this connection has as many subscriptions as it may have"));
  auto filter = Filter::make(command.types, command.names);
  if (!filter.ok()) return reply_error(id, filter.error());
  if (const std::string name = filter.value().name_outside(scope_); !name.empty())
    return reply_error(id, Error(Code::kPermissionDenied, "the token does not let you see " + name));
  const auto subscription = std::make_shared<Subscription>();
  subscription->client = this;
  subscription->number = free_number();
  subscription->id = id;
  subscription->filter = std::move(filter).value();
  subscription->after = command.after;
  subscriptions_.push_back(subscription);
  if (!hub_) hub_ = worker_.enter_hub(who_->tenant);
  hub_->add(subscription);
}

void Client::run_unsubscribe(ReplyId id, const UnsubscribeCommand& command) {
  const auto found = std::ranges::find_if(subscriptions_, [&](const auto& each) {
    return each->number == command.subscription && each->confirmed;
  });
  if (found == subscriptions_.end())
    return reply_error(id, Error(Code::kNotFound, "there is no such subscription"));
  hub_->remove(*found);
  subscriptions_.erase(found);
  push_text(unsubscribed_text(id, command.subscription));
}

void Client::reply_error(ReplyId id, const Error& error, bool temporary) {
  push_text(error_text(id, error, temporary));
}

void Client::drained() {
  const bool waits = std::ranges::any_of(
      subscriptions_, [](const auto& each) { return each->state == Subscription::State::kWaiting; });
  if (!hub_ || !waits) return;
  const auto all = subscriptions_;
  for (const auto& subscription : all) hub_->resume(subscription);
}

void Client::tick(std::chrono::nanoseconds now, std::chrono::milliseconds wall) {
  if (!open_) return;
  if (!who_ && now >= auth_until_ && !checking_)
    return transport_.close(CloseCode::kNoCredential, close_reason("no_credential"));
  if (who_ && is_token() && wall.count() >= who_->expires_ms)
    return transport_.close(CloseCode::kExpired, close_reason("expired"));
  // Some wait for what all may hold together, which nobody says to each.
  if (transport_.outbox().empty()) drained();
  if (who_ && !checking_again_ && now >= check_at_) check_again();
}

bool Client::has_room() const {
  return open_ && transport_.outbox().bytes() < worker_.settings().queue_bytes / 4;
}

bool Client::overflows(std::size_t more) const {
  const std::size_t waiting = transport_.outbox().bytes();
  return waiting > 0 && waiting + more > worker_.settings().queue_bytes;
}

void Client::push(Slice slice) {
  if (open_) transport_.outbox().push(std::move(slice));
}

void Client::push_text(const std::string& text) {
  if (open_) transport_.outbox().push(text_slice(text));
}

void Client::forget(std::uint32_t number) {
  std::erase_if(subscriptions_, [&](const auto& each) { return each->number == number; });
}

void Client::confirm(std::uint32_t number, ReplyId id, Position position) {
  push_text(subscribed_text(id, number, position));
}

void Client::not_recovered(std::uint32_t number, ReplyId id, Position head) {
  forget(number);
  push_text(not_recovered_text(id, head));
  flush();
}

void Client::refused(std::uint32_t number, ReplyId id, const Error& error) {
  forget(number);
  reply_error(id, error, passes(error.code()));
  flush();
}

void Client::position_lost() {
  transport_.close(CloseCode::kPositionLost, close_reason("position_lost", 1'000));
}

}  // namespace paynamed::websocket
