// CountingStore: the store, and how many of its writes are on their way to disk, so that a play knows when a
// daemon has come to rest.
//
// Threads: as the store; the count belongs to the thread of the coroutines that write.
#pragma once

#include "state/invoices.hpp"
#include "state/payments.hpp"
#include "state/sqlite_store.hpp"
#include "state/store.hpp"

namespace paynamed::model {

class CountingStore final : public state::Store, public state::PaymentStore, public state::InvoiceStore {
 public:
  explicit CountingStore(state::SqliteStore& store) : to_(store) {}

  std::size_t writing() const { return writing_; }

  template <class T>
  using Result = base::Result<T>;
  template <class T>
  using Awaitable = boost::asio::awaitable<Result<T>>;

  Awaitable<state::AcceptedRun> accept_run(state::NewRun run) override {
    return counted(to_.accept_run(std::move(run)));
  }
  Awaitable<void> record(state::RunUpdate update) override { return counted(to_.record(std::move(update))); }
  Awaitable<void> append(std::string tenant, std::vector<state::NewEvent> events) override {
    return counted(to_.append(std::move(tenant), std::move(events)));
  }
  Awaitable<void> append_if(std::string tenant, state::Standing standing,
                            std::vector<state::NewEvent> events) override {
    return counted(to_.append_if(std::move(tenant), std::move(standing), std::move(events)));
  }
  Awaitable<void> record_domain(state::DomainUpdate update) override {
    return counted(to_.record_domain(std::move(update)));
  }
  Awaitable<void> put_proof(std::string tenant, std::string name, state::Proof proof) override {
    return counted(to_.put_proof(std::move(tenant), std::move(name), std::move(proof)));
  }
  Awaitable<state::TakenIn> take_in(state::TakeIn batch) override {
    return counted(to_.take_in(std::move(batch)));
  }
  Awaitable<void> restart_cursor(state::PaymentSource source, std::string expected,
                                 std::optional<state::NewEvent> news) override {
    return counted(to_.restart_cursor(std::move(source), std::move(expected), std::move(news)));
  }
  Awaitable<state::InvoiceIntent> intend_invoice(state::NewInvoice wish) override {
    return counted(to_.intend_invoice(std::move(wish)));
  }
  Awaitable<state::InvoiceRow> create_invoice(state::MadeInvoice made) override {
    return counted(to_.create_invoice(std::move(made)));
  }
  Awaitable<void> give_up_invoice(base::Uuid intent) override { return counted(to_.give_up_invoice(intent)); }
  Awaitable<void> expire_invoices(std::vector<base::Uuid> invoices, base::WallTime time) override {
    return counted(to_.expire_invoices(std::move(invoices), time));
  }

