// RecordList: records of one zone, whole: those of one name, or page by page all of one type.
//
// Threads: on the strand.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api.hpp"
#include "record.hpp"

namespace paynamed::cloudflare {

class RecordList {
 public:
  // `api` outlives it.
  RecordList(Api& api, std::string zone_id) : api_(api), zone_id_(std::move(zone_id)) {}

  using Then = std::function<void(Result<std::vector<Record>>)>;
  // All types, so that a CNAME is seen. Fails as Api::send().
  void at_name(const std::string& name, bool background, Then then);
  // All records of the zone, or those of one type, in the order of their names. A list that changed while it
  // was read is read again; UNAVAILABLE when it never stood still.
  void all(const std::string& type, bool background, Then then);

  // How many requests all() needs for TXT, as far as is known.
  std::size_t txt_pages() const { return txt_pages_; }

 private:
  struct Reading;
  void next_page(const std::shared_ptr<Reading>& reading);
  void hear_page(const std::shared_ptr<Reading>& reading, const Result<Answer>& answer);
  void again(const std::shared_ptr<Reading>& reading);
  void restart(const std::shared_ptr<Reading>& reading);
  void finish(const std::shared_ptr<Reading>& reading);

  Api& api_;
  std::string zone_id_;
  std::size_t per_page_ = 5'000;  // the most that Cloudflare gives
  std::size_t txt_pages_ = 1;
};

}  // namespace paynamed::cloudflare
