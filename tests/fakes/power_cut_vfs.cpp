#include "tests/fakes/power_cut_vfs.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <random>
#include <stdexcept>
#include <vector>

namespace paynamed::fakes {
namespace {

constexpr std::size_t kSector = 512;

using Bytes = std::vector<unsigned char>;

// One change that was not synced: bytes at an offset, or a new length.
struct Change {
  bool truncates = false;
  std::size_t at = 0;  // or the new length
  Bytes bytes;
};

// The file on the real disk, opened behind SQLite's back. Closing it drops the POSIX locks that this process
// has on the file; all connections are in this process, and SQLite keeps its own account of those.
class RealFile {
 public:
  explicit RealFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (descriptor_ < 0) throw std::runtime_error("the power-cut disk cannot open " + path);
  }
  ~RealFile() { ::close(descriptor_); }
  RealFile(const RealFile&) = delete;
  RealFile& operator=(const RealFile&) = delete;

  void apply(const Change& change) const {
    if (change.truncates) {
      check(::ftruncate(descriptor_, static_cast<off_t>(change.at)) == 0);
    } else {
      write(change.at, change.bytes.data(), change.bytes.size());
    }
  }
  void write(std::size_t at, const unsigned char* bytes, std::size_t size) const {
    check(::pwrite(descriptor_, bytes, size, static_cast<off_t>(at)) == static_cast<ssize_t>(size));
  }

 private:
  static void check(bool done) {
    if (!done) throw std::runtime_error("the power-cut disk cannot write");
  }
  int descriptor_;
};

struct FileState {
  std::string path;
  Bytes content;                // what SQLite reads
  std::vector<Change> changes;  // since the last sync
  bool deleted = false;         // for SQLite; the real one is there until a sync
};

}  // namespace

class PowerCutVfs::Disk {
 public:
  std::mutex mutex;
  std::map<std::string, FileState*> files;
  std::vector<std::unique_ptr<FileState>> owned;  // also those that are deleted and still open
  bool is_cut = false;
  bool syncs_fail = false;

  FileState* load(const std::string& path) {
    FileState*& file = files[path];
    if (file == nullptr) {
      file = owned.emplace_back(std::make_unique<FileState>()).get();
      file->path = path;
      const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
      struct stat status {};
      if (descriptor >= 0 && ::fstat(descriptor, &status) == 0) {
        file->content.resize(static_cast<std::size_t>(status.st_size));
        if (::pread(descriptor, file->content.data(), file->content.size(), 0) != status.st_size) {
          file->content.clear();
        }
      }
      if (descriptor >= 0) ::close(descriptor);
    }
    return file;
  }

  void change(FileState& file, Change change) {
    if (change.truncates) {
      file.content.resize(change.at);
    } else {
      const std::size_t end = change.at + change.bytes.size();
      if (file.content.size() < end) file.content.resize(end);
      std::copy(change.bytes.begin(), change.bytes.end(),
                file.content.begin() + static_cast<std::ptrdiff_t>(change.at));
    }
    file.changes.push_back(std::move(change));
  }

  static void sync(FileState& file) {
    if (file.changes.empty()) return;
    const RealFile real(file.path);
    for (const Change& change : file.changes) real.apply(change);
    file.changes.clear();
  }

  static void tear(const FileState& file, std::mt19937_64& random) {
    if (file.changes.empty()) return;
    const RealFile real(file.path);
    for (const Change& change : file.changes) {
      if (change.truncates) {
        if (random() % 2 == 0) real.apply(change);
        continue;
      }
      for (std::size_t at = 0; at < change.bytes.size(); at += kSector) {
        if (random() % 2 == 0) continue;
        real.write(change.at + at, change.bytes.data() + at, std::min(kSector, change.bytes.size() - at));
      }
    }
  }
};

namespace {

using Disk = PowerCutVfs::Disk;

struct VfsData {
  sqlite3_vfs* real = nullptr;
  Disk disk;
};

// SQLite allocates szOsFile bytes for it; the real VFS's file follows right behind.
struct File {
  sqlite3_file base;
  VfsData* data;
  FileState* state;
};

File& of(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file);
}
sqlite3_file* real_of(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(&of(file) + 1);
}

// Runs `work` on the file's state, unless the power is gone.
template <class Work>
int with_file(sqlite3_file* file, int when_cut, Work work) {
  try {
    Disk& disk = of(file).data->disk;
    const std::lock_guard lock(disk.mutex);
    if (disk.is_cut) return when_cut;
    return work(disk, *of(file).state);
  } catch (const std::exception&) {
    return when_cut;
  }
}

