#include "tests/bench/instant_node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <future>
#include <list>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>

#include "bolt11.hpp"
#include "keys.hpp"

namespace paynamed::bench {
namespace asio = boost::asio;
namespace json = boost::json;
using Socket = asio::local::stream_protocol;

namespace {

constexpr std::uint64_t kReceivedMsat = 5'000;
constexpr std::uint64_t kMostWaitSeconds = 3'600;

std::uint64_t now_seconds() {
  const base::SystemClock clock;
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count());
}

// 64 hex digits that look as random as a hash does.
std::string digits_of(std::uint64_t number, std::uint64_t salt) {
  std::string text;
  for (std::uint64_t part = 0; part < 4; ++part) {
    std::uint64_t mixed = (number * 4 + part + salt * 0x9E3779B97F4A7C15u) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 29)) * 0x94D049BB133111EBu;
    text += fmt::format("{:016x}", mixed ^ (mixed >> 32));
  }
  return text;
}

std::string refusal(std::int64_t code, std::string_view message) {
  return fmt::format(R"("error":{{"code":{},"message":"{}"}})", code, message);
}

std::uint64_t number_of(const json::object& params, std::string_view name) {
  const json::value* value = params.if_contains(name);
  if (value == nullptr) return 0;
  boost::system::error_code wrong;
  const auto number = value->to_number<std::uint64_t>(wrong);
  return wrong ? 0 : number;
}

std::string text_of(const json::object& params, std::string_view name) {
  const json::value* value = params.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{std::string_view{value->get_string()}} : "";
}

}  // namespace

std::string payment_hash_at(std::uint64_t pay_index) {
  return digits_of(pay_index, 1);
}

struct InstantNode::Parts {
  explicit Parts(const std::filesystem::path& socket, std::vector<std::string> offers)
      : offer_ids(std::move(offers)), acceptor(io, Socket::endpoint{socket.string()}) {}

  // The answer, without what is around it; and which payment waitanyinvoice tells of.
  struct Answer {
    std::string text;
    std::uint64_t tells = 0;
  };

  asio::awaitable<void> accept() {
    for (;;) {
      Socket::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
      asio::co_spawn(io, serve(std::move(socket)), asio::detached);
    }
  }

