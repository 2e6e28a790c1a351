#include "process/proof_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace paynamed::process {
namespace asio = boost::asio;
using base::Result;
using state::Proof;

namespace {

// 4 MB at the usual size of a proof.
constexpr std::size_t kMaxRemembered = 1024;
// Runs need the validator more than callers do.
constexpr std::size_t kMaxProving = 4;
// Wallets do not wait for as long as a run does; an old proof that still holds is better than none.
constexpr base::Duration kFallBackAfter{4'000};

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

}  // namespace

ProofSource::ProofSource(state::Store& store, const DnsChecks& dns,
                         std::function<bool(std::string_view domain)> is_ours, base::Clock& clock)
    : store_(store), dns_(dns), is_ours_(std::move(is_ours)), clock_(clock) {}

asio::awaitable<Result<Proof>> ProofSource::proof_of(base::Name name, bool any_domain) {
  const bool ours = is_ours_(name.domain());
  std::optional<Proof> stored;
  if (ours) {
    auto found = store_.find_proof(name.text());
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
  auto known = remembered(name.text());
  if (known && is_fresh(*known) && (!stored || known->value == stored->value)) co_return *std::move(known);
  const bool can_fall_back = stored && clock_.wall() < stored->expires;
  auto made = co_await prove(name, can_fall_back ? kFallBackAfter : DnsChecks::kProve);
  if (made) {
    remember(name.text(), *made);
  } else if (can_fall_back && is_passing(made.error().code())) {
    // Read again: a run may have changed the name in the meantime.
    auto now = store_.find_proof(name.text());
    if (now && *now && clock_.wall() < (*now)->expires) co_return **std::move(now);
  }
  co_return made;
}

bool ProofSource::is_fresh(const Proof& proof) const {
  const base::WallTime now = clock_.wall();
  return now < proof.expires && now < proof.made + std::chrono::seconds{proof.max_cache_ttl_seconds};
}

asio::awaitable<Result<Proof>> ProofSource::prove(base::Name name, base::Duration most) {
  struct Place {
    explicit Place(ProofSource& of) : source(of) {
      const std::lock_guard lock(source.mutex_);
      taken = source.proving_ < kMaxProving;
      if (taken) ++source.proving_;
    }
    ~Place() {
      const std::lock_guard lock(source.mutex_);
      if (taken) --source.proving_;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ProofSource& source;
    bool taken = false;
  };
  const Place place(*this);
  if (!place.taken) {
    co_return base::fail(
        base::resource_exhausted("many names are being proven just now; ask again in a moment")
            .with_retry_after(1000));
  }
  auto proven = co_await dns_.prove_record(std::move(name), most);
  if (!proven) co_return base::fail(proven.error());
  co_return std::move(proven->proof);
}

std::optional<Proof> ProofSource::remembered(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(name);
  if (found == places_.end()) return std::nullopt;
  recent_.splice(recent_.begin(), recent_, found->second);
  return found->second->proof;
}

void ProofSource::remember(const std::string& name, const Proof& proof) {
  const std::lock_guard lock(mutex_);
  if (const auto found = places_.find(name); found != places_.end()) {
    recent_.erase(found->second);
    places_.erase(found);
  }
  recent_.push_front({name, proof});
  places_[name] = recent_.begin();
  if (recent_.size() > kMaxRemembered) {
    places_.erase(recent_.back().name);
    recent_.pop_back();
  }
}

}  // namespace paynamed::process