int close_file(sqlite3_file* file) {
  of(file).state = nullptr;
  return real_of(file)->pMethods->xClose(real_of(file));
}

int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  return with_file(file, SQLITE_IOERR_READ, [&](Disk&, FileState& state) {
    const auto begin = std::min(static_cast<std::size_t>(at), state.content.size());
    const auto got = std::min(static_cast<std::size_t>(size), state.content.size() - begin);
    if (got > 0) std::memcpy(to, state.content.data() + begin, got);
    if (got == static_cast<std::size_t>(size)) return SQLITE_OK;
    std::memset(static_cast<unsigned char*>(to) + got, 0, static_cast<std::size_t>(size) - got);
    return SQLITE_IOERR_SHORT_READ;
  });
}

int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  return with_file(file, SQLITE_IOERR_WRITE, [&](Disk& disk, FileState& state) {
    const auto* bytes = static_cast<const unsigned char*>(from);
    disk.change(state, Change{false, static_cast<std::size_t>(at), Bytes(bytes, bytes + size)});
    return SQLITE_OK;
  });
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  return with_file(file, SQLITE_IOERR_TRUNCATE, [&](Disk& disk, FileState& state) {
    disk.change(state, Change{true, static_cast<std::size_t>(size), {}});
    return SQLITE_OK;
  });
}

int sync_file(sqlite3_file* file, int) {
  return with_file(file, SQLITE_IOERR_FSYNC, [](Disk& disk, FileState& state) {
    if (disk.syncs_fail) return SQLITE_IOERR_FSYNC;
    Disk::sync(state);
    return SQLITE_OK;
  });
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  return with_file(file, SQLITE_IOERR_FSTAT, [&](Disk&, FileState& state) {
    *size = static_cast<sqlite3_int64>(state.content.size());
    return SQLITE_OK;
  });
}