  Result<std::optional<state::NameRow>> find_name(std::string_view tenant, std::string_view name) override {
    return to_.find_name(tenant, name);
  }
  Result<std::vector<state::NameRow>> list_names(std::string_view tenant, std::string_view domain,
                                                 std::optional<state::NameState> state,
                                                 std::string_view after, std::uint32_t limit) override {
    return to_.list_names(tenant, domain, state, after, limit);
  }
  Result<std::vector<state::OfferRow>> offers_of(std::string_view tenant, std::string_view name,
                                                 std::uint32_t limit) override {
    return to_.offers_of(tenant, name, limit);
  }
  Result<std::vector<DueOffer>> retired_offers_due(base::WallTime now, state::Store::DuePlace after,
                                                   std::uint32_t limit) override {
    return to_.retired_offers_due(now, after, limit);
  }
  Result<std::vector<DueOffer>> offers_ending(base::WallTime time, state::Store::DuePlace after,
                                              std::uint32_t limit) override {
    return to_.offers_ending(time, after, limit);
  }
  Result<std::vector<DueOffer>> active_offers_ending(base::WallTime time, state::Store::DuePlace after,
                                                     std::uint32_t limit) override {
    return to_.active_offers_ending(time, after, limit);
  }
  Result<state::NameKey> newest_name() override { return to_.newest_name(); }
  Result<std::vector<state::WatchedName>> watched_names(std::span<const state::NameKey> keys) override {
    return to_.watched_names(keys);
  }
  Result<std::vector<state::WatchedName>> degraded_names(std::uint32_t limit) override {
    return to_.degraded_names(limit);
  }
  Result<std::optional<state::Proof>> find_proof(std::string_view name) override {
    return to_.find_proof(name);
  }
  Result<std::vector<EndingProof>> proofs_ending(base::WallTime time, ProofPlace after,
                                                 std::uint32_t limit) override {
    return to_.proofs_ending(time, after, limit);
  }
  Result<std::optional<state::DomainRow>> find_domain(std::string_view tenant,
                                                      std::string_view domain) override {
    return to_.find_domain(tenant, domain);
  }
  Result<std::vector<state::DomainRow>> list_domains(std::string_view tenant, std::string_view after,
                                                     std::uint32_t limit) override {
    return to_.list_domains(tenant, after, limit);
  }
  Result<std::optional<KeyUse>> find_key_use(std::string_view tenant, std::string_view key) override {
    return to_.find_key_use(tenant, key);
  }
  Result<std::optional<state::RunRow>> find_run(std::string_view tenant, base::Uuid id) override {
    return to_.find_run(tenant, id);
  }
  Result<std::vector<state::RunRow>> list_runs(std::string_view tenant, std::string_view name,
                                               std::optional<state::RunState> state, base::Uuid before,
                                               std::uint32_t limit) override {
    return to_.list_runs(tenant, name, state, before, limit);
  }
  Result<std::vector<state::JournalEntry>> journal_of(state::RunKey run) override {
    return to_.journal_of(run);
  }
  Result<std::optional<state::OpenRun>> load_run(state::RunKey run) override { return to_.load_run(run); }
  Result<std::vector<state::OpenRun>> open_runs(state::RunKey after, std::uint32_t limit) override {
    return to_.open_runs(after, limit);
  }
  Result<state::EventPage> events_after(std::string_view tenant, state::Position after,
                                        std::uint32_t limit) override {
    return to_.events_after(tenant, after, limit);
  }
  Result<std::vector<state::InstanceUse>> instances_in_use() override { return to_.instances_in_use(); }
  Result<state::InUse> in_use() override { return to_.in_use(); }
  Result<state::Totals> totals() override { return to_.totals(); }
  boost::asio::awaitable<void> wait_for_event(std::string tenant, std::uint64_t seq,
                                              base::Duration wait) override {
    return to_.wait_for_event(std::move(tenant), seq, wait);
  }
  Result<std::optional<state::NodeCursor>> find_cursor(const state::PaymentSource& source) override {
    return to_.find_cursor(source);
  }
  Result<std::vector<state::NodeCursor>> node_cursors(std::uint32_t limit) override {
    return to_.node_cursors(limit);
  }
  Result<std::optional<state::PaymentRow>> find_payment(std::string_view tenant, base::Uuid id) override {
    return to_.find_payment(tenant, id);
  }
  Result<std::vector<state::PaymentRow>> list_payments(std::string_view tenant, std::string_view name,
                                                       base::Uuid before, std::uint32_t limit) override {
    return to_.list_payments(tenant, name, before, limit);
  }
  Result<std::optional<state::InvoiceRow>> find_invoice(std::string_view tenant, base::Uuid id) override {
    return to_.find_invoice(tenant, id);
  }
  Result<std::vector<state::InvoiceRow>> list_invoices(std::string_view tenant, std::string_view name,
                                                       std::optional<state::InvoiceState> state,
                                                       base::Uuid before, std::uint32_t limit) override {
    return to_.list_invoices(tenant, name, state, before, limit);
  }
  Result<std::vector<state::NodePlace>> places_of_open_invoices() override {
    return to_.places_of_open_invoices();
  }
  Result<std::vector<base::Uuid>> invoices_due(const state::NodePlace& place, base::WallTime until,
                                               std::uint32_t limit) override {
    return to_.invoices_due(place, until, limit);
  }
  Result<std::vector<state::InvoiceIntent>> open_intents(base::WallTime before, state::IntentPlace after,
                                                         std::uint32_t limit) override {
    return to_.open_intents(before, after, limit);
  }

 private:
  template <class T>
  Awaitable<T> counted(Awaitable<T> write) {
    ++writing_;
    auto result = co_await std::move(write);
    --writing_;
    co_return result;
  }

  state::SqliteStore& to_;
  std::size_t writing_ = 0;
};

}  // namespace paynamed::model
