#include "api/cursor.hpp"

#include "api/base64url.hpp"

namespace paynamed::api {
namespace {

constexpr std::size_t kMaxCursorBytes = 512;

}  // namespace

std::string make_cursor(std::string_view list, std::string_view place) {
  return base64url_encode(std::string{list} + '\n' + std::string{place});
}

std::optional<std::string> read_cursor(std::string_view list, std::string_view cursor) {
  if (cursor.empty() || cursor.size() > kMaxCursorBytes) return std::nullopt;
  const auto text = base64url_decode(cursor);
  if (!text) return std::nullopt;
  const std::size_t end = text->find('\n');
  if (end == text->npos || std::string_view{*text}.substr(0, end) != list) return std::nullopt;
  return text->substr(end + 1);
}

}  // namespace paynamed::api
