#include "state/sqlite_store.hpp"

#include <fmt/format.h>

#include "state/migrations.hpp"
#include "state/read_models.hpp"
#include "state/sqlite_store_parts.hpp"
#include "state/units.hpp"

namespace paynamed::state {
namespace asio = boost::asio;

namespace {

// Sets a pragma and checks that it holds.
Result<void> set_pragma(Connection& connection, std::string_view name, std::string_view value,
                        std::string_view reads) {
  if (auto done = connection.execute(fmt::format("PRAGMA {} = {}", name, value)); !done) return done;
  const auto set = connection.text(fmt::format("PRAGMA {}", name));
  if (!set) return base::fail(set.error());
  if (*set != reads) {
    return base::fail(base::failed_precondition(fmt::format(
        "the state file does not take {} = {} (it stays {}); put it on a local disk whose file system can "
        "lock and map files",
        name, value, *set)));
  }
  return {};
}

Result<Connection> open_writer(const SqliteStore::Settings& settings) {
  auto connection = Connection::open(settings.path, Connection::Mode::kReadWrite, settings.vfs);
  if (!connection) return connection;
  // Nothing is changed in a file of another program.
  auto version = check_version(*connection, settings.path, migrations().size());
  if (!version) return base::fail(version.error());
  // The step to WAL deletes a rollback journal, and FULL does not sync the directory after that: were the
  // power cut later, the journal could come back and undo the file under its WAL. EXTRA syncs it.
  auto done = set_pragma(*connection, "synchronous", "EXTRA", "3");
  if (done) done = set_pragma(*connection, "journal_mode", "WAL", "wal");
  if (done) {
    done = settings.synchronous_off_for_tests ? set_pragma(*connection, "synchronous", "OFF", "0")
                                              : set_pragma(*connection, "synchronous", "FULL", "2");
  }
  // Between batches the writer checkpoints by itself.
  if (done) done = set_pragma(*connection, "wal_autocheckpoint", "0", "0");
  if (done) done = set_pragma(*connection, "temp_store", "MEMORY", "2");
  if (done) done = set_pragma(*connection, "cache_size", "-16384", "-16384");
  // What is deleted is overwritten: sealed secrets are among it.
  if (done) done = set_pragma(*connection, "secure_delete", "ON", "1");
  if (done) done = migrate(*connection, settings.path);
  if (!done) return base::fail(done.error());
  return connection;
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(Settings settings, base::Clock& clock) {
  auto lock = FileLock::take(settings.path);
  if (!lock) return base::fail(lock.error());
  if (auto ready = prepare_file(settings.path); !ready) return base::fail(ready.error());
  auto parts = std::make_unique<Parts>(std::move(settings), std::move(*lock), clock);
  const Settings& chosen = parts->settings;

  auto connection = open_writer(chosen);
  if (!connection) return base::fail(connection.error());
  auto readers = ReaderPool::open(chosen.path, chosen.vfs, chosen.readers);
  if (!readers) return base::fail(readers.error());
  parts->readers = std::move(*readers);

  WriterThread::Settings writing;
  writing.max_batch = chosen.max_batch;
  writing.checkpoint_pages = chosen.checkpoint_pages;
  writing.fatal = chosen.fatal;
  auto writer = WriterThread::start(std::move(*connection), chosen.max_open_runs, std::move(writing), clock,
                                    [waits = &parts->waits](UnitWriter& units) {
                                      for (const auto& [tenant, seq] : units.take_changed_heads()) {
                                        waits->advance(tenant, seq);
                                      }
                                    });
  if (!writer) return base::fail(writer.error());
  parts->writer = std::move(*writer);
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(parts)));
}

SqliteStore::SqliteStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SqliteStore::~SqliteStore() {
  close();
}

void SqliteStore::close() {
  parts_->waits.close();
  parts_->writer->close();
}

asio::awaitable<Result<AcceptedRun>> SqliteStore::accept_run(NewRun run) {
  if (parts_->writer->queued() >= parts_->settings.max_queued) {
    co_return base::fail(base::resource_exhausted("too many writes wait for the disk; try again later")
                             .with_retry_after(1000));
  }
  auto unit = check(std::move(run));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<AcceptedRun>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<AcceptedRun>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::record(RunUpdate update) {
  auto unit = check(std::move(update));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<void>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<void>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::append(std::string tenant, std::vector<NewEvent> events) {
  auto unit = check(std::move(tenant), std::move(events));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<void>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<void>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::append_if(std::string tenant, Standing standing,
                                                     std::vector<NewEvent> events) {
  auto unit = check(std::move(tenant), std::move(events));
  if (!unit) co_return base::fail(unit.error());
  unit->standing = std::move(standing);
  std::function<Result<void>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<void>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::record_domain(DomainUpdate update) {
  auto unit = check(std::move(update));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<void>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<void>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::put_proof(std::string tenant, std::string name, Proof proof) {
  auto unit = check(std::move(tenant), std::move(name), std::move(proof));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<void>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<void>(std::move(action));
}

asio::awaitable<Result<MoveRow>> SqliteStore::start_move(NewMove move) {
  auto unit = check(std::move(move));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<MoveRow>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<MoveRow>(std::move(action));
}

asio::awaitable<Result<MoveRow>> SqliteStore::update_move(MoveUpdate update) {
  auto unit = check(std::move(update));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<MoveRow>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<MoveRow>(std::move(action));
}

asio::awaitable<Result<std::vector<bool>>> SqliteStore::record_move_names(MoveKey move, MovePhase phase,
                                                                          std::vector<MoveNameUpdate> names) {
  auto unit = check(move, phase, std::move(names));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<std::vector<bool>>(UnitWriter&)> action =
      [unit = std::move(*unit)](UnitWriter& writer) { return writer.write(unit); };
  co_return co_await parts_->submit<std::vector<bool>>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::rebuild() {
  std::function<Result<void>(UnitWriter&)> action = [](UnitWriter& writer) { return writer.rebuild(); };
  co_return co_await parts_->submit<void>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::limit_open_runs(std::uint64_t most) {
  std::function<Result<void>(UnitWriter&)> action = [most](UnitWriter& writer) {
    writer.limit_open_runs(most);
    return Result<void>{};
  };
  co_return co_await parts_->submit<void>(std::move(action));
}

asio::awaitable<void> SqliteStore::wait_for_event(std::string tenant, std::uint64_t seq,
                                                  base::Duration wait) {
  co_await parts_->waits.wait(std::move(tenant), seq, wait);
}

Result<std::optional<NameRow>> SqliteStore::find_name(std::string_view tenant, std::string_view name) {
  return parts_->readers->lend()->names().find_name(tenant, name);
}

Result<std::vector<NameRow>> SqliteStore::list_names(std::string_view tenant, std::string_view domain,
                                                     std::optional<NameState> state, std::string_view after,
                                                     std::uint32_t limit) {
  return parts_->readers->lend()->names().list_names(tenant, domain, state, after, limit);
}

Result<std::vector<OfferRow>> SqliteStore::offers_of(std::string_view tenant, std::string_view name,
                                                     std::uint32_t limit) {
  return parts_->readers->lend()->offers().offers_of(tenant, name, limit);
}

Result<std::vector<Store::DueOffer>> SqliteStore::retired_offers_due(base::WallTime now,
                                                                     Store::DuePlace after,
                                                                     std::uint32_t limit) {
  return parts_->readers->lend()->offers().retired_offers_due(now, after, limit);
}

Result<std::vector<Store::DueOffer>> SqliteStore::offers_ending(base::WallTime time, Store::DuePlace after,
                                                                std::uint32_t limit) {
  return parts_->readers->lend()->offers().offers_ending(time, after, limit);
}

Result<std::vector<Store::DueOffer>> SqliteStore::active_offers_ending(base::WallTime time,
                                                                       Store::DuePlace after,
                                                                       std::uint32_t limit) {
  return parts_->readers->lend()->offers().active_offers_ending(time, after, limit);
}

Result<NameKey> SqliteStore::newest_name() {
  return parts_->readers->lend()->names().newest_name();
}

Result<std::vector<WatchedName>> SqliteStore::watched_names(std::span<const NameKey> keys) {
  return parts_->readers->lend()->names().watched_names(keys);
}

Result<std::vector<WatchedName>> SqliteStore::degraded_names(std::uint32_t limit) {
  return parts_->readers->lend()->names().degraded_names(limit);
}

Result<std::optional<Proof>> SqliteStore::find_proof(std::string_view name) {
  return parts_->readers->lend()->proofs().find_proof(name);
}

Result<std::vector<Store::EndingProof>> SqliteStore::proofs_ending(base::WallTime time, ProofPlace after,
                                                                   std::uint32_t limit) {
  return parts_->readers->lend()->proofs().proofs_ending(time, after, limit);
}

Result<std::optional<DomainRow>> SqliteStore::find_domain(std::string_view tenant, std::string_view domain) {
  return parts_->readers->lend()->domains().find_domain(tenant, domain);
}

Result<std::vector<DomainRow>> SqliteStore::list_domains(std::string_view tenant, std::string_view after,
                                                         std::uint32_t limit) {
  return parts_->readers->lend()->domains().list_domains(tenant, after, limit);
}

Result<std::optional<Store::KeyUse>> SqliteStore::find_key_use(std::string_view tenant,
                                                               std::string_view key) {
  return parts_->readers->lend()->runs().find_key_use(tenant, key);
}

Result<std::optional<RunRow>> SqliteStore::find_run(std::string_view tenant, base::Uuid id) {
  return parts_->readers->lend()->runs().find_run(tenant, id);
}

Result<std::vector<RunRow>> SqliteStore::list_runs(std::string_view tenant, std::string_view name,
                                                   std::optional<RunState> state, base::Uuid before,
                                                   std::uint32_t limit) {
  return parts_->readers->lend()->runs().list_runs(tenant, name, state, before, limit);
}

Result<std::vector<JournalEntry>> SqliteStore::journal_of(RunKey run) {
  return parts_->readers->lend()->runs().journal_of(run);
}

Result<std::optional<OpenRun>> SqliteStore::load_run(RunKey run) {
  return parts_->readers->lend()->runs().load_run(run);
}

Result<std::vector<OpenRun>> SqliteStore::open_runs(RunKey after, std::uint32_t limit) {
  return parts_->readers->lend()->runs().open_runs(after, limit);
}

Result<EventPage> SqliteStore::events_after(std::string_view tenant, Position after, std::uint32_t limit) {
  return parts_->readers->lend()->events().events_after(tenant, after, limit);
}

Result<std::vector<InstanceUse>> SqliteStore::instances_in_use() {
  return parts_->readers->lend()->uses().instances_in_use();
}

Result<InUse> SqliteStore::in_use() {
  return parts_->readers->lend()->uses().in_use();
}

Result<Totals> SqliteStore::totals() {
  return parts_->readers->lend()->uses().totals();
}

Result<std::vector<MoveRow>> SqliteStore::open_moves() {
  return parts_->readers->lend()->moves().open_moves();
}
Result<std::vector<MoveRow>> SqliteStore::moves_of(std::string_view domain, std::uint32_t limit) {
  return parts_->readers->lend()->moves().moves_of(domain, limit);
}
Result<std::optional<MoveOfName>> SqliteStore::move_of_name(std::string_view domain, std::string_view name) {
  return parts_->readers->lend()->moves().move_of_name(domain, name);
}
Result<std::string> SqliteStore::instance_after_moves(std::string_view domain, std::string_view configured) {
  return parts_->readers->lend()->moves().instance_after_moves(domain, configured);
}
Result<std::vector<MovingName>> SqliteStore::moving_names(const MoveRow& move, std::string_view after,
                                                          std::uint32_t limit) {
  return parts_->readers->lend()->moves().moving_names(move, after, limit);
}
Result<std::vector<MoveNameRow>> SqliteStore::move_names(MoveKey move, MoveNameState state,
                                                         std::string_view after, std::uint32_t limit) {
  return parts_->readers->lend()->moves().move_names(move, state, after, limit);
}
Result<std::uint64_t> SqliteStore::earlier_runs(const MoveRow& move) {
  return parts_->readers->lend()->moves().earlier_runs(move);
}
Result<MoveStore::MoveCounts> SqliteStore::move_counts(const MoveRow& move) {
  return parts_->readers->lend()->moves().move_counts(move);
}

asio::awaitable<Result<AddedNode>> SqliteStore::add_node(NewNode node) {
  auto unit = check(std::move(node));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<AddedNode>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<AddedNode>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::remove_node(std::string tenant, base::Uuid id, NewEvent event) {
  auto unit = check(std::move(tenant), id, std::move(event));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<void>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<void>(std::move(action));
}

asio::awaitable<Result<NodeRow>> SqliteStore::replace_credentials(NewCredentials credentials) {
  auto unit = check(std::move(credentials));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<NodeRow>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<NodeRow>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::record_node_look(NodeLook look, std::vector<NodeNews> news) {
  auto unit = check(std::move(look), std::move(news));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<void>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<void>(std::move(action));
}

Result<std::vector<NodeRow>> SqliteStore::added_nodes(base::Uuid after, std::uint32_t limit) {
  return parts_->readers->lend()->nodes().added_nodes(after, limit);
}
Result<std::vector<NodeLook>> SqliteStore::node_looks() {
  return parts_->readers->lend()->nodes().node_looks();
}
Result<std::vector<NodeUse>> SqliteStore::node_uses() {
  return parts_->readers->lend()->nodes().node_uses();
}
Result<std::vector<NodeUse>> SqliteStore::node_uses_of(std::string_view tenant) {
  return parts_->readers->lend()->nodes().node_uses_of(tenant);
}
Result<std::optional<SealedSecret>> SqliteStore::find_secret(std::string_view handle) {
  return parts_->readers->lend()->nodes().find_secret(handle);
}
Result<std::optional<NodeStore::NodeKeyUse>> SqliteStore::find_node_key(std::string_view tenant,
                                                                        std::string_view key) {
  return parts_->readers->lend()->nodes().find_node_key(tenant, key);
}

Result<std::vector<std::string>> SqliteStore::compare_rebuilt() {
  return state::compare_rebuilt(parts_->settings.path, parts_->settings.vfs);
}

Result<ChainReport> SqliteStore::verify_chain() {
  auto reader = parts_->readers->lend();
  return state::verify_chain(reader->connection());
}

}  // namespace paynamed::state
