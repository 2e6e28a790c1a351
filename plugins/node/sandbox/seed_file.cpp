#include "seed_file.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>

#include "file.hpp"
#include "paynamed/error.hpp"

namespace paynamed::sandbox {
namespace {

// A temporary file beside `path` (mode 0600) that is removed again, whether or not it got its final name.
class Draft {
 public:
  explicit Draft(const std::filesystem::path& path) : name_(path.string() + ".XXXXXX") {
    const int descriptor = ::mkostemp(name_.data(), O_CLOEXEC);
    if (descriptor < 0) throw_system_error("create", path);
    file_.emplace(descriptor, name_);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (file_) ::unlink(name_.c_str());
  }
  const File& file() const { return *file_; }
  const char* name() const { return name_.c_str(); }

 private:
  std::string name_;
  std::optional<File> file_;
};

}  // namespace

Bytes32 system_random() {
  Bytes32 bytes;
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw Error(Code::kInternal, "The system gave no random bytes; the sandbox cannot make a key.");
  }
  return bytes;
}

Bytes32 read_seed(const std::filesystem::path& path) {
  // O_NONBLOCK: a pipe in its place must be refused, not waited for.
  const auto file = File::open(path, O_RDONLY | O_NONBLOCK);
  struct stat found {};
  if (::fstat(file.descriptor(), &found) != 0) throw_system_error("look at", path);
  if (!S_ISREG(found.st_mode)) {
    throw Error(Code::kFailedPrecondition, "The key file " + path.string() +
                                               " is not a plain file; give key_file "
                                               "the path of a file of its own.");
  }
  if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    throw Error(Code::kFailedPrecondition, "The key file " + path.string() +
                                               " is open to other users of this machine; run: chmod 600 " +
                                               path.string() + ".");
  }
  auto content = file.read_all();
  Bytes32 seed{};
  const auto size = content.size();
  if (size == seed.size()) std::copy(content.begin(), content.end(), seed.begin());
  OPENSSL_cleanse(content.data(), content.size());
  if (size != seed.size()) {
    throw Error(Code::kFailedPrecondition, "The key file " + path.string() + " has " + std::to_string(size) +
                                               " bytes instead of 32; restore it from a backup, or remove it "
                                               "together with the state file to start with new keys.");
  }
  return seed;
}

void create_seed(const std::filesystem::path& path, const RandomBytes& random) {
  const Draft draft(path);
  auto seed = random();
  draft.file().write_all(seed);
  OPENSSL_cleanse(seed.data(), seed.size());
  draft.file().sync();
  // link() never replaces: the exclusive creation of a file that is complete at once.
  if (::link(draft.name(), path.c_str()) != 0 && errno != EEXIST) throw_system_error("create", path);
  sync_directory_of(path);
}

}  // namespace paynamed::sandbox
