#include "api/event_query.hpp"

namespace paynamed::api {
namespace {

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  if (list.empty()) return out;
  for (;;) {
    const std::size_t comma = list.find(',');
    out.emplace_back(list.substr(0, comma));
    if (comma == list.npos) return out;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

base::Result<events::EventFilter> event_filter_of(const Query& query) {
  return events::EventFilter::make(split(query.text("types")), split(query.text("names")));
}

}  // namespace paynamed::api