  asio::awaitable<void> serve(Socket::socket socket) {
    std::array<char, 16'384> bytes{};
    json::stream_parser parser;
    for (;;) {
      boost::system::error_code over;
      const std::size_t got = co_await socket.async_read_some(
          asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, over));
      if (over) co_return;
      parser.write(bytes.data(), got, over);
      if (over) co_return;
      if (!parser.done()) continue;
      const json::value request = parser.release();
      parser.reset();
      const Answer answer = co_await answered(request);
      const std::string text =
          fmt::format(R"({{"jsonrpc":"2.0","id":{},{}}})", json::serialize(request.at("id")), answer.text) +
          "\n\n";
      if (answer.tells != 0) told.emplace(answer.tells, clock.monotonic());
      co_await asio::async_write(socket, asio::buffer(text), asio::redirect_error(asio::use_awaitable, over));
      if (over) co_return;
    }
  }

  asio::awaitable<Answer> answered(const json::value& request) {
    const std::string method{std::string_view{request.at("method").as_string()}};
    const json::object& params = request.at("params").as_object();
    ++counts[method];
    Answer answer;
    if (method == "waitanyinvoice") {
      answer = co_await wait_any(number_of(params, "lastpay_index"), number_of(params, "timeout"));
    } else if (method == "getinfo") {
      answer.text = fmt::format(
          R"("result":{{"id":"{}","alias":"BENCH","version":"v26.06.6","network":"regtest","blockheight":110}})",
          id);
    } else if (method == "invoice") {
      answer.text = make_invoice(params);
    } else if (method == "listinvoices") {
      answer.text = list_invoices(params);
    } else if (method == "listfunds") {
      answer.text = R"("result":{"outputs":[],"channels":[]})";
    } else {
      answer.text = refusal(-32601, "Unknown command");
    }
    co_return answer;
  }

  asio::awaitable<Answer> wait_any(std::uint64_t after, std::uint64_t timeout) {
    if (after >= paid && timeout > 0) {
      const std::chrono::seconds most{std::min(timeout, kMostWaitSeconds)};
      const auto waiter = waiters.emplace(waiters.end(), io, most);
      boost::system::error_code woken;
      co_await waiter->async_wait(asio::redirect_error(asio::use_awaitable, woken));
      waiters.erase(waiter);
    }
    Answer answer;
    if (after < paid) {
      answer.tells = after + 1;
      answer.text = fmt::format(R"("result":{})", paid_row(after + 1));
    } else {
      answer.text = refusal(904, "Timed out while waiting for invoice to be paid");
    }
    co_return answer;
  }

  // As listinvoices and waitanyinvoice show it. All were paid in the order of their pay_index, so it is their
  // updated_index as well.
  std::string paid_row(std::uint64_t index) const {
    const std::string& offer = offer_ids[index % offer_ids.size()];
    return fmt::format(
        R"({{"label":"{}-02{}-0","description":"Pay somebody","payment_hash":"{}","status":"paid",)"
        R"("expires_at":{},"amount_msat":{},"bolt12":"{}","local_offer_id":"{}","pay_index":{},)"
        R"("amount_received_msat":{},"paid_at":{},"payment_preimage":"{}","created_index":{},"updated_index":{}}})",
        offer, digits_of(index, 2), payment_hash_at(index), paid_at + 7'200, kReceivedMsat, bolt12, offer,
        index, kReceivedMsat, paid_at, digits_of(index, 3), index, index);
  }

  std::string make_invoice(const json::object& params) {
    const std::string label = text_of(params, "label");
    if (!labels.insert(label).second) return refusal(900, "Duplicate label");
    sandbox::Bolt11Terms terms;
    terms.amount_msat = number_of(params, "amount_msat");
    terms.timestamp = now_seconds();
    terms.description = text_of(params, "description");
    terms.expiry_seconds = static_cast<std::uint32_t>(number_of(params, "expiry"));
    terms.payment_hash = key.derive_bytes("payment", label);
    terms.payment_secret = key.derive_bytes("secret", label);
    return fmt::format(
        R"("result":{{"payment_hash":"{}","expires_at":{},"bolt11":"{}","payment_secret":"{}",)"
        R"("created_index":{}}})",
        sandbox::to_hex(terms.payment_hash), terms.timestamp + *terms.expiry_seconds,
        sandbox::bolt11_string(terms, key), sandbox::to_hex(terms.payment_secret), labels.size());
  }

  std::string list_invoices(const json::object& params) const {
    if (text_of(params, "index") != "updated") return R"("result":{"invoices":[]})";
    const std::uint64_t from = std::max<std::uint64_t>(number_of(params, "start"), 1);
    const std::uint64_t limit = number_of(params, "limit");
    std::string text = R"("result":{"invoices":[)";
    for (std::uint64_t index = from; index <= paid && index - from < limit; ++index) {
      if (index != from) text += ',';
      text += paid_row(index);
    }
    return text + "]}";
  }

  // Runs `work` on the node's thread and gives back what it does.
  template <class Work>
  auto there(const Work& work) {
    std::packaged_task<decltype(work())()> task(work);
    auto done = task.get_future();
    asio::post(io, [&task] { task(); });
    return done.get();
  }

  // Everything but `io` belongs to the node's thread.
  const base::SystemClock clock;
  asio::io_context io{1};
  const std::vector<std::string> offer_ids;
  Socket::acceptor acceptor;
  const sandbox::Curve curve;
  const sandbox::Key key = sandbox::Key::derive(curve, {}, "bench", "node");
  const std::string id = sandbox::to_hex(key.public_key());
  // As long as an invoice for an offer with one blinded path.
  const std::string bolt12 = "lni1" + std::string(900, 'q');
  std::uint64_t paid = 0;
  std::uint64_t paid_at = now_seconds();
  std::set<std::string> labels;
  std::map<std::uint64_t, base::MonotonicTime> told;
  std::map<std::string, std::uint64_t> counts;
  std::list<asio::steady_timer> waiters;
  std::jthread thread;
};

InstantNode::InstantNode(const std::filesystem::path& socket, std::vector<std::string> offer_ids)
    : parts_(std::make_unique<Parts>(socket, std::move(offer_ids))) {
  asio::co_spawn(parts_->io, parts_->accept(), asio::detached);
  parts_->thread = std::jthread([this] { parts_->io.run(); });
}

InstantNode::~InstantNode() {
  parts_->io.stop();
  parts_->thread.join();
}

std::uint64_t InstantNode::pay(std::uint64_t count) {
  return parts_->there([&] {
    parts_->paid += count;
    parts_->paid_at = now_seconds();
    for (asio::steady_timer& waiter : parts_->waiters) waiter.cancel();
    return parts_->paid;
  });
}

std::optional<base::MonotonicTime> InstantNode::told(std::uint64_t pay_index) const {
  return parts_->there([&]() -> std::optional<base::MonotonicTime> {
    const auto found = parts_->told.find(pay_index);
    if (found == parts_->told.end()) return std::nullopt;
    return found->second;
  });
}

std::uint64_t InstantNode::calls(const std::string& method) const {
  return parts_->there([&] { return parts_->counts[method]; });
}

void ask_for_invoice(const std::filesystem::path& socket, const std::string& label) {
  asio::io_context io;
  Socket::socket connection(io);
  connection.connect(Socket::endpoint{socket.string()});
  const std::string request = fmt::format(
      R"({{"jsonrpc":"2.0","id":"bench","method":"invoice","params":{{"amount_msat":5000,"label":"{}",)"
      R"("description":"two coffees","expiry":3600}}}})",
      label);
  asio::write(connection, asio::buffer(request));
  std::string answer;
  asio::read_until(connection, asio::dynamic_buffer(answer), "\n\n");
  if (answer.find("lnbcrt") == std::string::npos)
    throw std::runtime_error("the node made no invoice: " + answer);
}

}  // namespace paynamed::bench
