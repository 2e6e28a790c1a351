// A disk that loses what was not synced: an SQLite VFS over real files which keeps every write in memory
// until xSync.
//
// Reads see the writes, the real file does not: when the process ends, by kill -9 or _exit, at whatever
// moment, that IS the power cut. cut() ends the disk inside a living process and can leave a torn state: a
// random choice of the sectors that were written and not synced. A deletion, and the emptying of a deleted
// file that is made again, are writes like others. What was made outside (the state file itself, which the
// store makes and syncs) is real at once.
//
// Locks and the shared memory of the WAL are the real VFS's, so several connections, also of several threads,
// work; they must all be in one process.
//
// Threads: every function may be called from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace paynamed::fakes {

class PowerCutVfs {
 public:
  // Registers the VFS under `name` (SqliteStore::Settings::vfs) until it is destroyed; no connection may use
  // it then.
  explicit PowerCutVfs(std::string name);
  ~PowerCutVfs();
  PowerCutVfs(const PowerCutVfs&) = delete;
  PowerCutVfs& operator=(const PowerCutVfs&) = delete;

  const std::string& name() const;

  // Ends the disk: every later use fails with SQLITE_IOERR. `seed` 0: all unsynced writes are lost; else of
  // each unsynced sector (512 bytes) the old or a new content stays, by chance.
  void cut(std::uint64_t seed = 0);

  // From now on every sync fails (SQLITE_IOERR_FSYNC) and writes nothing.
  void fail_syncs();
  // Bytes that a cut would lose now.
  std::uint64_t unsynced_bytes() const;

  class Disk;

 private:
  struct Registration;
  std::unique_ptr<Registration> registration_;
};

}  // namespace paynamed::fakes
