#include "owner_name.hpp"

#include <cctype>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace paynamed::route53 {
namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxName = 255;  // on the wire, with the root's empty label

using Labels = std::vector<std::string>;

bool is_digit_of(char c, int base) {
  return c >= '0' && c < '0' + base;
}

// Three digits of `base` at the start of `text`, at most 255.
std::optional<char> escaped_byte(std::string_view text, int base) {
  if (text.size() < 3) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    if (!is_digit_of(text[i], base)) return std::nullopt;
    value = value * base + (text[i] - '0');
  }
  return value > 255 ? std::nullopt : std::optional(static_cast<char>(value));
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// `base` is that of the escapes, 8 or 10; a backslash before anything else means that character.
std::optional<Labels> labels_of(std::string_view text, int base) {
  if (text == ".") return Labels{};
  Labels labels(1);
  std::size_t wire = 1;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '.') {
      if (labels.back().empty()) return std::nullopt;
      if (at + 1 < text.size()) labels.emplace_back();
      continue;
    }
    if (c == '\\') {
      const auto rest = text.substr(at + 1);
      if (const auto byte = escaped_byte(rest, base)) {
        c = *byte;
        at += 3;
      } else if (!rest.empty() && std::isdigit(static_cast<unsigned char>(rest.front())) == 0) {
        c = rest.front();
        at += 1;
      } else {
        return std::nullopt;
      }
    }
    labels.back().push_back(lower(c));
  }
  for (const auto& label : labels) {
    if (label.empty() || label.size() > kMaxLabel) return std::nullopt;
    wire += label.size() + 1;
  }
  return wire > kMaxName ? std::nullopt : std::optional(std::move(labels));
}

std::string escape(unsigned char c, const char* format) {
  char text[8] = {};
  std::snprintf(text, sizeof text, format, c);
  return text;
}

std::string octal(unsigned char c) {
  if (std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-' || c == '_') return std::string(1, char(c));
  return escape(c, "\\%03o");
}

std::string decimal(unsigned char c) {
  if (c <= 0x20 || c >= 0x7f) return escape(c, "\\%03u");
  if (std::string_view(".;()\\\"$@").find(static_cast<char>(c)) != std::string_view::npos) {
    return {'\\', static_cast<char>(c)};
  }
  return std::string(1, static_cast<char>(c));
}

std::string text_of(const Labels& labels, std::string (*byte)(unsigned char)) {
  if (labels.empty()) return ".";
  std::string text;
  for (const auto& label : labels) {
    for (const char c : label) text += byte(static_cast<unsigned char>(c));
    text += '.';
  }
  return text;
}

}  // namespace

std::optional<std::string> to_route53(std::string_view master_file_name) {
  const auto labels = labels_of(master_file_name, 10);
  return labels ? std::optional(text_of(*labels, octal)) : std::nullopt;
}

std::optional<std::string> to_master_file(std::string_view route53_name) {
  const auto labels = labels_of(route53_name, 8);
  return labels ? std::optional(text_of(*labels, decimal)) : std::nullopt;
}

std::string order_key(std::string_view name) {
  std::string key;
  if (name.ends_with('.')) name.remove_suffix(1);
  while (!name.empty()) {
    const auto dot = name.rfind('.');
    const auto label = dot == std::string_view::npos ? name : name.substr(dot + 1);
    key.append(label).push_back('.');
    name = dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
  }
  return key;
}

bool is_in_zone(std::string_view name, std::string_view zone) {
  if (!name.ends_with(zone)) return false;
  return name.size() == zone.size() || zone == "." || name[name.size() - zone.size() - 1] == '.';
}

std::string decimal_escapes(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out.push_back(text[at]);
    } else if (const auto byte = escaped_byte(text.substr(at + 1), 8)) {
      out += escape(static_cast<unsigned char>(*byte), "\\%03u");
      at += 3;
    } else {
      out.push_back('\\');
      if (++at < text.size()) out.push_back(text[at]);
    }
  }
  return out;
}

}  // namespace paynamed::route53
