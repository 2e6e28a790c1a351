#include "tests/model/node/door.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <ranges>

namespace paynamed::model {
namespace asio = boost::asio;
namespace json = boost::json;
using Protocol = asio::local::stream_protocol;

std::string_view to_string(FaultKind kind) {
  switch (kind) {
    case FaultKind::kReset:
      return "reset";
    case FaultKind::kLoseReply:
      return "lose_reply";
    case FaultKind::kHang:
      return "hang";
    case FaultKind::kSlow:
      return "slow";
    case FaultKind::kDuplicate:
      return "duplicate";
    case FaultKind::kGarbage:
      return "garbage";
    case FaultKind::kError:
      return "error";
    case FaultKind::kUnknown:
      return "unknown";
    case FaultKind::kHollow:
      return "hollow";
    case FaultKind::kDieBefore:
      return "die_before";
    case FaultKind::kDieAfter:
      return "die_after";
  }
  return "?";
}

struct Door::Session {
  explicit Session(Protocol::socket connection) : socket(std::move(connection)) {}
  Protocol::socket socket;
  std::string text;
  std::array<char, 16'384> buffer{};
};

Door::Door(asio::io_context& io, World& world, LnNode& node, std::string path)
    : io_(io), world_(world), node_(node), commands_(node), path_(std::move(path)) {}

Door::~Door() = default;

void Door::open() {
  if (acceptor_) return;
  ::unlink(path_.c_str());
  acceptor_.emplace(io_, Protocol::endpoint{path_});
  accept();
}

void Door::close() {
  acceptor_.reset();
  ::unlink(path_.c_str());
  cut();
}

void Door::cut() {
  waiting_.clear();
  for (const SessionPtr& each : sessions_) each->socket.close();
  sessions_.clear();
  tell_world();
}

void Door::accept() {
  acceptor_->async_accept([this](boost::system::error_code error, Protocol::socket socket) {
    if (error || !acceptor_) return;
    auto session = std::make_shared<Session>(std::move(socket));
    sessions_.push_back(session);
    read(session);
    accept();
  });
}

// One request a connection, as the plugin does; lightningd allows more.
void Door::read(const SessionPtr& session) {
  session->socket.async_read_some(asio::buffer(session->buffer),
                                  [this, session](boost::system::error_code error, std::size_t size) {
                                    if (error) return drop(session);
                                    session->text.append(session->buffer.data(), size);
                                    boost::json::error_code wrong;
                                    const json::value request = json::parse(session->text, wrong);
                                    if (wrong == json::error::incomplete) return read(session);
                                    if (wrong)
                                      throw std::logic_error("the node was sent no JSON: " + session->text);
                                    called(session, request.as_object());
                                  });
}

std::optional<Fault> Door::take(const std::string& method) {
  const auto found = std::ranges::find_if(
      ordered_, [&](const Fault& each) { return each.method == method || each.method == "*"; });
  if (found == ordered_.end()) return std::nullopt;
  Fault fault = std::move(*found);
  ordered_.erase(found);
  return fault;
}

void Door::called(const SessionPtr& session, const json::object& request) {
  const std::string method(request.at("method").as_string());
  const auto fault = take(method);
  if (!fault) return serve(session, request, fault);
  const std::int64_t later = world_.now_ms + static_cast<std::int64_t>(fault->seconds) * 1'000;
  switch (fault->kind) {
    case FaultKind::kReset:
      return drop(session);
    case FaultKind::kHang:
      return wait({session, request, later, false, [this, session] { drop(session); }});
    case FaultKind::kSlow:
      return wait(
          {session, request, later, false, [this, session, request] { serve(session, request, {}); }});
    case FaultKind::kError:
      return refuse(session, request, fault->code, "a failure that the play wanted");
    case FaultKind::kDieBefore:
      return kill_daemon();
    default:
      return serve(session, request, fault);
  }
}

void Door::serve(const SessionPtr& session, const json::object& request, const std::optional<Fault>& fault) {
  const std::string method(request.at("method").as_string());
  const json::value* params = request.if_contains("params");
  if (method == "waitanyinvoice") return wait_any(session, request, fault);
  try {
    const json::object asked = params == nullptr ? json::object{} : params->as_object();
    json::object result = commands_.run(method, asked);
    if (fault && fault->kind == FaultKind::kDuplicate) result = commands_.run(method, asked);
    answer(session, request, std::move(result), fault);
  } catch (const RpcRefusal& refusal) {
    refuse(session, request, refusal.code, refusal.what());
  }
}

void Door::wait_any(const SessionPtr& session, const json::object& request,
                    const std::optional<Fault>& fault) {
  const auto terms = commands_.wait_terms(request.at("params").as_object());
  if (fault && fault->kind == FaultKind::kHollow) {
    if (const auto unpaid = hollow()) {
      json::object told = LnNode::shown(*unpaid);
      told.erase("status");
      told["pay_index"] = node_.pay_index() + 1;
      told["amount_received_msat"] = unpaid->amount_msat.value_or(1'000);
      told["paid_at"] = node_.now();
      return answer(session, request, std::move(told), {});
    }
  }
  if (const NodeInvoice* there = node_.paid_after(terms.after))
    return answer(session, request, LnNode::shown(*there), fault);
  const auto timed_out = [this, session, request] {
    refuse(session, request, 904, "Timed out while waiting for invoice to be paid");
  };
  if (terms.timeout_seconds == 0U) return timed_out();
  const std::int64_t until = terms.timeout_seconds
                                 ? world_.now_ms + static_cast<std::int64_t>(*terms.timeout_seconds) * 1'000
                                 : World::kNever;
  wait({session, request, until, true, timed_out});
}

// The newest invoice that can still be paid.
std::optional<NodeInvoice> Door::hollow() const {
  for (const NodeInvoice& each : std::views::reverse(node_.invoices())) {
    if (each.status == InvoiceStatus::kUnpaid && !each.bolt11.empty()) return each;
  }
  return std::nullopt;
}

void Door::wait(Waiting waiting) {
  waiting_.push_back(std::move(waiting));
  tell_world();
}

void Door::paid(const NodeInvoice& invoice) {
  std::vector<Waiting> woken;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (!at->for_payment) {
      ++at;
      continue;
    }
    woken.push_back(std::move(*at));
    at = waiting_.erase(at);
  }
  // Before the answer is on its way.
  tell_world();
  for (const Waiting& each : woken) answer(each.session, each.request, LnNode::shown(invoice), {});
}

void Door::time_passed() {
  std::vector<Waiting> due;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (at->until_ms > world_.now_ms) {
      ++at;
      continue;
    }
    due.push_back(std::move(*at));
    at = waiting_.erase(at);
  }
  tell_world();
  for (const Waiting& each : due) each.then();
}

