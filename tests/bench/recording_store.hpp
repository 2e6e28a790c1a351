// RecordingStore: a Store that notes every unit of every run on its way to the real one, so that the bare
// writer can write exactly what the engine writes.
//
// Threads: as Store; take() once all writes have resumed.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "state/store.hpp"

namespace paynamed::bench {

// The units of one run in their order.
struct RecordedRun {
  state::NewRun accept;
  std::vector<state::RunUpdate> updates;
};

class RecordingStore final : public state::Store {
 public:
  // `store` must outlive this.
  explicit RecordingStore(state::Store& store) : store_(store) {}

  // What was written since the last call, in the order in which the runs were accepted.
  std::vector<RecordedRun> take();

  boost::asio::awaitable<base::Result<state::AcceptedRun>> accept_run(state::NewRun run) override;
  boost::asio::awaitable<base::Result<void>> record(state::RunUpdate update) override;
  boost::asio::awaitable<base::Result<void>> append(std::string tenant,
                                                    std::vector<state::NewEvent> events) override;

  boost::asio::awaitable<base::Result<void>> append_if(std::string tenant, state::Standing standing,
                                                       std::vector<state::NewEvent> events) override;

  base::Result<std::optional<state::NameRow>> find_name(std::string_view tenant,
                                                        std::string_view name) override;
  base::Result<std::vector<state::NameRow>> list_names(std::string_view tenant, std::string_view domain,
                                                       std::optional<state::NameState> state,
                                                       std::string_view after, std::uint32_t limit) override;
  base::Result<std::vector<state::OfferRow>> offers_of(std::string_view tenant, std::string_view name,
                                                       std::uint32_t limit) override;
  base::Result<std::vector<DueOffer>> retired_offers_due(base::WallTime now, DuePlace after,
                                                         std::uint32_t limit) override;
  base::Result<std::vector<DueOffer>> offers_ending(base::WallTime time, DuePlace after,
                                                    std::uint32_t limit) override;
  base::Result<std::vector<DueOffer>> active_offers_ending(base::WallTime time, DuePlace after,
                                                           std::uint32_t limit) override;
  base::Result<state::NameKey> newest_name() override;
  base::Result<std::vector<state::WatchedName>> watched_names(std::span<const state::NameKey> keys) override;
  base::Result<std::vector<state::WatchedName>> degraded_names(std::uint32_t limit) override;
  boost::asio::awaitable<base::Result<void>> record_domain(state::DomainUpdate update) override;
  base::Result<std::optional<state::DomainRow>> find_domain(std::string_view tenant,
                                                            std::string_view domain) override;
  base::Result<std::vector<state::DomainRow>> list_domains(std::string_view tenant, std::string_view after,
                                                           std::uint32_t limit) override;
  boost::asio::awaitable<base::Result<void>> put_proof(std::string tenant, std::string name,
                                                       state::Proof proof) override;
  base::Result<std::optional<state::Proof>> find_proof(std::string_view name) override;
  base::Result<std::vector<EndingProof>> proofs_ending(base::WallTime time, ProofPlace after,
                                                       std::uint32_t limit) override;
  base::Result<std::optional<KeyUse>> find_key_use(std::string_view tenant, std::string_view key) override;
  base::Result<std::optional<state::RunRow>> find_run(std::string_view tenant, base::Uuid id) override;
  base::Result<std::vector<state::RunRow>> list_runs(std::string_view tenant, std::string_view name,
                                                     std::optional<state::RunState> state, base::Uuid before,
                                                     std::uint32_t limit) override;
  base::Result<std::vector<state::JournalEntry>> journal_of(state::RunKey run) override;
  base::Result<std::optional<state::OpenRun>> load_run(state::RunKey run) override;
  base::Result<std::vector<state::OpenRun>> open_runs(state::RunKey after, std::uint32_t limit) override;
  base::Result<state::EventPage> events_after(std::string_view tenant, state::Position after,
                                              std::uint32_t limit) override;
  base::Result<std::vector<state::InstanceUse>> instances_in_use() override;
  base::Result<state::InUse> in_use() override;
  base::Result<state::Totals> totals() override;
  boost::asio::awaitable<void> wait_for_event(std::string tenant, std::uint64_t seq,
                                              base::Duration wait) override;

 private:
  state::Store& store_;
  std::mutex mutex_;
  std::map<state::RunKey, RecordedRun> runs_;
};

}  // namespace paynamed::bench
