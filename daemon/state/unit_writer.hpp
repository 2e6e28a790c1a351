// UnitWriter: writes units into a transaction: first every condition by SELECT, then the rows.
//
// A unit whose conditions do not hold has written nothing and fails alone. `dirty()` says that a unit failed
// after it had written: then the whole transaction must go back (roll_back()) and the other units be written
// again. That is a defect somewhere, so the normal way pays nothing for it.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <list>
#include <string>
#include <unordered_map>

#include "base/result.hpp"
#include "state/delivery_table.hpp"
#include "state/event_log.hpp"
#include "state/invoice_table.hpp"
#include "state/move_table.hpp"
#include "state/node_table.hpp"
#include "state/order_table.hpp"
#include "state/payment_table.hpp"
#include "state/payment_units.hpp"
#include "state/proof_table.hpp"
#include "state/read_models.hpp"
#include "state/sqlite.hpp"
#include "state/units.hpp"
#include "state/webhook_table.hpp"
#include "state/webhook_units.hpp"

namespace paynamed::state {

class UnitWriter {
 public:
  UnitWriter(Connection& connection, std::uint64_t max_open_runs);

  // Reads what is kept in memory (heads, totals, dictionaries).
  base::Result<void> load();

  base::Result<void> begin();
  base::Result<AcceptedRun> write(const AcceptUnit& unit);
  base::Result<void> write(const RecordUnit& unit);
  base::Result<void> write(const AppendUnit& unit);
  base::Result<void> write(const ProofUnit& unit);
  base::Result<void> write(const DomainUnit& unit);
  base::Result<MoveRow> write(const StartMoveUnit& unit);
  base::Result<MoveRow> write(const MoveUnit& unit);
  base::Result<std::vector<bool>> write(const MoveNamesUnit& unit);
  base::Result<TakenIn> write(const TakeInUnit& unit);
  base::Result<void> write(const RestartCursorUnit& unit);
  base::Result<InvoiceIntent> write(const IntendInvoiceUnit& unit);
  base::Result<InvoiceRow> write(const CreateInvoiceUnit& unit);
  base::Result<void> write(const GiveUpInvoiceUnit& unit);
  base::Result<void> write(const ExpireInvoicesUnit& unit);
  base::Result<OrderIntent> write(const IntendOrderUnit& unit);
  base::Result<OrderRow> write(const CreateOrderUnit& unit);
  base::Result<void> write(const GiveUpOrderUnit& unit);
  base::Result<bool> write(const DisableLateOfferUnit& unit);
  base::Result<void> write(const ExpireOrdersUnit& unit);
  base::Result<void> write(const OfferDisabledUnit& unit);
  base::Result<AddedNode> write(const AddNodeUnit& unit);
  base::Result<void> write(const RemoveNodeUnit& unit);
  base::Result<NodeRow> write(const CredentialsUnit& unit);
  base::Result<void> write(const NodeLookUnit& unit);
  base::Result<CreatedWebhook> write(const CreateWebhookUnit& unit);
  base::Result<WebhookRow> write(const ChangeWebhookUnit& unit);
  base::Result<void> write(const DeleteWebhookUnit& unit);
  base::Result<void> write(const DeliveriesUnit& unit);
  base::Result<ReplayedPart> write(const ReplayUnit& unit);
  // How many rows went.
  base::Result<std::uint64_t> write(const PruneDeliveriesUnit& unit);
  // Clears the read models and applies every event again. Takes as long as it takes.
  base::Result<void> rebuild();
  // Further runs are refused while so many are open.
  void limit_open_runs(std::uint64_t most) { max_open_runs_ = most; }
  bool dirty() const { return dirty_; }
  // Sealed secrets were erased, and the write-ahead log still has them, or may have from before a crash.
  bool has_erased_secrets() const { return secrets_in_wal_; }
  void wal_is_empty() { secrets_in_wal_ = false; }
  base::Result<void> commit();
  base::Result<void> roll_back();

  // Of the last commit: the tenants that have new events, with their heads.
  std::vector<std::pair<std::string, std::uint64_t>> take_changed_heads() {
    return log_.take_changed_heads();
  }

 private:
  // What is known of an open run, so that its updates need no SELECT. Only this class writes, so it stays
  // true.
  struct OpenEntry {
    TenantKey tenant = 0;
    base::Uuid id;
    std::string name;
    std::string correlation_id;
    std::string traceparent;
    std::uint32_t entries = 0;
  };
  struct Snapshot {
    TenantKey tenant = 0;
    std::string pipeline;
    std::int64_t key = 0;
  };

