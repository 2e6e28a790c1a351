// Record: one DNS record as Cloudflare has it, and what is sent to make or change one.
//
// Threads: value types.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paynamed::cloudflare {

struct Record {
  std::string id;
  std::string name;  // lower case, with its dot
  std::string type;
  std::string content;
  std::string value;  // of a TXT record, joined
  std::uint32_t ttl_seconds = 0;
  std::string comment;
  std::string created_on;  // RFC 3339; sorts as text
  std::optional<std::int64_t> priority;
  bool proxied = false;  // the DNS answers something else than the content

  bool is_txt() const { return type == "TXT"; }
};

// Nothing when it is no record, or lacks what every record has.
std::optional<Record> record_of(const boost::json::value& json);

// "Automatic", which Cloudflare writes as 1, is this long.
inline constexpr std::uint32_t kAutomaticTtl = 300;

// The comment that marks a record as ours: "owner=paynamed; managed by paynamed".
std::string marked_comment(std::string_view owner, std::string_view comment);
bool is_marked(std::string_view comment, std::string_view owner);
// How long `comment` may be, in characters, beside the mark.
std::size_t comment_room(std::string_view owner);

// The body of POST; of PATCH without what stays.
boost::json::object txt_body(std::string_view name, std::string_view value, std::uint32_t ttl_seconds,
                             std::string_view comment);
boost::json::object txt_patch(std::string_view value, std::uint32_t ttl_seconds, std::string_view comment);

// "Example.TEST" to "example.test." and back.
std::string absolute_name(std::string_view name);
std::string relative_name(std::string_view absolute);

}  // namespace paynamed::cloudflare
