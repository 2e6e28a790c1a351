#include "state/use_queries.hpp"

#include <algorithm>

#include "state/rows.hpp"

namespace paynamed::state {

UseQueries::UseQueries(Connection& connection, SnapshotStatements& snapshots, MoveQueries& moves)
    : snapshots_(&snapshots),
      moves_(&moves),
      uses_(connection, "SELECT instance, names, offers FROM instance_uses WHERE names > 0 OR offers > 0"),
      domain_uses_(connection, "SELECT domain, instance, names FROM domain_uses"),
      open_instances_(
          connection,
          "SELECT i.instances, n.name FROM runs r INDEXED BY runs_open JOIN run_inputs i ON i.run = r.key "
          "JOIN names n ON n.key = r.name WHERE r.finished IS NULL"),
      open_invoices_(connection,
                     "SELECT node_instance, count(*) FROM invoices INDEXED BY invoices_open_at "
                     "WHERE state = 0 GROUP BY 1 UNION ALL "
                     "SELECT node_instance, count(*) FROM invoice_intents INDEXED BY invoice_intents_open "
                     "WHERE state = 0 GROUP BY 1"),
      open_orders_(connection,
                   "SELECT node_instance, count(*) FROM orders INDEXED BY orders_waiting_at "
                   "WHERE state < 2 GROUP BY 1 UNION ALL "
                   "SELECT node_instance, count(*) FROM order_intents INDEXED BY order_intents_open "
                   "WHERE state = 0 GROUP BY 1 UNION ALL "
                   "SELECT node_instance, count(*) FROM offers_to_disable GROUP BY 1"),
      webhooks_(connection, "SELECT instance, count(*) FROM webhooks GROUP BY 1"),
      totals_(connection,
              "SELECT coalesce(t.names, 0), coalesce(t.live, 0), coalesce(t.open_runs, 0), "
              "coalesce(t.paused_runs, 0), "
              "h.last_offset, coalesce(t.degraded, 0), coalesce(t.payments, 0) FROM heads h LEFT JOIN totals "
              "t ON t.one = 1") {}

base::Result<std::vector<InstanceUse>> UseQueries::instances_in_use() {
  auto all = in_use();
  if (!all) return base::fail(all.error());
  return std::move(all->instances);
}

base::Result<InUse> UseQueries::in_use() {
  const ReadSnapshot snapshot(*snapshots_);
  if (!snapshot.begun()) return base::fail(snapshot.begun().error());
  Counted counted;
  for (const auto count :
       {&UseQueries::count_instances, &UseQueries::count_domains, &UseQueries::count_open_runs,
        &UseQueries::count_moves, &UseQueries::count_invoices, &UseQueries::count_orders,
        &UseQueries::count_webhooks}) {
    auto done = (this->*count)(counted);
    if (!done) return base::fail(done.error());
  }
  InUse all;
  for (auto& [instance, use] : counted.instances) {
    use.instance = instance;
    all.instances.push_back(std::move(use));
  }
  for (auto& [domain, use] : counted.domains) {
    use.domain = domain;
    all.domains.push_back(std::move(use));
  }
  return all;
}

base::Result<void> UseQueries::count_instances(Counted& counted) {
  auto row = uses_.first();
  for (; row && *row; row = uses_.next()) {
    InstanceUse& use = counted.instances[std::string{uses_.text(0)}];
    use.names = uses_.count(1);
    use.offers = uses_.count(2);
  }
  if (!row) return base::fail(row.error());
  return {};
}

base::Result<void> UseQueries::count_domains(Counted& counted) {
  auto row = domain_uses_.first();
  for (; row && *row; row = domain_uses_.next()) {
    DomainUse& use = counted.domains[std::string{domain_uses_.text(0)}];
    use.names[std::string{domain_uses_.text(1)}] = domain_uses_.count(2);
  }
  if (!row) return base::fail(row.error());
  return {};
}

base::Result<void> UseQueries::count_open_runs(Counted& counted) {
  auto row = open_instances_.first();
  for (; row && *row; row = open_instances_.next()) {
    const std::string_view name = open_instances_.text(1);
    DomainUse& domain = counted.domains[std::string{name.substr(name.find('@') + 1)}];
    ++domain.open_runs;
    std::string_view rest = open_instances_.text(0);
    while (!rest.empty()) {
      const auto end = std::min(rest.find(' '), rest.size());
      const std::string instance{rest.substr(0, end)};
      ++counted.instances[instance].open_runs;
      ++domain.runs_with[instance];
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  if (!row) return base::fail(row.error());
  return {};
}

base::Result<void> UseQueries::count_moves(Counted& counted) {
  const auto moves = moves_->open_moves();
  if (!moves) return base::fail(moves.error());
  for (const MoveRow& move : *moves) {
    ++counted.instances[move.from].moves;
    ++counted.instances[move.to].moves;
    counted.domains[move.domain].moving = DomainUse::Move{move.from, move.to};
  }
  for (auto& [domain, use] : counted.domains) {
    auto moved = moves_->last_finished(domain);
    if (!moved) return base::fail(moved.error());
    use.moved = *std::move(moved);
  }
  return {};
}

base::Result<void> UseQueries::count_invoices(Counted& counted) {
  auto row = open_invoices_.first();
  for (; row && *row; row = open_invoices_.next()) {
    counted.instances[std::string{open_invoices_.text(0)}].invoices += open_invoices_.count(1);
  }
  if (!row) return base::fail(row.error());
  return {};
}

base::Result<void> UseQueries::count_orders(Counted& counted) {
  auto row = open_orders_.first();
  for (; row && *row; row = open_orders_.next()) {
    counted.instances[std::string{open_orders_.text(0)}].orders += open_orders_.count(1);
  }
  if (!row) return base::fail(row.error());
  return {};
}

base::Result<void> UseQueries::count_webhooks(Counted& counted) {
  auto row = webhooks_.first();
  for (; row && *row; row = webhooks_.next()) {
    counted.instances[std::string{webhooks_.text(0)}].webhooks += webhooks_.count(1);
  }
  if (!row) return base::fail(row.error());
  return {};
}

base::Result<Totals> UseQueries::totals() {
  const auto row = totals_.first();
  if (!row) return base::fail(row.error());
  if (!*row) return base::fail(base::data_loss("the state file has no heads; restore a backup"));
  const Totals totals{totals_.count(0), totals_.count(1), totals_.count(5), totals_.count(2),
                      totals_.count(3), totals_.count(4), totals_.count(6)};
  totals_.reset();
  return totals;
}

}  // namespace paynamed::state
