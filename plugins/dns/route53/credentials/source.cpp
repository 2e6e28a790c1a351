#include "source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace paynamed::route53 {
namespace json = boost::json;
namespace {

constexpr std::size_t kMaxFileBytes = 64 * 1024;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

std::string text_in(const json::object& object, const char* key) {
  const json::value* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

}  // namespace

std::string process_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::shared_ptr<const SecretValue> secret_of(std::string text) {
  if (text.empty()) return nullptr;
  return std::make_shared<const SecretValue>(std::move(text));
}

std::optional<WallTime> time_of(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  const std::string copy(text.substr(0, 40));
  if (std::sscanf(copy.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) !=
          6 ||
      !copy.ends_with('Z')) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
    return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

Result<Credentials> credentials_in_json(std::string_view text, const std::string& who) {
  json::error_code error;
  json::parse_options options;
  options.max_depth = 8;
  const json::value value = json::parse(text, error, {}, options);
  const Error wrong(Code::kUnauthenticated,
                    "The answer of " + who + " has no credentials; look at what stands there.");
  if (error || !value.is_object()) return wrong;
  const json::object& object = value.get_object();
  Credentials found;
  found.access_key_id = text_in(object, "AccessKeyId");
  found.secret_access_key = secret_of(text_in(object, "SecretAccessKey"));
  found.session_token = secret_of(text_in(object, "Token"));
  found.expires = time_of(text_in(object, "Expiration"));
  if (found.access_key_id.empty() || found.secret_access_key == nullptr) return wrong;
  if (found.session_token != nullptr && !found.expires) return wrong;
  return found;
}

Result<std::optional<std::string>> read_small_file(const std::string& path) {
  const auto failed = [&path](const std::string& why) {
    return Error(Code::kUnauthenticated, "The file " + path + " cannot be read: " + why + ".");
  };
  // Not blocking: whatever stands there must not hold the strand.
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd() < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::optional<std::string>();
  if (file.fd() < 0) return failed(std::strerror(errno));
  struct stat about {};
  if (::fstat(file.fd(), &about) != 0) return failed(std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return failed("it is no regular file");
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t got = ::read(file.fd(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(std::strerror(errno));
    if (got == 0) return std::optional(std::move(text));
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > kMaxFileBytes) return failed("it is larger than 64 KiB");
  }
}

}  // namespace paynamed::route53