void Door::tell_world() {
  std::int64_t next = World::kNever;
  for (const Waiting& each : waiting_) next = std::min(next, each.until_ms);
  world_.waiting = static_cast<std::int64_t>(waiting_.size());
  world_.next_ms = next;
}

void Door::answer(const SessionPtr& session, const json::object& request, json::object result,
                  const std::optional<Fault>& fault) {
  const auto kind = fault ? std::optional{fault->kind} : std::nullopt;
  if (kind == FaultKind::kLoseReply) return drop(session);
  if (kind == FaultKind::kDieAfter) return kill_daemon();
  if (kind == FaultKind::kGarbage) return send(session, R"({"jsonrpc": "2.0", "id": )");
  if (kind == FaultKind::kUnknown && result.contains("status")) result["status"] = "settling";
  const json::object whole{{"jsonrpc", "2.0"}, {"id", request.at("id")}, {"result", std::move(result)}};
  send(session, json::serialize(whole));
}

void Door::refuse(const SessionPtr& session, const json::object& request, std::int64_t code,
                  const std::string& text) {
  const json::object whole{
      {"jsonrpc", "2.0"}, {"id", request.at("id")}, {"error", {{"code", code}, {"message", text}}}};
  send(session, json::serialize(whole));
}

void Door::send(const SessionPtr& session, std::string text) {
  if (!session->socket.is_open()) return;
  auto kept = std::make_shared<std::string>(std::move(text) + "\n\n");
  asio::async_write(session->socket, asio::buffer(*kept),
                    [this, session, kept](boost::system::error_code, std::size_t) { drop(session); });
}

void Door::drop(const SessionPtr& session) {
  session->socket.close();
  sessions_.remove(session);
}

}  // namespace paynamed::model
