#include "state/reader.hpp"

#include <algorithm>

namespace paynamed::state {

Reader::Reader(Connection connection, std::uint32_t epoch)
    : connection_(std::move(connection)),
      snapshots_(connection_),
      tenants_(connection_),
      names_(connection_, tenants_),
      offers_(connection_, tenants_),
      proofs_(connection_),
      domains_(connection_, tenants_),
      runs_(connection_, snapshots_, tenants_),
      events_(connection_, snapshots_, tenants_, epoch),
      moves_(connection_),
      payments_(connection_, tenants_),
      orders_(connection_, tenants_),
      nodes_(connection_, tenants_),
      uses_(connection_, snapshots_, moves_),
      webhooks_(connection_, tenants_, epoch) {}

base::Result<std::unique_ptr<Reader>> Reader::open(const std::string& path, const std::string& vfs) {
  auto connection = Connection::open(path, Connection::Mode::kReadOnly, vfs);
  if (!connection) return base::fail(connection.error());
  // A reader must never fold the WAL into the file, not even the last one that closes it.
  sqlite3_db_config(connection->raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  // A name that is looked up takes four pages (index and row of the name, index and row of its offer): 24 MB
  // hold those of some 1,400 names in a file of a million. One that is not here costs microseconds though the
  // system has it.
  auto done =
      connection->execute("PRAGMA query_only = ON; PRAGMA cache_size = -24576; PRAGMA temp_store = MEMORY");
  if (!done) return base::fail(done.error());
  const auto epoch = connection->integer("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'epoch'");
  if (!epoch) return base::fail(epoch.error());
  return std::unique_ptr<Reader>(new Reader(std::move(*connection), static_cast<std::uint32_t>(*epoch)));
}

base::Result<std::unique_ptr<ReaderPool>> ReaderPool::open(const std::string& path, const std::string& vfs,
                                                           std::size_t count) {
  auto pool = std::make_unique<ReaderPool>();
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    auto reader = Reader::open(path, vfs);
    if (!reader) return base::fail(reader.error());
    pool->idle_.push_back(std::move(*reader));
  }
  return pool;
}

ReaderPool::Lease ReaderPool::lend() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [this] { return !idle_.empty(); });
  auto reader = std::move(idle_.back());
  idle_.pop_back();
  return Lease(*this, std::move(reader));
}

void ReaderPool::give_back(std::unique_ptr<Reader> reader) {
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(reader));
  }
  returned_.notify_one();
}

}  // namespace paynamed::state
