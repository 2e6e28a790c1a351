// Payments and invoices of the SqliteStore.
#include "state/payment_units.hpp"
#include "state/sqlite_store_parts.hpp"

namespace paynamed::state {
namespace asio = boost::asio;

asio::awaitable<Result<TakenIn>> SqliteStore::take_in(TakeIn batch) {
  auto unit = check(std::move(batch));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<TakenIn>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<TakenIn>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::restart_cursor(PaymentSource source, std::string expected_cursor,
                                                          std::optional<NewEvent> news) {
  auto unit = check(std::move(source), std::move(expected_cursor), std::move(news));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<void>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<void>(std::move(action));
}

asio::awaitable<Result<InvoiceIntent>> SqliteStore::intend_invoice(NewInvoice wish) {
  if (parts_->writer->queued() >= parts_->settings.max_queued) {
    co_return base::fail(base::resource_exhausted("too many writes wait for the disk; try again later")
                             .with_retry_after(1000));
  }
  auto unit = check(std::move(wish));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<InvoiceIntent>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<InvoiceIntent>(std::move(action));
}

asio::awaitable<Result<InvoiceRow>> SqliteStore::create_invoice(MadeInvoice made) {
  auto unit = check(std::move(made));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<InvoiceRow>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<InvoiceRow>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::give_up_invoice(base::Uuid intent) {
  std::function<Result<void>(UnitWriter&)> action = [unit = GiveUpInvoiceUnit{intent}](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<void>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::expire_invoices(std::vector<base::Uuid> invoices,
                                                           base::WallTime time) {
  ExpireInvoicesUnit unit{std::move(invoices), time};
  std::function<Result<void>(UnitWriter&)> action = [unit = std::move(unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<void>(std::move(action));
}

Result<std::optional<NodeCursor>> SqliteStore::find_cursor(const PaymentSource& source) {
  return parts_->readers->lend()->payments().find_cursor(source);
}

Result<std::vector<NodeCursor>> SqliteStore::node_cursors(std::uint32_t limit) {
  return parts_->readers->lend()->payments().node_cursors(limit);
}

Result<std::optional<PaymentRow>> SqliteStore::find_payment(std::string_view tenant, base::Uuid id) {
  return parts_->readers->lend()->payments().find_payment(tenant, id);
}

Result<std::vector<PaymentRow>> SqliteStore::list_payments(std::string_view tenant, std::string_view name,
                                                           base::Uuid before, std::uint32_t limit) {
  return parts_->readers->lend()->payments().list_payments(tenant, name, before, limit);
}

Result<std::optional<InvoiceRow>> SqliteStore::find_invoice(std::string_view tenant, base::Uuid id) {
  return parts_->readers->lend()->payments().find_invoice(tenant, id);
}

Result<std::vector<InvoiceRow>> SqliteStore::list_invoices(std::string_view tenant, std::string_view name,
                                                           std::optional<InvoiceState> state,
                                                           base::Uuid before, std::uint32_t limit) {
  return parts_->readers->lend()->payments().list_invoices(tenant, name, state, before, limit);
}

Result<std::vector<NodePlace>> SqliteStore::places_of_open_invoices() {
  return parts_->readers->lend()->payments().places_of_open_invoices();
}

Result<std::vector<base::Uuid>> SqliteStore::invoices_due(const NodePlace& place, base::WallTime until,
                                                          std::uint32_t limit) {
  return parts_->readers->lend()->payments().invoices_due(place, until, limit);
}

Result<std::vector<InvoiceIntent>> SqliteStore::open_intents(base::WallTime before, IntentPlace after,
                                                             std::uint32_t limit) {
  return parts_->readers->lend()->payments().open_intents(before, after, limit);
}

}  // namespace paynamed::state
