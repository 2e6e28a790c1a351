#include "tests/bench/recording_store.hpp"

namespace paynamed::bench {
namespace asio = boost::asio;
using base::Result;

std::vector<RecordedRun> RecordingStore::take() {
  const std::lock_guard lock(mutex_);
  std::vector<RecordedRun> taken;
  for (auto& [key, run] : runs_) taken.push_back(std::move(run));
  runs_.clear();
  return taken;
}

asio::awaitable<Result<state::AcceptedRun>> RecordingStore::accept_run(state::NewRun run) {
  state::NewRun copy = run;
  auto accepted = co_await store_.accept_run(std::move(run));
  if (accepted) {
    const std::lock_guard lock(mutex_);
    runs_[accepted->key].accept = std::move(copy);
  }
  co_return accepted;
}

asio::awaitable<Result<void>> RecordingStore::record(state::RunUpdate update) {
  state::RunUpdate copy = update;
  auto recorded = co_await store_.record(std::move(update));
  if (recorded) {
    const std::lock_guard lock(mutex_);
    runs_[copy.run].updates.push_back(std::move(copy));
  }
  co_return recorded;
}

asio::awaitable<Result<void>> RecordingStore::append(std::string tenant,
                                                     std::vector<state::NewEvent> events) {
  co_return co_await store_.append(std::move(tenant), std::move(events));
}

asio::awaitable<Result<void>> RecordingStore::append_if(std::string tenant, state::Standing standing,
                                                        std::vector<state::NewEvent> events) {
  co_return co_await store_.append_if(std::move(tenant), std::move(standing), std::move(events));
}

asio::awaitable<Result<void>> RecordingStore::record_domain(state::DomainUpdate update) {
  co_return co_await store_.record_domain(std::move(update));
}

Result<std::optional<state::DomainRow>> RecordingStore::find_domain(std::string_view tenant,
                                                                    std::string_view domain) {
  return store_.find_domain(tenant, domain);
}

Result<std::vector<state::DomainRow>> RecordingStore::list_domains(std::string_view tenant,
                                                                   std::string_view after,
                                                                   std::uint32_t limit) {
  return store_.list_domains(tenant, after, limit);
}

asio::awaitable<Result<void>> RecordingStore::put_proof(std::string tenant, std::string name,
                                                        state::Proof proof) {
  co_return co_await store_.put_proof(std::move(tenant), std::move(name), std::move(proof));
}

Result<std::optional<state::Proof>> RecordingStore::find_proof(std::string_view name) {
  return store_.find_proof(name);
}

Result<std::vector<state::Store::EndingProof>> RecordingStore::proofs_ending(base::WallTime time,
                                                                             ProofPlace after,
                                                                             std::uint32_t limit) {
  return store_.proofs_ending(time, after, limit);
}

Result<std::optional<state::NameRow>> RecordingStore::find_name(std::string_view tenant,
                                                                std::string_view name) {
  return store_.find_name(tenant, name);
}

Result<std::vector<state::NameRow>> RecordingStore::list_names(std::string_view tenant,
                                                               std::string_view domain,
                                                               std::optional<state::NameState> state,
                                                               std::string_view after, std::uint32_t limit) {
  return store_.list_names(tenant, domain, state, after, limit);
}

Result<std::vector<state::OfferRow>> RecordingStore::offers_of(std::string_view tenant, std::string_view name,
                                                               std::uint32_t limit) {
  return store_.offers_of(tenant, name, limit);
}

Result<std::vector<state::Store::DueOffer>> RecordingStore::retired_offers_due(base::WallTime now,
                                                                               DuePlace after,
                                                                               std::uint32_t limit) {
  return store_.retired_offers_due(now, after, limit);
}

Result<std::vector<state::Store::DueOffer>> RecordingStore::offers_ending(base::WallTime time, DuePlace after,
                                                                          std::uint32_t limit) {
  return store_.offers_ending(time, after, limit);
}

Result<std::vector<state::Store::DueOffer>> RecordingStore::active_offers_ending(base::WallTime time,
                                                                                 DuePlace after,
                                                                                 std::uint32_t limit) {
  return store_.active_offers_ending(time, after, limit);
}

Result<state::NameKey> RecordingStore::newest_name() {
  return store_.newest_name();
}

Result<std::vector<state::WatchedName>> RecordingStore::watched_names(std::span<const state::NameKey> keys) {
  return store_.watched_names(keys);
}

Result<std::vector<state::WatchedName>> RecordingStore::degraded_names(std::uint32_t limit) {
  return store_.degraded_names(limit);
}

Result<std::optional<state::Store::KeyUse>> RecordingStore::find_key_use(std::string_view tenant,
                                                                         std::string_view key) {
  return store_.find_key_use(tenant, key);
}

Result<std::optional<state::RunRow>> RecordingStore::find_run(std::string_view tenant, base::Uuid id) {
  return store_.find_run(tenant, id);
}

Result<std::vector<state::RunRow>> RecordingStore::list_runs(std::string_view tenant, std::string_view name,
                                                             std::optional<state::RunState> state,
                                                             base::Uuid before, std::uint32_t limit) {
  return store_.list_runs(tenant, name, state, before, limit);
}

Result<std::vector<state::JournalEntry>> RecordingStore::journal_of(state::RunKey run) {
  return store_.journal_of(run);
}

Result<std::optional<state::OpenRun>> RecordingStore::load_run(state::RunKey run) {
  return store_.load_run(run);
}

Result<std::vector<state::OpenRun>> RecordingStore::open_runs(state::RunKey after, std::uint32_t limit) {
  return store_.open_runs(after, limit);
}

Result<state::EventPage> RecordingStore::events_after(std::string_view tenant, state::Position after,
                                                      std::uint32_t limit) {
  return store_.events_after(tenant, after, limit);
}

Result<std::vector<state::InstanceUse>> RecordingStore::instances_in_use() {
  return store_.instances_in_use();
}

Result<state::InUse> RecordingStore::in_use() {
  return store_.in_use();
}

Result<state::Totals> RecordingStore::totals() {
  return store_.totals();
}

asio::awaitable<void> RecordingStore::wait_for_event(std::string tenant, std::uint64_t seq,
                                                     base::Duration wait) {
  co_await store_.wait_for_event(std::move(tenant), seq, wait);
}

}  // namespace paynamed::bench
