#include "monitor/rdap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace paynamed::monitor {
namespace json = boost::json;

namespace {

constexpr std::size_t kMostServices = 5'000;
constexpr std::size_t kMostEntries = 20'000;
constexpr std::size_t kMostUrlBytes = 512;
constexpr std::size_t kMostStatus = 64;
constexpr std::size_t kMostStatusBytes = 64;
constexpr std::size_t kMostEvents = 256;
constexpr std::chrono::seconds kMostWait{86'400};
constexpr std::string_view kHttps = "https://";

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

base::Result<json::object> object_of(std::string_view text, std::string_view what) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) {
    return base::fail(base::data_loss(
        fmt::format("{} is no JSON object{}", what, error ? " (" + error.message() + ")" : "")));
  }
  return std::move(value.get_object());
}

const json::array* array_in(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value == nullptr ? nullptr : value->if_array();
}

std::optional<std::string_view> text_in(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr) return std::nullopt;
  return std::string_view{*text};
}

// The first https URL of a service; plain ones are not taken.
std::optional<std::string> https_url(const json::array& urls) {
  for (const json::value& each : urls) {
    const json::string* text = each.if_string();
    if (text == nullptr || text->size() > kMostUrlBytes) continue;
    std::string url{std::string_view{*text}};
    if (!lower(url).starts_with(kHttps) || !is_printable(url)) continue;
    if (!url.ends_with('/')) url += '/';
    return url;
  }
  return std::nullopt;
}

// The digits at the front of `text`, taken off it.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, number);
  if (error != std::errc{} || end != text.data() + count || text.front() == '-') return std::nullopt;
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::sys_seconds> make_time(int year, int month, int day, int hour, int minute,
                                                  int second) {
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  // 60 is a leap second.
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second};
}

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::optional<base::WallTime> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
  text.remove_prefix(5);
  const auto day = take_digits(text, 2);
  if (!day || !take(text, " ")) return std::nullopt;
  const auto month = std::ranges::find(kMonths, text.substr(0, 3));
  if (month == kMonths.end()) return std::nullopt;
  text.remove_prefix(3);
  if (!take(text, " ")) return std::nullopt;
  const auto year = take_digits(text, 4);
  if (!year || !take(text, " ")) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ":")) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ":")) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second) return std::nullopt;
  return make_time(*year, static_cast<int>(month - kMonths.begin()) + 1, *day, *hour, *minute, *second);
}

}  // namespace

base::Result<RdapBootstrap> RdapBootstrap::parse(std::string_view text) {
  const auto object = object_of(text, "the list of RDAP servers");
  if (!object) return base::fail(object.error());
  const json::array* services = array_in(*object, "services");
  if (services == nullptr || services->size() > kMostServices)
    return base::fail(base::data_loss("the list of RDAP servers has no usable 'services' (RFC 9224)"));
  RdapBootstrap bootstrap;
  for (const json::value& service : *services) {
    const json::array* pair = service.if_array();
    if (pair == nullptr || pair->size() < 2) continue;
    const json::array* domains = (*pair)[0].if_array();
    const json::array* urls = (*pair)[1].if_array();
    if (domains == nullptr || urls == nullptr) continue;
    const auto url = https_url(*urls);
    if (!url) continue;
    for (const json::value& domain : *domains) {
      const json::string* name = domain.if_string();
      if (name == nullptr || name->empty() || name->size() > 253) continue;
      if (bootstrap.servers_.size() == kMostEntries) return bootstrap;
      bootstrap.servers_.emplace(lower(std::string_view{*name}), *url);
    }
  }
  if (bootstrap.servers_.empty())
    return base::fail(base::data_loss("the list of RDAP servers names no server that speaks https"));
  return bootstrap;
}

std::optional<std::string> RdapBootstrap::server_of(std::string_view domain) const {
  for (;;) {
    if (const auto found = servers_.find(domain); found != servers_.end()) return found->second;
    const auto dot = domain.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    domain.remove_prefix(dot + 1);
  }
}

std::string rdap_domain_url(const std::string& server, const std::string& domain) {
  // Names of domains need no escapes.
  return server + "domain/" + domain;
}

base::Result<RdapDomain> parse_rdap_domain(std::string_view text, const std::string& domain) {
  const auto object = object_of(text, "the RDAP answer");
  if (!object) return base::fail(object.error());
  auto name = lower(text_in(*object, "ldhName").value_or(""));
  if (name.ends_with('.')) name.pop_back();
  if (lower(text_in(*object, "objectClassName").value_or("")) != "domain" || name != domain) {
    return base::fail(base::data_loss(fmt::format("the RDAP answer is not about {} (RFC 9083)", domain)));
  }
  RdapDomain result;
  if (const json::array* status = array_in(*object, "status")) {
    for (const json::value& each : *status) {
      const json::string* word = each.if_string();
      if (word == nullptr || word->size() > kMostStatusBytes || !is_printable(std::string_view{*word}))
        continue;
      if (result.status.size() == kMostStatus) break;
      result.status.push_back(lower(std::string_view{*word}));
    }
  }
  const json::array* events = array_in(*object, "events");
  for (std::size_t i = 0; events != nullptr && i < std::min(events->size(), kMostEvents); ++i) {
    const json::object* event = (*events)[i].if_object();
    if (event == nullptr || lower(text_in(*event, "eventAction").value_or("")) != "expiration") continue;
    result.expires = parse_any_rfc3339(text_in(*event, "eventDate").value_or(""));
  }
  return result;
}

std::optional<base::WallTime> parse_any_rfc3339(std::string_view text) {
  if (text.size() > 64) return std::nullopt;
  const auto year = take_digits(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !take(text, "Tt ")) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ":")) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ":")) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second) return std::nullopt;
  const auto time = make_time(*year, *month, *day, *hour, *minute, *second);
  if (!time) return std::nullopt;
  // Fractions say nothing about a registration.
  if (take(text, ".")) {
    if (!take_digits(text, 1)) return std::nullopt;
    while (take_digits(text, 1)) {
    }
  }
  if (take(text, "Zz")) return text.empty() ? std::optional<base::WallTime>{*time} : std::nullopt;
  const bool behind = !text.empty() && text.front() == '-';
  if (!take(text, "+-")) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ":")) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
  const auto offset = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
  return behind ? *time + offset : *time - offset;
}

std::optional<std::string> https_redirect(const std::string& from, const std::string& location) {
  if (location.size() > 2 * kMostUrlBytes || !is_printable(location)) return std::nullopt;
  if (lower(location.substr(0, kHttps.size())) == kHttps) return location;
  const bool is_path = location.starts_with('/') && !location.starts_with("//");
  if (!is_path || !lower(from.substr(0, kHttps.size())).starts_with(kHttps)) return std::nullopt;
  return from.substr(0, from.find('/', kHttps.size())) + location;
}

std::optional<base::Duration> parse_retry_after(std::string_view text, base::WallTime now) {
  std::chrono::seconds wait{0};
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size() && !text.empty()) {
    wait = std::chrono::seconds{number};
  } else if (const auto date = parse_http_date(text)) {
    wait = std::chrono::ceil<std::chrono::seconds>(*date - now);
  } else {
    return std::nullopt;
  }
  return std::clamp(wait, std::chrono::seconds{0}, kMostWait);
}

}  // namespace paynamed::monitor
