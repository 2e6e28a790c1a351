// SqliteStore: the Store in one SQLite file (design 7): WAL, synchronous=FULL, one writer thread with group
// commit, read-only connections for reads.
//
// Threads: every function may be called from any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "state/event_log.hpp"
#include "state/invoices.hpp"
#include "state/moves.hpp"
#include "state/nodes.hpp"
#include "state/orders.hpp"
#include "state/payments.hpp"
#include "state/store.hpp"
#include "state/webhooks.hpp"

namespace paynamed::state {

class SqliteStore final : public Store,
                          public MoveStore,
                          public PaymentStore,
                          public InvoiceStore,
                          public OrderStore,
                          public NodeStore,
                          public WebhookStore {
 public:
  struct Settings {
    std::string path;
    std::uint64_t max_open_runs = 10'000;
    std::size_t max_batch = 256;      // units in one commit, at most
    std::size_t max_queued = 20'000;  // above it accept_run fails with RESOURCE_EXHAUSTED at once
    std::size_t readers = 4;          // reads at a time; more of them wait
    int checkpoint_pages = 4000;      // of 4096 bytes: when the WAL is folded into the file
    // For tests: the SQLite VFS ("power-cut"), and a commit that does not wait for the disk, which the crash
    // suite has to notice.
    std::string vfs;
    bool synchronous_off_for_tests = false;
    // What ends the process after a failed commit or fsync; empty: a line on stderr and abort().
    std::function<void(const std::string& line)> fatal;
  };

  // Takes the file's lock, makes or migrates the file, and starts the writer. `clock` must outlive the store.
  //   FAILED_PRECONDITION  another daemon has the file (the message has its process id), or the file is not
  //   ours, or
  //                        of a newer version
  //   NOT_FOUND, PERMISSION_DENIED, UNAVAILABLE, DATA_LOSS: the path, the disk, the file
  static Result<std::unique_ptr<SqliteStore>> open(Settings settings, base::Clock& clock);
  // close()
  ~SqliteStore() override;

  // Writes all that was given before, wakes who waits for events, and folds the WAL into the file. Blocks for
  // as long as that takes; the executors of the writes have to be alive. Later writes fail with UNAVAILABLE;
  // reads go on until the store is destroyed.
  void close();

  boost::asio::awaitable<Result<AcceptedRun>> accept_run(NewRun run) override;
  boost::asio::awaitable<Result<void>> record(RunUpdate update) override;
  boost::asio::awaitable<Result<void>> record_domain(DomainUpdate update) override;
  boost::asio::awaitable<Result<void>> put_proof(std::string tenant, std::string name, Proof proof) override;
  boost::asio::awaitable<Result<void>> append_if(std::string tenant, Standing standing,
                                                 std::vector<NewEvent> events) override;
  boost::asio::awaitable<Result<void>> append(std::string tenant, std::vector<NewEvent> events) override;

  Result<std::optional<NameRow>> find_name(std::string_view tenant, std::string_view name) override;
  Result<std::vector<NameRow>> list_names(std::string_view tenant, std::string_view domain,
                                          std::optional<NameState> state, std::string_view after,
                                          std::uint32_t limit) override;
  Result<std::vector<OfferRow>> offers_of(std::string_view tenant, std::string_view name,
                                          std::uint32_t limit) override;
  Result<std::vector<DueOffer>> retired_offers_due(base::WallTime now, Store::DuePlace after,
                                                   std::uint32_t limit) override;
  Result<std::vector<DueOffer>> offers_ending(base::WallTime time, Store::DuePlace after,
                                              std::uint32_t limit) override;
  Result<std::vector<DueOffer>> active_offers_ending(base::WallTime time, Store::DuePlace after,
                                                     std::uint32_t limit) override;
  Result<NameKey> newest_name() override;
  Result<std::vector<WatchedName>> watched_names(std::span<const NameKey> keys) override;
  Result<std::vector<WatchedName>> degraded_names(std::uint32_t limit) override;
  Result<std::optional<Proof>> find_proof(std::string_view name) override;
  Result<std::vector<EndingProof>> proofs_ending(base::WallTime time, ProofPlace after,
                                                 std::uint32_t limit) override;
  Result<std::optional<DomainRow>> find_domain(std::string_view tenant, std::string_view domain) override;
  Result<std::vector<DomainRow>> list_domains(std::string_view tenant, std::string_view after,
                                              std::uint32_t limit) override;
  Result<std::optional<KeyUse>> find_key_use(std::string_view tenant, std::string_view key) override;
  Result<std::optional<RunRow>> find_run(std::string_view tenant, base::Uuid id) override;
  Result<std::vector<RunRow>> list_runs(std::string_view tenant, std::string_view name,
                                        std::optional<RunState> state, base::Uuid before,
                                        std::uint32_t limit) override;
  Result<std::vector<JournalEntry>> journal_of(RunKey run) override;
  Result<std::optional<OpenRun>> load_run(RunKey run) override;
  Result<std::vector<OpenRun>> open_runs(RunKey after, std::uint32_t limit) override;
  Result<EventPage> events_after(std::string_view tenant, Position after, std::uint32_t limit) override;
  Result<std::vector<InstanceUse>> instances_in_use() override;
  Result<InUse> in_use() override;
  Result<Totals> totals() override;
  boost::asio::awaitable<void> wait_for_event(std::string tenant, std::uint64_t seq,
                                              base::Duration wait) override;

  boost::asio::awaitable<Result<MoveRow>> start_move(NewMove move) override;
  boost::asio::awaitable<Result<MoveRow>> update_move(MoveUpdate update) override;
  boost::asio::awaitable<Result<std::vector<bool>>> record_move_names(
      MoveKey move, MovePhase phase, std::vector<MoveNameUpdate> names) override;
  Result<std::vector<MoveRow>> open_moves() override;
  Result<std::vector<MoveRow>> moves_of(std::string_view domain, std::uint32_t limit) override;
  Result<std::optional<MoveOfName>> move_of_name(std::string_view domain, std::string_view name) override;
  Result<std::string> instance_after_moves(std::string_view domain, std::string_view configured) override;
  Result<std::vector<MovingName>> moving_names(const MoveRow& move, std::string_view after,
                                               std::uint32_t limit) override;
  Result<std::vector<MoveNameRow>> move_names(MoveKey move, MoveNameState state, std::string_view after,
                                              std::uint32_t limit) override;
  Result<MoveCounts> move_counts(const MoveRow& move) override;
  Result<std::uint64_t> earlier_runs(const MoveRow& move) override;

  boost::asio::awaitable<Result<TakenIn>> take_in(TakeIn batch) override;
  boost::asio::awaitable<Result<void>> restart_cursor(PaymentSource source, std::string expected_cursor,
                                                      std::optional<NewEvent> news) override;
  Result<std::optional<NodeCursor>> find_cursor(const PaymentSource& source) override;
  Result<std::vector<NodeCursor>> node_cursors(std::uint32_t limit) override;
  Result<std::optional<PaymentRow>> find_payment(std::string_view tenant, base::Uuid id) override;
  Result<std::vector<PaymentRow>> list_payments(std::string_view tenant, std::string_view name,
                                                base::Uuid before, std::uint32_t limit) override;

  boost::asio::awaitable<Result<InvoiceIntent>> intend_invoice(NewInvoice wish) override;
  boost::asio::awaitable<Result<InvoiceRow>> create_invoice(MadeInvoice made) override;
  boost::asio::awaitable<Result<void>> give_up_invoice(base::Uuid intent) override;
  boost::asio::awaitable<Result<void>> expire_invoices(std::vector<base::Uuid> invoices,
                                                       base::WallTime time) override;
  Result<std::optional<InvoiceRow>> find_invoice(std::string_view tenant, base::Uuid id) override;
  Result<std::vector<InvoiceRow>> list_invoices(std::string_view tenant, std::string_view name,
                                                std::optional<InvoiceState> state, base::Uuid before,
                                                std::uint32_t limit) override;
  Result<std::vector<NodePlace>> places_of_open_invoices() override;
  Result<std::vector<base::Uuid>> invoices_due(const NodePlace& place, base::WallTime until,
                                               std::uint32_t limit) override;
  Result<std::vector<InvoiceIntent>> open_intents(base::WallTime before, IntentPlace after,
                                                  std::uint32_t limit) override;

  boost::asio::awaitable<Result<OrderIntent>> intend_order(NewOrder wish) override;
  boost::asio::awaitable<Result<OrderRow>> create_order(MadeOrder made) override;
  boost::asio::awaitable<Result<void>> give_up_order(base::Uuid intent, AtNode at_node,
                                                     base::WallTime time) override;
  boost::asio::awaitable<Result<bool>> disable_late_offer(OfferToDisable offer) override;
  boost::asio::awaitable<Result<void>> expire_orders(std::vector<base::Uuid> orders,
                                                     base::WallTime time) override;
  boost::asio::awaitable<Result<void>> offer_disabled(OfferToDisable offer) override;
  Result<std::optional<OrderRow>> find_order(std::string_view tenant, base::Uuid id) override;
  Result<std::vector<OrderRow>> list_orders(std::string_view tenant, const OrderFilter& filter,
                                            base::Uuid before, std::uint32_t limit) override;
  Result<std::vector<NodePlace>> places_of_open_orders() override;
  Result<std::vector<base::Uuid>> orders_due(const NodePlace& place, base::WallTime until,
                                             std::uint32_t limit) override;
  Result<std::vector<OrderIntent>> open_order_intents(base::WallTime before, IntentPlace after,
                                                      std::uint32_t limit) override;
  Result<std::vector<NodePlace>> places_of_offers_to_disable() override;
  Result<std::vector<OfferToDisable>> offers_to_disable(const NodePlace& place, base::Uuid after,
                                                        std::uint32_t limit) override;

  boost::asio::awaitable<Result<AddedNode>> add_node(NewNode node) override;
  boost::asio::awaitable<Result<void>> remove_node(std::string tenant, base::Uuid id,
                                                   NewEvent event) override;
  boost::asio::awaitable<Result<NodeRow>> replace_credentials(NewCredentials credentials) override;
  boost::asio::awaitable<Result<void>> record_node_look(NodeLook look, std::vector<NodeNews> news) override;
  Result<std::vector<NodeRow>> added_nodes(base::Uuid after, std::uint32_t limit) override;
  Result<std::vector<NodeLook>> node_looks() override;
  Result<std::vector<NodeUse>> node_uses() override;
  Result<std::vector<NodeUse>> node_uses_of(std::string_view tenant) override;
  Result<std::optional<SealedSecret>> find_secret(std::string_view handle) override;
  Result<std::optional<NodeKeyUse>> find_node_key(std::string_view tenant, std::string_view key) override;

  boost::asio::awaitable<Result<CreatedWebhook>> create_webhook(NewWebhook webhook) override;
  boost::asio::awaitable<Result<WebhookRow>> change_webhook(WebhookChange change) override;
  boost::asio::awaitable<Result<void>> delete_webhook(std::string tenant, base::Uuid id,
                                                      NewEvent event) override;
  boost::asio::awaitable<Result<void>> record_deliveries(DeliveryUpdate update) override;
  boost::asio::awaitable<Result<std::uint64_t>> replay_deliveries(std::string tenant, DeliveryFilter filter,
                                                                  std::vector<DeliveryRow> more,
                                                                  base::WallTime now) override;
  boost::asio::awaitable<Result<std::uint64_t>> prune_deliveries(base::WallTime delivered_before,
                                                                 base::WallTime dead_before,
                                                                 std::uint32_t limit) override;
  Result<std::vector<WebhookRow>> webhooks(base::Uuid after, std::uint32_t limit) override;
  Result<std::vector<WebhookRow>> list_webhooks(std::string_view tenant, base::Uuid after,
                                                std::uint32_t limit) override;
  Result<std::optional<WebhookRow>> find_webhook(std::string_view tenant, base::Uuid id) override;
  Result<std::optional<WebhookRow>> load_webhook(base::Uuid id) override;
  Result<std::optional<WebhookKeyUse>> find_webhook_key(std::string_view tenant,
                                                        std::string_view key) override;
  Result<DeliveryPage> list_deliveries(std::string_view tenant, const DeliveryFilter& filter,
                                       std::uint64_t before_seq, std::uint32_t limit) override;
  Result<DeliveryCount> count_deliveries(std::string_view tenant, const DeliveryFilter& filter,
                                         std::uint64_t before_seq) override;
  Result<std::optional<DeliveryRow>> find_delivery(std::string_view tenant, base::Uuid webhook,
                                                   std::uint64_t seq) override;
  Result<std::vector<AttemptRow>> attempts_of(base::Uuid webhook, std::uint64_t seq,
                                              std::uint32_t limit) override;
  Result<std::vector<DeliveryRow>> due_deliveries(base::Uuid webhook, base::WallTime now,
                                                  std::uint32_t limit) override;
  Result<std::optional<base::WallTime>> next_delivery(base::Uuid webhook, base::WallTime after) override;
  Result<std::vector<DeliveryRow>> deliveries_after(base::Uuid webhook, std::uint64_t seq,
                                                    std::uint32_t limit) override;
  Result<std::optional<DeliveryRow>> first_waiting(base::Uuid webhook, std::string_view subject) override;

  // From now on as Settings::max_open_runs; runs that are open stay so.
  boost::asio::awaitable<Result<void>> limit_open_runs(std::uint64_t most);
  // Clears the read models and applies all events again, in one transaction; writes wait meanwhile.
  boost::asio::awaitable<Result<void>> rebuild();
  // Rebuilds into memory and says how that differs from the file: one line a row; none when all is well.
  // Blocking.
  Result<std::vector<std::string>> compare_rebuilt();
  // Walks the hash chain of all events. Blocking.
  Result<ChainReport> verify_chain();

 private:
  struct Parts;
  explicit SqliteStore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace paynamed::state
