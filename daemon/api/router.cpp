#include "api/router.hpp"

namespace paynamed::api {
namespace {

template <class Text>
std::vector<Text> split(std::string_view path) {
  std::vector<Text> out;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  for (;;) {
    const std::size_t slash = path.find('/');
    out.emplace_back(path.substr(0, slash));
    if (slash == path.npos) return out;
    path.remove_prefix(slash + 1);
  }
}

bool is_argument(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

}  // namespace

void Router::add(Route route) {
  segments_.push_back(split<std::string>(route.path));
  routes_.push_back(std::move(route));
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  Match match;
  const auto parts = split<std::string_view>(path);
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const auto& segments = segments_[i];
    if (segments.size() != parts.size()) continue;
    std::vector<std::string> arguments;
    bool same = true;
    for (std::size_t part = 0; part < parts.size() && same; ++part) {
      if (is_argument(segments[part])) {
        auto decoded = percent_decode(parts[part]);
        same = decoded && !decoded->empty();
        if (same) arguments.push_back(std::move(*decoded));
      } else {
        same = segments[part] == parts[part];
      }
    }
    if (!same) continue;
    if (routes_[i].method == method) {
      match.route = &routes_[i];
      match.arguments = std::move(arguments);
      match.allowed.clear();
      return match;
    }
    match.allowed.push_back(routes_[i].method);
  }
  return match;
}

}  // namespace paynamed::api