  base::Result<std::optional<AcceptedRun>> replay(TenantKey tenant, const NewRun& run);
  base::Result<void> check_name(TenantKey tenant, const NewRun& run);
  base::Result<OpenEntry*> open_run(RunKey key);
  base::Result<std::int64_t> snapshot_key(TenantKey tenant, const std::string& pipeline);
  base::Result<void> write_journal(RunKey run, OpenEntry& entry, const std::vector<JournalEntry>& journal);
  base::Result<void> write_events(TenantKey tenant, RunKey run, const std::vector<NewEvent>& events,
                                  const std::vector<Fact>& facts, std::string_view correlation_id,
                                  std::string_view traceparent);
  // ABORTED when the name is not as `standing` says.
  base::Result<void> check_standing(TenantKey tenant, const Standing& standing);
  base::Result<void> write_news(const NewsUnit& unit);
  // ABORTED when the cursor is another one.
  base::Result<void> check_cursor(const PaymentSource& source, const std::string& expected);
  base::Result<Verdict> take_in(const IncomingPayment& payment, const TakeIn& batch);
  base::Result<void> write_own_events(TenantKey tenant, const std::vector<NewEvent>& events);
  // A name with a node of which something to be paid may be asked; `what` it is: "invoices".
  base::Result<NameEntry> payable_name(TenantKey tenant, const std::string& name, std::string_view what);
  // Nothing else may be paid by the same hash, or its payer could pay what is paid already.
  base::Result<void> check_hash(const std::string& payment_hash, const std::string& node_instance);
  // The intent as its idempotency key finds it once more.
  base::Result<OrderIntent> replayed(OrderIntent intent);
  base::Result<void> check_new(const OrderTable::StoredIntent& stored, const MadeOrder& made);
  base::Result<void> say_order_paid_before(TenantKey tenant, const OrderRow& row, base::WallTime now);
  base::Result<void> say_paid_before(TenantKey tenant, const InvoiceRow& row, base::WallTime now);
  // Whether the name is as the step of its move needs it.
  base::Result<bool> stands_for(const MoveNameUpdate& update);
  base::Result<std::optional<AddedNode>> replay(TenantKey tenant, const NewNode& node);
  base::Result<void> check_place(TenantKey tenant, const NewNode& node);
  base::Result<void> check_owner(TenantKey tenant, const NewNode& node);
  // NOT_FOUND when it is not the tenant's.
  base::Result<NodeRow> node_of(const std::string& tenant, const base::Uuid& id);
  base::Result<void> erase_secrets(const NodeRow& node);
  // NOT_FOUND when it is not the tenant's.
  base::Result<StoredWebhook> webhook_of(const std::string& tenant, const base::Uuid& id);
  base::Result<std::optional<CreatedWebhook>> replay(TenantKey tenant, const NewWebhook& webhook);
  base::Result<void> check_start(TenantKey tenant, const NewWebhook& webhook) const;
  base::Result<void> replace_secrets(const WebhookRow& webhook, const WebhookChange& change);
  base::Result<void> pass_unwanted(StoredWebhook& webhook, const WebhookChange& change);
  base::Result<void> put_standing(StoredWebhook& webhook, const DeliveriesUnit& unit);
  // A proof goes with its name.
  base::Result<void> erase_proof_of(const Fact& fact);
  std::string uuid_of_run(RunKey run);

  Connection* connection_;
  std::uint64_t max_open_runs_;
  EventLog log_;
  ReadModels models_;
  ProofTable proofs_;
  MoveTable moves_;
  PaymentTable payments_;
  InvoiceTable invoices_;
  OrderTable orders_;
  NodeTable nodes_;
  WebhookTable webhooks_;
  DeliveryTable deliveries_;
  bool dirty_ = false;
  bool secrets_in_wal_ = true;
  std::unordered_map<RunKey, OpenEntry> open_;
  std::list<Snapshot> snapshots_;  // the last used first

  Statement begin_;
  Statement commit_;
  Statement roll_back_;
  Statement find_key_;
  Statement insert_key_;
  Statement find_run_;
  Statement find_run_by_id_;
  Statement find_snapshot_;
  Statement insert_snapshot_;
  Statement insert_input_;
  Statement find_value_;
  Statement insert_entry_;
  Statement put_look_;
};

}  // namespace paynamed::state
