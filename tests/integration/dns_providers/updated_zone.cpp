#include "updated_zone.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <fstream>
#include <stdexcept>

#include "tests/fakes/daemon/child.hpp"

namespace paynamed::dns_providers {
namespace fs = std::filesystem;

namespace {

constexpr char kWrongSecret[] = "d3JvbmctYnV0LW9mLXRoZS1yaWdodC1sZW5ndGgtMzI=";

fs::path make_directory() {
  std::string pattern = (fs::temp_directory_path() / "paynamed-updates-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed for " + pattern);
  return pattern;
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
}

}  // namespace

UpdatedZone::UpdatedZone(std::string apex, std::uint16_t port, std::string key_name, std::string key_secret)
    : apex_(std::move(apex)),
      port_(port),
      key_name_(std::move(key_name)),
      key_secret_(std::move(key_secret)),
      directory_(make_directory()),
      relay_(kRelayAddress, port, "127.0.0.1", port),
      reader_("127.0.0.1", port) {
  write(directory_ / "secret", key_secret_ + "\n");
  write(directory_ / "wrong", std::string(kWrongSecret) + "\n");
}

UpdatedZone::~UpdatedZone() {
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

boost::json::object UpdatedZone::table(const std::string& server, const std::string& secret_file) const {
  return {{"server", server},
          {"port", std::int64_t{port_}},
          {"tsig",
           {{"name", key_name_},
            {"algorithm", "hmac-sha256"},
            {"secret", {{"file", (directory_ / secret_file).string()}}}}}};
}

std::vector<std::string> UpdatedZone::secrets() const {
  return {key_secret_, kWrongSecret};
}

std::vector<testing::PeerTxt> UpdatedZone::txt(const std::string& name) {
  std::vector<testing::PeerTxt> found;
  for (const auto& each : reader_.txt(name)) found.push_back({each.value, each.ttl_seconds});
  return found;
}

void UpdatedZone::add_txt(const std::string& name, const std::string& value) {
  update(fmt::format("update add {} 300 TXT \"{}\"\n", name, value));
}

void UpdatedZone::add_cname(const std::string& name, const std::string& target) {
  set_cname(name, target);
  cnames_.insert(name);
}

void UpdatedZone::clear(const std::string& name) {
  if (cnames_.erase(name) != 0) unset_cname(name);
  if (!reader_.txt(name).empty()) update(fmt::format("update delete {} TXT\n", name));
}

void UpdatedZone::set_cname(const std::string& name, const std::string& target) {
  update(fmt::format("update add {} 300 CNAME {}\n", name, target));
}

void UpdatedZone::unset_cname(const std::string& name) {
  update(fmt::format("update delete {} CNAME\n", name));
}

void UpdatedZone::update(const std::string& lines) const {
  const fs::path file = directory_ / "update";
  write(file, fmt::format("server 127.0.0.1 {}\nzone {}\nkey hmac-sha256:{} {}\n{}send\n", port_, apex_,
                          key_name_, key_secret_, lines));
  const auto ended = fakes::run_program({"nsupdate", "-v", file.string()});
  if (ended.exit_code != 0) throw std::runtime_error("nsupdate: " + ended.output + ended.errors);
}

}  // namespace paynamed::dns_providers
