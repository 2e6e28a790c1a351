#include "host/secrets.hpp"

#include <paynamed/plugin/v1/secret.pb.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "host/services.hpp"
#include "host/text.hpp"

namespace paynamed::host {
namespace {

constexpr mode_t kOthers = S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;

base::Result<std::string> read_env(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) {
    return base::fail(
        base::failed_precondition("The environment variable " + name +
                                  " is not set; set it for the daemon or correct the configuration."));
  }
  return std::string(value);
}

base::Result<std::string> read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return base::fail(base::failed_precondition("The secret file " + path.string() +
                                                " is not there; make it or correct the configuration."));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return base::fail(base::failed_precondition("The secret file " + path.string() +
                                                " cannot be opened; let the daemon's user read it."));
  }
  // One byte more than allowed, to notice.
  std::string value(kMostSecretBytes + 1, '\0');
  file.read(value.data(), static_cast<std::streamsize>(value.size()));
  value.resize(static_cast<std::size_t>(file.gcount()));
  return value;
}

}  // namespace

std::string SecretSource::to_string() const {
  return (kind == Kind::kEnv ? "env \"" : "file \"") + printable(where, 300) + "\"";
}

base::Result<std::string> read_secret(const SecretSource& source, const std::filesystem::path& directory) {
  const bool env = source.kind == SecretSource::Kind::kEnv;
  // A path that is absolute replaces `directory` (std::filesystem::path::operator/).
  auto value = env ? read_env(source.where) : read_file(directory / source.where);
  if (!value) return value;
  if (value->size() > kMostSecretBytes) {
    return base::fail(
        base::failed_precondition("The secret in " + source.to_string() + " is longer than 64 KiB."));
  }
  if (value->ends_with('\n')) value->pop_back();
  if (value->ends_with('\r')) value->pop_back();
  if (value->empty()) {
    return base::fail(base::failed_precondition("The secret in " + source.to_string() + " is empty."));
  }
  return value;
}

Secrets::Secrets(std::string instance, std::filesystem::path directory, observe::Log log, AddedSecrets added)
    : instance_(std::move(instance)),
      directory_(std::move(directory)),
      log_(std::move(log)),
      added_(std::move(added)) {}

std::string Secrets::add(std::string_view path, SecretSource source) {
  auto handle = "secret:" + instance_ + std::string(path);
  const std::lock_guard lock(mutex_);
  sources_.insert_or_assign(handle, std::move(source));
  return handle;
}

base::Result<std::string> Secrets::read_added(std::string_view handle) {
  auto value = added_(handle);
  if (value) log_.redaction().add_of_caller(*value);
  return value;
}

base::Result<std::string> Secrets::read(std::string_view handle) {
  const std::string own = "secret:" + instance_;
  const bool is_added = handle.starts_with(own + "/added/") || handle.starts_with(own + "/webhook/");
  if (added_ && is_added) return read_added(handle);
  SecretSource source;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sources_.find(handle);
    if (found == sources_.end()) {
      return base::fail(base::not_found("The instance " + instance_ + " has no secret \"" +
                                        printable(handle, 200) +
                                        "\"; it may read those of its own configuration only."));
    }
    source = found->second;
  }
  if (source.kind == SecretSource::Kind::kFile) warn_if_others_can_read(directory_ / source.where);
  auto value = read_secret(source, directory_);
  if (value) log_.redaction().add(*value);
  return value;
}

void Secrets::warn_if_others_can_read(const std::filesystem::path& file) {
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0 || (about.st_mode & kOthers) == 0) return;
  {
    const std::lock_guard lock(mutex_);
    if (!warned_.insert(file.string()).second) return;
  }
  log_.warning("others than its owner can read or change a secret file; chmod 600 it",
               {{"instance", instance_}, {"file", file.string()}});
}

Service secret_service(Secrets& secrets) {
  return [&secrets](const ServiceCall& call, const ServiceReply& reply) {
    if (call.method != "Read") {
      return reply(
          base::fail(base::unimplemented("pn.secret/1 has no method " + printable(call.method, 64) + ".")));
    }
    plugin::v1::ReadSecretRequest request;
    if (!request.ParseFromString(call.request)) {
      return reply(base::fail(base::invalid_argument("The request Read could not be decoded.")));
    }
    auto value = secrets.read(request.handle());
    if (!value) return reply(base::fail(std::move(value).error()));
    plugin::v1::ReadSecretReply answer;
    answer.set_value(*value);
    reply(answer.SerializeAsString());
  };
}

}  // namespace paynamed::host
