#include "record.hpp"

#include <algorithm>

#include "answer.hpp"
#include "txt_content.hpp"

namespace paynamed::cloudflare {
namespace json = boost::json;

namespace {

constexpr std::size_t kMostComment = 100;  // on free plans

std::string mark(std::string_view owner) {
  return "owner=" + std::string(owner);
}

}  // namespace

std::optional<Record> record_of(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return std::nullopt;
  Record record;
  record.id = text_in(*object, "id");
  record.type = text_in(*object, "type");
  record.content = text_in(*object, "content");
  const auto name = text_in(*object, "name");
  const auto ttl = integer_in(*object, "ttl");
  if (record.id.empty() || record.type.empty() || name.empty() || !ttl || *ttl < 1 || *ttl > 0x7fff'ffff) {
    return std::nullopt;
  }
  // The id becomes a part of a URL.
  if (!std::all_of(record.id.begin(), record.id.end(),
                   [](unsigned char c) { return std::isalnum(c) != 0; })) {
    return std::nullopt;
  }
  record.name = absolute_name(name);
  record.ttl_seconds = *ttl == 1 ? kAutomaticTtl : static_cast<std::uint32_t>(*ttl);
  record.comment = text_in(*object, "comment");
  record.created_on = text_in(*object, "created_on");
  record.priority = integer_in(*object, "priority");
  const auto* proxied = object->if_contains("proxied");
  record.proxied = proxied != nullptr && proxied->is_bool() && proxied->get_bool();
  if (record.is_txt()) {
    // A content that we cannot read still is a record at its name.
    record.value = joined_value(record.content).value_or(record.content);
  }
  return record;
}

std::string marked_comment(std::string_view owner, std::string_view comment) {
  return comment.empty() ? mark(owner) : mark(owner) + "; " + std::string(comment);
}

bool is_marked(std::string_view comment, std::string_view owner) {
  const auto ours = mark(owner);
  return comment == ours || comment.starts_with(ours + ";");
}

std::size_t comment_room(std::string_view owner) {
  return kMostComment - marked_comment(owner, " ").size() + 1;
}

json::object txt_body(std::string_view name, std::string_view value, std::uint32_t ttl_seconds,
                      std::string_view comment) {
  auto body = txt_patch(value, ttl_seconds, comment);
  body["type"] = "TXT";
  body["name"] = relative_name(name);
  return body;
}

json::object txt_patch(std::string_view value, std::uint32_t ttl_seconds, std::string_view comment) {
  return {{"content", quoted_content(value)}, {"ttl", ttl_seconds}, {"comment", comment}};
}

std::string absolute_name(std::string_view name) {
  std::string absolute(name);
  for (char& c : absolute) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (!absolute.ends_with('.')) absolute += '.';
  return absolute;
}

std::string relative_name(std::string_view absolute) {
  if (absolute.ends_with('.')) absolute.remove_suffix(1);
  return std::string(absolute);
}

}  // namespace paynamed::cloudflare
