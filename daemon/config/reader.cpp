#include "config/reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace paynamed::config {
namespace {

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string near = nearest(word, candidates);
  return near.empty() ? std::string{} : fmt::format("did you mean '{}'?", near);
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

Region Reader::region(const toml::source_region& source) const {
  return text.region({source.begin.line, source.begin.column}, {source.end.line, source.end.column});
}

std::filesystem::path Reader::path(const std::string& value) const {
  const std::filesystem::path path{value};
  if (path.is_absolute() || folder.empty()) return path.lexically_normal();
  return (folder / path).lexically_normal();
}

std::vector<Entry> in_file_order(const toml::table& table) {
  std::vector<std::pair<const toml::key*, const toml::node*>> entries;
  for (const auto& [key, node] : table) entries.emplace_back(&key, &node);
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.first->source().begin < b.first->source().begin; });
  std::vector<Entry> ordered;
  for (const auto& [key, node] : entries) ordered.push_back({*key, *node});
  return ordered;
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::none:
      return "nothing";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
  }
  return "something else";
}

bool is_identifier(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  if (text.empty() || text.size() > kLongest || text.front() == '_' || text.front() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

Fields::Fields(Reader& reader, const toml::table& table, std::string where, Region region)
    : reader_(reader), table_(table), where_(std::move(where)), region_(region) {}

const toml::node* Fields::find(std::string_view key) {
  known_.emplace_back(key);
  return table_.get(key);
}

const toml::node* Fields::any(std::string_view key) {
  return find(key);
}

void Fields::wrong_type(const toml::node& node, std::string_view key, std::string_view wanted,
                        std::string suggestion) {
  reader_.diagnostics.error(reader_.region(node),
                            fmt::format("'{}' must be {}, not {}", key, wanted, type_name(node)),
                            std::move(suggestion));
}

std::optional<At<std::string>> Fields::text(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_string();
  if (value == nullptr) {
    wrong_type(*node, key, "a string", node->is_number() ? "put it in quotes" : "");
    return std::nullopt;
  }
  if (value->get().empty()) {
    reader_.diagnostics.error(reader_.region(*node), fmt::format("'{}' is empty", key));
    return std::nullopt;
  }
  if (value->get().find('\0') != std::string::npos) {
    reader_.diagnostics.error(reader_.region(*node), fmt::format("'{}' holds a NUL character", key));
    return std::nullopt;
  }
  return At<std::string>{value->get(), reader_.region(*node)};
}

std::optional<At<std::string>> Fields::identifier(std::string_view key) {
  std::optional<At<std::string>> value = text(key);
  if (value && !is_identifier(value->value)) {
    reader_.diagnostics.error(value->region,
                              fmt::format("'{}' is {}, which is no id", key, in_quotes(value->value)),
                              "use a-z, 0-9, '_' and '-', beginning with a letter or digit, at most 64");
    return std::nullopt;
  }
  return value;
}

std::optional<At<std::filesystem::path>> Fields::path(std::string_view key) {
  const std::optional<At<std::string>> value = text(key);
  if (!value) return std::nullopt;
  return At<std::filesystem::path>{reader_.path(value->value), value->region};
}

std::optional<At<std::string>> Fields::choice(std::string_view key,
                                              std::initializer_list<std::string_view> choices) {
  std::optional<At<std::string>> value = text(key);
  if (!value) return std::nullopt;
  const std::vector<std::string> words{choices.begin(), choices.end()};
  if (std::find(words.begin(), words.end(), value->value) != words.end()) return value;
  reader_.diagnostics.error(
      value->region,
      fmt::format("'{}' is {}; it must be one of: {}", key, in_quotes(value->value), listed(words)),
      did_you_mean(value->value, words));
  return std::nullopt;
}

std::optional<bool> Fields::boolean(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_boolean()) return value->get();
  wrong_type(*node, key, "true or false", node->is_string() ? "write it without quotes" : "");
  return std::nullopt;
}

std::optional<At<std::int64_t>> Fields::integer(std::string_view key, std::int64_t min, std::int64_t max) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_integer();
  if (value == nullptr) {
    wrong_type(*node, key, "an integer", node->is_string() ? "write it without quotes" : "");
    return std::nullopt;
  }
  if (value->get() < min || value->get() > max) {
    reader_.diagnostics.error(reader_.region(*node),
                              fmt::format("'{}' is {}; it must be {} to {}", key, value->get(), min, max));
    return std::nullopt;
  }
  return At<std::int64_t>{value->get(), reader_.region(*node)};
}

std::optional<At<base::Duration>> Fields::duration(std::string_view key, base::Duration min,
                                                   base::Duration max) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_string();
  if (value == nullptr) {
    const auto* number = node->as_integer();
    wrong_type(*node, key, "a duration like \"5m\"",
               number != nullptr ? fmt::format("write \"{}s\" for seconds", number->get()) : "");
    return std::nullopt;
  }
  const std::optional<base::Duration> duration = base::parse_duration(value->get());
  if (!duration) {
    reader_.diagnostics.error(
        reader_.region(*node), fmt::format("'{}' is {}, which is no duration", key, in_quotes(value->get())),
        "write a whole number and a unit: \"200ms\", \"10s\", \"5m\", \"12h\", \"365d\"");
    return std::nullopt;
  }
  if (*duration < min || *duration > max) {
    reader_.diagnostics.error(reader_.region(*node),
                              fmt::format("'{}' is {}; it must be {} to {}", key, base::to_string(*duration),
                                          base::to_string(min), base::to_string(max)));
    return std::nullopt;
  }
  return At<base::Duration>{*duration, reader_.region(*node)};
}

std::optional<SecretSource> Fields::secret(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  return read_secret(reader_, *node, fmt::format("'{}'", key));
}

bool Fields::list(std::string_view key, std::string_view elements,
                  const std::function<void(const toml::node&)>& each) {
  const toml::node* node = find(key);
  if (node == nullptr) return false;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    wrong_type(*node, key, fmt::format("a list of {}", elements),
               node->is_string() || node->is_table() ? "put it in [ ]" : "");
    return false;
  }
  for (const toml::node& element : *array) each(element);
  return true;
}

const toml::table* Fields::table(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return nullptr;
  const toml::table* table = node->as_table();
  if (table == nullptr) wrong_type(*node, key, "a table");
  return table;
}

void Fields::missing(std::string_view key, std::string suggestion) {
  reader_.diagnostics.error(region_, fmt::format("{} has no '{}'", where_, key), std::move(suggestion));
}

Region Fields::key_region(std::string_view key) const {
  const auto at = table_.find(key);
  return at == table_.end() ? region_ : reader_.region(at->first);
}

void Fields::finish() {
  for (const auto& [key, node] : table_) {
    const std::string name{key.str()};
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    std::string suggestion = did_you_mean(name, known_);
    if (suggestion.empty()) suggestion = "known keys: " + listed(known_);
    reader_.diagnostics.error(reader_.region(key),
                              fmt::format("unknown key {} in {}", in_quotes(name), where_),
                              std::move(suggestion));
  }
}

}  // namespace paynamed::config
