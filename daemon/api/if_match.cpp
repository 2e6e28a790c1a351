#include "api/if_match.hpp"

#include <fmt/format.h>

#include <charconv>

namespace paynamed::api {

base::Result<std::uint64_t> if_match_of(const Request& request, std::string_view what) {
  const std::string* text = request.headers.find("If-Match");
  if (text == nullptr || *text == "*") return std::uint64_t{0};
  std::uint64_t revision = 0;
  if (text->size() > 2 && text->front() == '"' && text->back() == '"') {
    const char* end = text->data() + text->size() - 1;
    const auto [stop, error] = std::from_chars(text->data() + 1, end, revision);
    if (error == std::errc{} && stop == end && revision > 0) return revision;
  }
  return base::fail(base::invalid_argument(fmt::format(
      "the If-Match header must be the ETag of the {}, one revision in double quotes, or *", what)));
}

}  // namespace paynamed::api
