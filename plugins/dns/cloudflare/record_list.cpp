#include "record_list.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace paynamed::cloudflare {
namespace {

constexpr int kTries = 4;
constexpr std::size_t kLeastPerPage = 100;
// More than any plan has: an answer that never ends is not followed.
constexpr std::size_t kMostRecords = 2'000'000;

std::string url_encoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char each : text) {
    const auto c = static_cast<unsigned char>(each);
    if (std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_') {
      encoded += each;
    } else {
      encoded += '%';
      encoded += kHex[c >> 4];
      encoded += kHex[c & 15];
    }
  }
  return encoded;
}

Error not_a_list() {
  return Error(Code::kUnavailable,
               "Cloudflare's list of records has a form that is not known; it is tried again.");
}

// Nothing when one of them is no record: what cannot be read might be what is looked for.
std::optional<std::vector<Record>> records_in(const Answer& answer) {
  const auto* list = answer.result.if_array();
  if (list == nullptr) return std::nullopt;
  std::vector<Record> records;
  records.reserve(list->size());
  for (const auto& each : *list) {
    auto record = record_of(each);
    if (!record) return std::nullopt;
    records.push_back(std::move(*record));
  }
  return records;
}

}  // namespace

struct RecordList::Reading {
  std::string type;
  bool background;
  Then then;
  int tries = 0;
  std::size_t page = 1;
  std::int64_t total = -1;
  std::vector<Record> records;
  std::unordered_set<std::string> ids;
};

void RecordList::at_name(const std::string& name, bool background, Then then) {
  Request request;
  request.path =
      "/zones/" + zone_id_ + "/dns_records?name.exact=" + url_encoded(relative_name(name)) + "&per_page=5000";
  request.background = background;
  api_.send(std::move(request), Permission::kDnsRead,
            [name, then = std::move(then)](const Result<Answer>& answer) {
              if (!answer.ok()) return then(answer.error());
              if (!answer->success) return then(refusal_of(*answer));
              auto records = records_in(*answer);
              if (!records) return then(not_a_list());
              // A filter that the server does not know would give the whole zone.
              std::erase_if(*records, [&](const Record& each) { return each.name != name; });
              then(std::move(*records));
            });
}

void RecordList::all(const std::string& type, bool background, Then then) {
  next_page(std::make_shared<Reading>(Reading{type, background, std::move(then), 0, 1, -1, {}, {}}));
}

void RecordList::next_page(const std::shared_ptr<Reading>& reading) {
  Request request;
  request.path = "/zones/" + zone_id_ +
                 "/dns_records?order=name&direction=asc&per_page=" + std::to_string(per_page_) +
                 "&page=" + std::to_string(reading->page);
  if (!reading->type.empty()) request.path += "&type=" + reading->type;
  request.background = reading->background;
  api_.send(std::move(request), Permission::kDnsRead,
            [this, reading](const Result<Answer>& answer) { hear_page(reading, answer); });
}

void RecordList::hear_page(const std::shared_ptr<Reading>& reading, const Result<Answer>& answer) {
  if (answer.code() == Code::kOutOfRange && per_page_ > kLeastPerPage) {
    per_page_ = std::max(per_page_ / 2, kLeastPerPage);
    return restart(reading);
  }
  if (!answer.ok()) return reading->then(answer.error());
  if (!answer->success) return reading->then(refusal_of(*answer));
  auto records = records_in(*answer);
  if (!records || !answer->total_count || *answer->total_count < 0) return reading->then(not_a_list());
  const auto total = *answer->total_count;
  if (static_cast<std::uint64_t>(total) > kMostRecords) return reading->then(not_a_list());
  if (reading->total >= 0 && reading->total != total) return again(reading);
  reading->total = total;
  const bool last = records->empty();
  for (auto& record : *records) {
    // One that stands on two pages was pushed along by a new one.
    if (!reading->ids.insert(record.id).second) return again(reading);
    reading->records.push_back(std::move(record));
  }
  const auto got = reading->records.size();
  if (got == static_cast<std::size_t>(total)) return finish(reading);
  if (last || got > static_cast<std::size_t>(total)) return again(reading);
  ++reading->page;
  next_page(reading);
}

void RecordList::again(const std::shared_ptr<Reading>& reading) {
  if (++reading->tries >= kTries) {
    return reading->then(
        Error(Code::kUnavailable,
              "The zone's records changed each time while they were listed; it is tried again."));
  }
  restart(reading);
}

void RecordList::restart(const std::shared_ptr<Reading>& reading) {
  reading->page = 1;
  reading->total = -1;
  reading->records.clear();
  reading->ids.clear();
  next_page(reading);
}

void RecordList::finish(const std::shared_ptr<Reading>& reading) {
  if (reading->type == "TXT")
    txt_pages_ = std::max<std::size_t>(1, (reading->records.size() + per_page_ - 1) / per_page_);
  reading->then(std::move(reading->records));
}

}  // namespace paynamed::cloudflare
