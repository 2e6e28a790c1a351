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
constexpr std::array<std::string_view, 4> kHarmless{"Describe", "Info", "Release", "WatchPayments"};
// About something new. All else is about what is there already: an answer of another node, which has none of
// it, would be believed for good.
constexpr std::array<std::string_view, 6> kNewWork{"Provision",    "CreateOffer", "CreateInvoice",
                                                   "FetchInvoice", "Pay",         "NewAddress"};
// Their callers make one at a time.
constexpr std::array<std::string_view, 4> kUncounted{"Describe", "Info", "Release", "WatchPayments"};
constexpr std::uint32_t kComeAgainMs = 1'000;
constexpr std::size_t kMostStrange = 1'000;

template <std::size_t N>
bool is_among(const std::array<std::string_view, N>& methods, const std::string& method) {
  return std::ranges::find(methods, method) != methods.end();
}

base::Status refusal(const PluginCall& call, const state::NodeRow& added, const std::string& node_id) {
  const bool is_new = !call.resumed && (is_among(kNewWork, call.method) || call.method == "WatchPayments");
  std::string said = nodes::said_of_other(added, node_id);
  return is_new ? base::failed_precondition(std::move(said)) : base::unavailable(std::move(said));
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
  if (method == "CreateInvoice") return node_id_of<v1::CreateInvoiceReply>(reply);
  if (method == "DisableOffer") return node_id_of<v1::DisableOfferReply>(reply);
  if (method == "LookupOffer") return node_id_of<v1::LookupOfferReply>(reply);
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
  if (!call.trial) add_secret_handles(call, book_);
}

asio::awaitable<base::Result<AddedNodeCalls::Lease>> AddedNodeCalls::admit(PluginCall& call) {
  if (call.trial) co_return Lease{};
  const auto added = added_node_of(call, book_);
  if (!added) co_return Lease{};
  const auto other = book_.other_at(added->place);
  if (other && !is_among(kHarmless, call.method) && !undoes_strange(added->place, call))
    co_return base::fail(refusal(call, *added, *other));
  if (is_among(kUncounted, call.method)) co_return Lease{};
  co_return co_await take_turn(added->place, call);
}

void AddedNodeCalls::remember_strange(const state::NodePlace& place, const PluginCall& call) {
  v1::CreateOfferRequest request;
  if (call.method != "CreateOffer" || !request.ParseFromString(call.request)) return;
  const std::lock_guard lock(mutex_);
  if (strange_.size() >= kMostStrange) strange_.clear();  // their undo waits for the node that was added
  strange_.emplace(place, request.offer_key());
}

bool AddedNodeCalls::undoes_strange(const state::NodePlace& place, const PluginCall& call) {
  v1::DisableOfferRequest request;
  if (call.method != "DisableOffer" || !request.ParseFromString(call.request)) return false;
  // Who has an id was given it by the node that was added.
  if (!request.offer_id().empty()) return false;
  const std::lock_guard lock(mutex_);
  return strange_.contains({place, request.offer_key()});
}

asio::awaitable<base::Result<AddedNodeCalls::Lease>> AddedNodeCalls::take_turn(state::NodePlace place,
                                                                               PluginCall& call) {
  const base::MonotonicTime begun = clock_.monotonic();
  const base::MonotonicTime end = begun + call.timeout / 2;
  for (;;) {
    const auto seen = turns_->freed.count();
    if (turns_->take(place)) {
      call.timeout -= std::chrono::ceil<base::Duration>(clock_.monotonic() - begun);
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
  if (!answer.reply || call.trial) return;
  const auto added = added_node_of(call, book_);
  if (!added) return;
  const std::string node_id = node_id_in(call.method, *answer.reply);
  if (node_id.empty()) return;
  const bool is_other = nodes::is_other(*added, node_id);
  // Only a look says who answers now: who waited long for payments may tell who answered before.
  if (is_other || call.method == "Info") book_.saw(added->place, node_id);
  // And it says itself what it means.
  if (!is_other || call.method == "Info" || undoes_strange(added->place, call)) return;
  remember_strange(added->place, call);
  answer.reply = base::fail(refusal(call, *added, node_id));
}

}  // namespace paynamed::process
