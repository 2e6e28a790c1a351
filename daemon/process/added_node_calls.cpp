#include "process/added_node_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

#include "base/broadcast.hpp"
#include "nodes/node_identity.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"
#include "process/node_secrets.hpp"

namespace paynamed::process {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;
using pipeline::PluginAnswer;
using pipeline::PluginCall;

namespace {

// Nothing is made or believed by these; the answer of WatchPayments is judged.
constexpr std::array<std::string_view, 6> kHarmless{"Describe",      "Info",        "Release",
                                                    "WatchPayments", "LookupOffer", "DisableOffer"};
// Their callers make one at a time.
constexpr std::array<std::string_view, 4> kUncounted{"Describe", "Info", "Release", "WatchPayments"};
constexpr std::uint32_t kComeAgainMs = 1'000;

template <std::size_t N>
bool is_among(const std::array<std::string_view, N>& methods, const std::string& method) {
  return std::ranges::find(methods, method) != methods.end();
}

base::Status refusal(const state::NodeRow& added, const std::string& node_id) {
  return base::failed_precondition(nodes::said_of_other(added, node_id));
}

template <class Reply>
std::string node_id_of(const std::string& bytes) {
  Reply reply;
  return reply.ParseFromString(bytes) ? reply.node_id() : std::string{};
}

// Who says in its answer that it is whom; empty: the method does not tell.
std::string node_id_in(const std::string& method, const std::string& reply) {
  if (method == "Info") return node_id_of<v1::NodeInfoReply>(reply);
  if (method == "Provision") return node_id_of<v1::ProvisionReply>(reply);
  if (method == "CreateOffer") return node_id_of<v1::CreateOfferReply>(reply);
  if (method == "WatchPayments") return node_id_of<v1::WatchPaymentsReply>(reply);
  return {};
}

}  // namespace

struct AddedNodeCalls::Turns {
  explicit Turns(base::Clock& clock) : freed(clock) {}
  std::mutex mutex;
  std::map<state::NodePlace, std::size_t> under_way;  // guarded by mutex
  base::Broadcast freed;

  bool take(const state::NodePlace& place) {
    const std::lock_guard lock(mutex);
    std::size_t& calls = under_way[place];
    if (calls >= kMostAtOnce) return false;
    ++calls;
    return true;
  }
  void give_back(const state::NodePlace& place) {
    {
      const std::lock_guard lock(mutex);
      const auto found = under_way.find(place);
      if (--found->second == 0) under_way.erase(found);
    }
    freed.notify();
  }
};

AddedNodeCalls::AddedNodeCalls(nodes::NodeBook& book, base::Clock& clock)
    : book_(book), clock_(clock), turns_(std::make_shared<Turns>(clock)) {}

void AddedNodeCalls::complete(PluginCall& call) {
  add_secret_handles(call, book_);
}

asio::awaitable<base::Result<AddedNodeCalls::Lease>> AddedNodeCalls::admit(const PluginCall& call) {
  const auto added = added_node_of(call, book_);
  if (!added) co_return Lease{};
  const auto other = book_.other_at(added->place);
  if (other && !is_among(kHarmless, call.method)) co_return base::fail(refusal(*added, *other));
  if (is_among(kUncounted, call.method)) co_return Lease{};
  co_return co_await take_turn(added->place, call.timeout);
}

asio::awaitable<base::Result<AddedNodeCalls::Lease>> AddedNodeCalls::take_turn(state::NodePlace place,
                                                                               base::Duration most) {
  const base::MonotonicTime end = clock_.monotonic() + most;
  for (;;) {
    const auto seen = turns_->freed.count();
    if (turns_->take(place)) {
      co_return Lease(turns_.get(), [turns = turns_, place](void*) { turns->give_back(place); });
    }
    const auto left = std::chrono::ceil<base::Duration>(end - clock_.monotonic());
    if (left.count() > 0 && co_await turns_->freed.wait(seen, left)) continue;
    co_return base::fail(base::resource_exhausted(
                             fmt::format("{} calls to the node at {} are under way and do not end; this one "
                                         "was not begun and is made later",
                                         kMostAtOnce, place.reference))
                             .with_retry_after(kComeAgainMs));
  }
}

void AddedNodeCalls::judge(const PluginCall& call, PluginAnswer& answer) {
  if (!answer.reply) return;
  const auto added = added_node_of(call, book_);
  if (!added) return;
  const std::string node_id = node_id_in(call.method, *answer.reply);
  if (node_id.empty()) return;
  book_.saw(added->place, node_id);
  // A look says itself what it means.
  if (call.method == "Info" || !nodes::is_other(*added, node_id)) return;
  answer.reply = base::fail(refusal(*added, node_id));
}

}  // namespace paynamed::process
