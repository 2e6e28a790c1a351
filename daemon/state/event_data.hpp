// EventData: the data of an event of the store's own, put together and written as text at once.
//
// Threads: a value of one thread.
#pragma once

#include <fmt/format.h>

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "state/model.hpp"

namespace paynamed::state {

// Lives only until it is text, so its memory is its own.
class EventData {
 public:
  EventData() : memory_(buffer_.data(), buffer_.size()), object_(&memory_) { object_.reserve(24); }
  EventData(const EventData&) = delete;
  EventData& operator=(const EventData&) = delete;

  void put(std::string_view key, std::string_view text) { object_[key] = text; }
  void put_if(std::string_view key, std::string_view text) {
    if (!text.empty()) put(key, text);
  }
  void put_amount(std::string_view key, std::uint64_t msat) { put(key, fmt::format_int(msat).c_str()); }
  void put_time(std::string_view key, base::WallTime time) { put(key, base::to_rfc3339(time)); }
  void put_flag(std::string_view key, bool flag) { object_[key] = flag; }
  // What a payer says: a member of `claims`.
  void put_claim(std::string_view key, std::string_view text) {
    if (text.empty()) return;
    boost::json::value& claims = object_["claims"];
    if (claims.is_null()) claims.emplace_object();
    claims.get_object()[key] = text;
  }

  NewEvent event(std::string_view type, std::string_view subject, base::Uuid id, base::WallTime now) const {
    return {std::string{type}, 1, std::string{subject}, id, now, boost::json::serialize(object_)};
  }

 private:
  alignas(std::max_align_t) std::array<unsigned char, 4096> buffer_;
  boost::json::monotonic_resource memory_;
  boost::json::object object_;
};

}  // namespace paynamed::state
