// Orders of the SqliteStore.
#include "state/payment_units.hpp"
#include "state/sqlite_store_parts.hpp"

namespace paynamed::state {
namespace asio = boost::asio;

asio::awaitable<Result<OrderIntent>> SqliteStore::intend_order(NewOrder wish) {
  if (parts_->writer->queued() >= parts_->settings.max_queued) {
    co_return base::fail(base::resource_exhausted("too many writes wait for the disk; try again later")
                             .with_retry_after(1000));
  }
  auto unit = check(std::move(wish));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<OrderIntent>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<OrderIntent>(std::move(action));
}

asio::awaitable<Result<OrderRow>> SqliteStore::create_order(MadeOrder made) {
  auto unit = check(std::move(made));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<OrderRow>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<OrderRow>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::give_up_order(base::Uuid intent, AtNode at_node,
                                                         base::WallTime time) {
  std::function<Result<void>(UnitWriter&)> action =
      [unit = GiveUpOrderUnit{intent, at_node, time}](UnitWriter& writer) { return writer.write(unit); };
  co_return co_await parts_->submit<void>(std::move(action));
}

asio::awaitable<Result<bool>> SqliteStore::disable_late_offer(OfferToDisable offer) {
  DisableLateOfferUnit unit{std::move(offer)};
  std::function<Result<bool>(UnitWriter&)> action = [unit = std::move(unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<bool>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::expire_orders(std::vector<base::Uuid> orders,
                                                         base::WallTime time) {
  ExpireOrdersUnit unit{std::move(orders), time};
  std::function<Result<void>(UnitWriter&)> action = [unit = std::move(unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<void>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::offer_disabled(OfferToDisable offer) {
  OfferDisabledUnit unit{std::move(offer)};
  std::function<Result<void>(UnitWriter&)> action = [unit = std::move(unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<void>(std::move(action));
}

Result<std::optional<OrderRow>> SqliteStore::find_order(std::string_view tenant, base::Uuid id) {
  return parts_->readers->lend()->orders().find_order(tenant, id);
}

Result<std::vector<OrderRow>> SqliteStore::list_orders(std::string_view tenant, const OrderFilter& filter,
                                                       base::Uuid before, std::uint32_t limit) {
  return parts_->readers->lend()->orders().list_orders(tenant, filter, before, limit);
}

Result<std::vector<NodePlace>> SqliteStore::places_of_open_orders() {
  return parts_->readers->lend()->orders().places_of_open_orders();
}

Result<std::vector<base::Uuid>> SqliteStore::orders_due(const NodePlace& place, base::WallTime until,
                                                        std::uint32_t limit) {
  return parts_->readers->lend()->orders().orders_due(place, until, limit);
}

Result<std::vector<OrderIntent>> SqliteStore::open_order_intents(base::WallTime before, IntentPlace after,
                                                                 std::uint32_t limit) {
  return parts_->readers->lend()->orders().open_order_intents(before, after, limit);
}

Result<std::vector<NodePlace>> SqliteStore::places_of_offers_to_disable() {
  return parts_->readers->lend()->orders().places_of_offers_to_disable();
}

Result<std::vector<OfferToDisable>> SqliteStore::offers_to_disable(const NodePlace& place, base::Uuid after,
                                                                   std::uint32_t limit) {
  return parts_->readers->lend()->orders().offers_to_disable(place, after, limit);
}

}  // namespace paynamed::state
