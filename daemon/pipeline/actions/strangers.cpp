#include "pipeline/actions/strangers.hpp"

#include <fmt/format.h>

namespace paynamed::pipeline {
namespace {

// They are kept in the intent and sent to the provider in one request.
constexpr std::size_t kMostRecords = 100;
constexpr std::size_t kMostBytes = 32'000;

}  // namespace

boost::asio::awaitable<base::Result<void>> check_replaceable(const DnsZone& zone, const StepContext& context,
                                                             const RecordPlace& place,
                                                             const std::vector<std::string>& found) {
  std::size_t bytes = 0;
  for (const std::string& value : found) bytes += value.size();
  if (found.size() > kMostRecords || bytes > kMostBytes) {
    co_return base::fail(base::failed_precondition(
        fmt::format("{} has {} TXT records of {} bytes, more than are replaced at once; remove them by hand",
                    place.owner_name, found.size(), bytes)));
  }
  if (found.size() < 2) co_return base::Result<void>{};
  const auto provider = co_await zone.describe(context, place);
  if (!provider) co_return base::fail(provider.error());
  if (provider->replaces_several()) co_return base::Result<void>{};
  co_return base::fail(base::failed_precondition(fmt::format(
      "{} has {} TXT records, and '{}' cannot replace several at once; remove all but one by hand",
      place.owner_name, found.size(), place.instance)));
}

void expect(plugin::v1::PublishRequest& request, const std::vector<std::string>& found) {
  if (found.empty()) {
    request.set_absent(true);
  } else if (found.size() == 1) {
    request.set_previous_value(found.front());
  } else {
    for (const std::string& value : found) request.mutable_previous_values()->add_values(value);
  }
}

std::string counted(std::size_t records) {
  return records == 0   ? "where nothing stood"
         : records == 1 ? "in place of another record"
                        : fmt::format("in place of {} records", records);
}

base::Status unreadable_intent() {
  return base::data_loss("the run's intent is unreadable; cancel the run");
}

}  // namespace paynamed::pipeline
