#include "process/proof_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <utility>

namespace paynamed::process {
namespace asio = boost::asio;
using base::Result;
using state::Proof;

namespace {

// 4 MB at the usual size of a proof.
constexpr std::size_t kMaxRemembered = 1024;
// Runs need the validator more than callers do.
constexpr int kMaxProving = 4;
// Asked for as often since it was made, a proof is made anew in the last fifth of its time.
constexpr std::size_t kOften = 3;
constexpr int kLastPart = 5;

// RFC 6761, RFC 6762, RFC 7686, RFC 9476, and ICANN's reserved "internal".
constexpr std::array<std::string_view, 7> kSpecialUse{"alt",       "internal", "invalid", "local",
                                                      "localhost", "onion",    "test"};

bool is_special_use(std::string_view domain) {
  const std::string_view top = domain.substr(domain.rfind('.') + 1);
  return std::find(kSpecialUse.begin(), kSpecialUse.end(), top) != kSpecialUse.end();
}

// Failures that say nothing about the record.
bool is_passing(base::Code code) {
  return code == base::Code::kUnavailable || code == base::Code::kDeadlineExceeded ||
         code == base::Code::kResourceExhausted || code == base::Code::kCancelled;
}

// One of few places, as long as it lives.
class Place {
 public:
  explicit Place(std::shared_ptr<std::atomic<int>> taken) : taken_(std::move(taken)) {
    is_free_ = taken_->fetch_add(1) < kMaxProving;
  }
  ~Place() { taken_->fetch_sub(1); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  bool is_free() const { return is_free_; }

 private:
  const std::shared_ptr<std::atomic<int>> taken_;
  bool is_free_ = false;
};

}  // namespace

ProofSource::ProofSource(Dependencies dependencies)
    : with_(std::move(dependencies)),
      remembered_(kMaxRemembered),
      proving_(std::make_shared<std::atomic<int>>(0)) {}

asio::awaitable<Result<Proof>> ProofSource::proof_of(base::Name name, bool any_domain) {
  const bool ours = with_.is_ours(name.domain());
  std::optional<Proof> stored;
  if (ours) {
    auto found = with_.store.find_proof(name.text());
    if (!found) co_return base::fail(found.error());
    stored = *std::move(found);
    if (!stored) {
      co_return base::fail(base::not_found(fmt::format("{} is not a proven name", name.text())));
    }
    if (is_fresh(*stored)) co_return *std::move(stored);
  } else if (!any_domain) {
    co_return base::fail(base::unauthenticated(fmt::format(
        "without a key only names of this daemon are proven, and {} is none of its domains", name.domain())));
  } else if (is_special_use(name.domain())) {
    co_return base::fail(base::invalid_argument(
        fmt::format("{} is a special-use domain (RFC 6761): it is not in the public DNS", name.domain())));
  }

  // A value that was just replaced is not remembered any longer.
  auto known = remembered_.find(name.text());
  if (known && is_fresh(known->proof) && (!stored || known->proof.value == stored->value)) {
    if (is_worth_renewing(*known)) renew_ahead(name);
    co_return std::move(known->proof);
  }
  const bool can_fall_back = stored && with_.clock.wall() < stored->expires;
  // Wallets do not wait for as long as a run does; an old proof that still holds is better than none.
  auto made = co_await prove(name, can_fall_back ? kFallBackAfter : kProve);
  if (made) {
    remembered_.put(name.text(), *made);
  } else if (can_fall_back && is_passing(made.error().code())) {
    // Read again: a run may have changed the name in the meantime.
    auto now = with_.store.find_proof(name.text());
    if (now && *now && with_.clock.wall() < (*now)->expires) co_return **std::move(now);
  }
  co_return made;
}

base::WallTime ProofSource::end_of_use(const Proof& proof) const {
  return std::min(proof.expires, proof.made + std::chrono::seconds{proof.max_cache_ttl_seconds});
}

bool ProofSource::is_fresh(const Proof& proof) const {
  return with_.clock.wall() < end_of_use(proof);
}

bool ProofSource::is_worth_renewing(const RememberedProofs::Found& found) const {
  const base::WallTime end = end_of_use(found.proof);
  return found.asked >= kOften && end - with_.clock.wall() <= (end - found.proof.made) / kLastPart;
}

void ProofSource::renew_ahead(const base::Name& name) {
  if (!remembered_.begin_renewal(name.text())) return;
  auto ended = [this, text = name.text()](std::exception_ptr) { remembered_.end_renewal(text); };
  asio::co_spawn(asio::make_strand(with_.workers), renew(name), std::move(ended));
}

// What fails is not said to anybody: who asks after the proof's time is over hears why.
asio::awaitable<void> ProofSource::renew(base::Name name) {
  const std::string text = name.text();
  const auto made = co_await prove(std::move(name), kProve);
  if (made) remembered_.put(text, *made);
}

asio::awaitable<Result<Proof>> ProofSource::prove(base::Name name, base::Duration most) {
  const Place place(proving_);
  if (!place.is_free()) {
    co_return base::fail(
        base::resource_exhausted("many names are being proven just now; ask again in a moment")
            .with_retry_after(1000));
  }
  co_return co_await with_.prove(std::move(name), most);
}

}  // namespace paynamed::process