int lock_file(sqlite3_file* file, int level) {
  return real_of(file)->pMethods->xLock(real_of(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
  return real_of(file)->pMethods->xUnlock(real_of(file), level);
}
int is_reserved(sqlite3_file* file, int* out) {
  return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

int control_file(sqlite3_file* file, int what, void* argument) {
  switch (what) {
    // These would change or map the real file.
    case SQLITE_FCNTL_SIZE_HINT:
    case SQLITE_FCNTL_CHUNK_SIZE:
    case SQLITE_FCNTL_MMAP_SIZE:
      return SQLITE_NOTFOUND;
    default:
      return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
  }
}

int sector_size(sqlite3_file*) {
  return static_cast<int>(kSector);
}
int characteristics(sqlite3_file* file) {
  return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}
int map_shared(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}
int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
  return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}
void barrier(sqlite3_file* file) {
  real_of(file)->pMethods->xShmBarrier(real_of(file));
}
int unmap_shared(sqlite3_file* file, int remove) {
  return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

// Version 2: without xFetch, so that nothing is mapped around the disk.
const sqlite3_io_methods kMethods = {
    2,           close_file,  read_file,    write_file,   truncate_file, sync_file,       size_of_file,
    lock_file,   unlock_file, is_reserved,  control_file, sector_size,   characteristics, map_shared,
    lock_shared, barrier,     unmap_shared, nullptr,      nullptr};

VfsData& data_of(sqlite3_vfs* vfs) {
  return *static_cast<VfsData*>(vfs->pAppData);
}

bool is_kept(int flags) {
  return (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
}

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  VfsData& data = data_of(vfs);
  file->pMethods = nullptr;
  // Temporary files need not outlive anything.
  if (name == nullptr || !is_kept(flags)) return data.real->xOpen(data.real, name, file, flags, out_flags);
  try {
    const std::lock_guard lock(data.disk.mutex);
    if (data.disk.is_cut) return SQLITE_CANTOPEN;
    const auto known = data.disk.files.find(name);
    const bool was_deleted = known != data.disk.files.end() && known->second->deleted;
    if (was_deleted && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    if (const int rc = data.real->xOpen(data.real, name, real_of(file), flags, out_flags); rc != SQLITE_OK) {
      return rc;
    }
    of(file).data = &data;
    of(file).state = data.disk.load(name);
    of(file).state->deleted = false;
    file->pMethods = &kMethods;
    return SQLITE_OK;
  } catch (const std::exception&) {
    return SQLITE_CANTOPEN;
  }
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  VfsData& data = data_of(vfs);
  try {
    const std::lock_guard lock(data.disk.mutex);
    if (data.disk.is_cut) return SQLITE_IOERR_DELETE;
    if (::access(name, F_OK) != 0) return SQLITE_IOERR_DELETE_NOENT;
    FileState* file = data.disk.load(name);
    if (file->deleted) return SQLITE_IOERR_DELETE_NOENT;
    // Made again under the same name it begins empty, and the old content is back when that was not synced.
    data.disk.change(*file, Change{true, 0, {}});
    file->deleted = true;
    if (sync_directory == 0) return SQLITE_OK;
    data.disk.files.erase(name);
    return data.real->xDelete(data.real, name, sync_directory);
  } catch (const std::exception&) {
    return SQLITE_IOERR_DELETE;
  }
}

int access_file(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  VfsData& data = data_of(vfs);
  {
    const std::lock_guard lock(data.disk.mutex);
    const auto known = data.disk.files.find(name);
    if (known != data.disk.files.end()) {
      // As the real VFS: an empty file counts as none.
      *out =
          known->second->deleted || (flags == SQLITE_ACCESS_EXISTS && known->second->content.empty()) ? 0 : 1;
      return SQLITE_OK;
    }
  }
  return data.real->xAccess(data.real, name, flags, out);
}

int full_path(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  return data_of(vfs).real->xFullPathname(data_of(vfs).real, name, size, out);
}
int randomness(sqlite3_vfs* vfs, int size, char* out) {
  return data_of(vfs).real->xRandomness(data_of(vfs).real, size, out);
}
int sleep_micros(sqlite3_vfs* vfs, int micros) {
  return data_of(vfs).real->xSleep(data_of(vfs).real, micros);
}
int current_time(sqlite3_vfs* vfs, double* out) {
  return data_of(vfs).real->xCurrentTime(data_of(vfs).real, out);
}
int last_error(sqlite3_vfs* vfs, int size, char* out) {
  return data_of(vfs).real->xGetLastError(data_of(vfs).real, size, out);
}
int current_time_64(sqlite3_vfs* vfs, sqlite3_int64* out) {
  return data_of(vfs).real->xCurrentTimeInt64(data_of(vfs).real, out);
}

}  // namespace

struct PowerCutVfs::Registration {
  std::string name;
  VfsData data;
  sqlite3_vfs vfs{};
};

PowerCutVfs::PowerCutVfs(std::string name) : registration_(std::make_unique<Registration>()) {
  Registration& it = *registration_;
  it.name = std::move(name);
  it.data.real = sqlite3_vfs_find(nullptr);
  it.vfs.iVersion = 2;
  it.vfs.szOsFile = static_cast<int>(sizeof(File)) + it.data.real->szOsFile;
  it.vfs.mxPathname = it.data.real->mxPathname;
  it.vfs.zName = it.name.c_str();
  it.vfs.pAppData = &it.data;
  it.vfs.xOpen = open_file;
  it.vfs.xDelete = delete_file;
  it.vfs.xAccess = access_file;
  it.vfs.xFullPathname = full_path;
  it.vfs.xRandomness = randomness;
  it.vfs.xSleep = sleep_micros;
  it.vfs.xCurrentTime = current_time;
  it.vfs.xGetLastError = last_error;
  it.vfs.xCurrentTimeInt64 = current_time_64;
  if (sqlite3_vfs_register(&it.vfs, 0) != SQLITE_OK)
    throw std::runtime_error("the power-cut disk is not registered");
}

PowerCutVfs::~PowerCutVfs() {
  sqlite3_vfs_unregister(&registration_->vfs);
}

const std::string& PowerCutVfs::name() const {
  return registration_->name;
}

void PowerCutVfs::cut(std::uint64_t seed) {
  Disk& disk = registration_->data.disk;
  const std::lock_guard lock(disk.mutex);
  if (disk.is_cut) return;
  disk.is_cut = true;
  if (seed == 0) return;
  std::mt19937_64 random(seed);
  for (const auto& [path, file] : disk.files) Disk::tear(*file, random);
}

void PowerCutVfs::fail_syncs() {
  Disk& disk = registration_->data.disk;
  const std::lock_guard lock(disk.mutex);
  disk.syncs_fail = true;
}

std::uint64_t PowerCutVfs::unsynced_bytes() const {
  Disk& disk = registration_->data.disk;
  const std::lock_guard lock(disk.mutex);
  std::uint64_t bytes = 0;
  for (const auto& [path, file] : disk.files) {
    for (const Change& change : file->changes) bytes += change.bytes.size();
  }
  return bytes;
}

}  // namespace paynamed::fakes
