#include "route53_lab.hpp"

#include <fstream>
#include <stdexcept>

namespace paynamed::dns_providers {

Route53Lab::Route53Lab(boost::json::object more) : more_(std::move(more)) {
  std::string pattern = (std::filesystem::temp_directory_path() / "route53-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed for " + pattern);
  directory_ = pattern;
  fake_.settings({{"request_rate", 100'000.0}, {"request_burst", 100'000}});
}

Route53Lab::~Route53Lab() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::filesystem::path Route53Lab::secret_file(const std::string& secret) {
  const auto file = directory_ / std::to_string(std::hash<std::string>()(secret));
  std::ofstream(file) << secret << "\n";
  std::filesystem::permissions(file,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return file;
}

boost::json::object Route53Lab::table() const {
  boost::json::object table{{"endpoint", fake_.endpoint()}, {"sts_endpoint", fake_.endpoint()},
                            {"requests_per_second", 1000},  {"request_burst", 10'000},
                            {"changes_per_second", 1000},   {"change_burst", 10'000}};
  for (const auto& [key, value] : more_) table[key] = value;
  return table;
}

std::unique_ptr<fakes::HostedPlugin> Route53Lab::make(const std::string& secret,
                                                      const boost::json::object& more) {
  boost::json::object made = table();
  made["access_key_id"] = fakes::FakeRoute53::kAccessKeyId;
  made["secret_access_key"] = {{"file", secret_file(secret).string()}};
  for (const auto& [key, value] : more) made[key] = value;
  return std::make_unique<fakes::HostedPlugin>(ROUTE53_MODULE, made, journal_);
}

std::unique_ptr<fakes::HostedPlugin> Route53Lab::make_without_keys() {
  return std::make_unique<fakes::HostedPlugin>(ROUTE53_MODULE, table(), journal_);
}

}  // namespace paynamed::dns_providers
