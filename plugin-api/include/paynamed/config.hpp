// Config: the instance's table of the configuration file, with types. The daemon has checked it against the
// module's schema before; what a schema cannot say is checked here, and each error names the key.
//
// Threads: a value type; reading is safe from any thread.
#pragma once

#include <charconv>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "paynamed/host.hpp"
#include "paynamed/json.hpp"
#include "paynamed/secret.hpp"

namespace paynamed {

class Config {
 public:
  // Throws Error if `json` is not an object.
  Config(Host host, std::string_view json) : Config(std::move(host), Json::parse(json), std::string()) {}

  bool has(std::string_view key) const { return find(key) != nullptr; }
  std::vector<std::string> keys() const {
    std::vector<std::string> keys;
    for (const auto& [key, value] : object()) keys.push_back(key);
    return keys;
  }

  // Each throws Error(kInvalidArgument) naming the key if it is missing (unless there is a fallback) or of
  // another type.
  std::string string(std::string_view key) const { return required<std::string>(key, "a string"); }
  std::string string(std::string_view key, std::string_view fallback) const {
    return has(key) ? string(key) : std::string(fallback);
  }
  std::int64_t integer(std::string_view key, std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                       std::int64_t most = std::numeric_limits<std::int64_t>::max()) const {
    const auto value = required<std::int64_t>(key, "a whole number");
    if (value < least || value > most) {
      wrong(key, "must be between " + std::to_string(least) + " and " + std::to_string(most));
    }
    return value;
  }
  std::int64_t integer_or(std::string_view key, std::int64_t fallback,
                          std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                          std::int64_t most = std::numeric_limits<std::int64_t>::max()) const {
    return has(key) ? integer(key, least, most) : fallback;
  }
  double number(std::string_view key) const {
    if (const auto* value = find(key); value != nullptr && value->as<std::int64_t>() != nullptr) {
      return static_cast<double>(*value->as<std::int64_t>());
    }
    return required<double>(key, "a number");
  }
  double number(std::string_view key, double fallback) const { return has(key) ? number(key) : fallback; }
  bool boolean(std::string_view key) const { return required<bool>(key, "true or false"); }
  bool boolean(std::string_view key, bool fallback) const { return has(key) ? boolean(key) : fallback; }
  // "200ms", "10s", "5m", "12h", "365d".
  std::chrono::milliseconds duration(std::string_view key) const;
  std::chrono::milliseconds duration(std::string_view key, std::chrono::milliseconds fallback) const {
    return has(key) ? duration(key) : fallback;
  }
  // Empty if it is missing.
  std::vector<std::string> strings(std::string_view key) const;
  std::vector<std::int64_t> integers(std::string_view key, std::int64_t least, std::int64_t most) const;

  // A table inside; Error if it is missing.
  Config table(std::string_view key) const {
    required<Json::Object>(key, "a table");
    return Config(host_, *find(key), path(key));
  }
  // The tables of an array; empty if it is missing.
  std::vector<Config> tables(std::string_view key) const;

  // The handle of a secret; the file says `key = { env = "NAME" }` or `{ file = "path" }`.
  Secret secret(std::string_view key) const { return Secret(host_, string(key)); }
  std::optional<Secret> find_secret(std::string_view key) const {
    return has(key) ? std::optional(secret(key)) : std::nullopt;
  }

  // Throws Error(kInvalidArgument): "server" <problem>. For checks of the plugin's own.
  [[noreturn]] void wrong(std::string_view key, std::string_view problem) const {
    throw Error(Code::kInvalidArgument, "\"" + path(key) + "\" " + std::string(problem) + ".");
  }

 private:
  Config(Host host, Json json, std::string where)
      : host_(std::move(host)),
        json_(std::make_shared<const Json>(std::move(json))),
        where_(std::move(where)) {
    if (json_->as<Json::Object>() == nullptr) {
      throw Error(Code::kInvalidArgument, "The configuration is not a table.");
    }
  }

  const Json::Object& object() const { return *json_->as<Json::Object>(); }
  const Json* find(std::string_view key) const {
    const auto found = object().find(key);
    return found == object().end() ? nullptr : &found->second;
  }
  std::string path(std::string_view key) const {
    return where_.empty() ? std::string(key) : where_ + "." + std::string(key);
  }
  template <class T>
  const T& required(std::string_view key, const char* what) const {
    const auto* value = find(key);
    if (value == nullptr) wrong(key, "is missing; it must be " + std::string(what));
    const auto* typed = value->as<T>();
    if (typed == nullptr) wrong(key, "must be " + std::string(what));
    return *typed;
  }

  Host host_;
  std::shared_ptr<const Json> json_;
  std::string where_;
};

inline std::chrono::milliseconds Config::duration(std::string_view key) const {
  const auto text = string(key);
  std::int64_t count = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, count);
  const auto unit = std::string_view(read.ptr, static_cast<std::size_t>(end - read.ptr));
  constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
      {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  constexpr std::int64_t kMost = 3'155'760'000'000;  // 100 years
  if (read.ec == std::errc() && count >= 0) {
    for (const auto& [name, ms] : kUnits) {
      if (unit == name && count <= kMost / ms) return std::chrono::milliseconds(count * ms);
    }
  }
  wrong(key, "must be a time such as \"200ms\", \"10s\", \"5m\", \"12h\" or \"365d\"");
}

inline std::vector<std::string> Config::strings(std::string_view key) const {
  std::vector<std::string> strings;
  if (!has(key)) return strings;
  for (const auto& item : required<Json::Array>(key, "a list of strings")) {
    const auto* text = item.as<std::string>();
    if (text == nullptr) wrong(key, "must be a list of strings");
    strings.push_back(*text);
  }
  return strings;
}

inline std::vector<std::int64_t> Config::integers(std::string_view key, std::int64_t least,
                                                  std::int64_t most) const {
  std::vector<std::int64_t> numbers;
  if (!has(key)) return numbers;
  for (const auto& item : required<Json::Array>(key, "a list of whole numbers")) {
    const auto* number = item.as<std::int64_t>();
    if (number == nullptr || *number < least || *number > most) {
      wrong(key, "must be a list of whole numbers between " + std::to_string(least) + " and " +
                     std::to_string(most));
    }
    numbers.push_back(*number);
  }
  return numbers;
}

inline std::vector<Config> Config::tables(std::string_view key) const {
  std::vector<Config> tables;
  if (!has(key)) return tables;
  for (const auto& item : required<Json::Array>(key, "a list of tables")) {
    if (item.as<Json::Object>() == nullptr) wrong(key, "must be a list of tables");
    tables.push_back(Config(host_, item, path(key) + "[" + std::to_string(tables.size()) + "]"));
  }
  return tables;
}

}  // namespace paynamed
