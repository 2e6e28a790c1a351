#include "pipeline/reference.hpp"

#include <algorithm>

namespace paynamed::pipeline {
namespace {

bool is_path(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
}

}  // namespace

const std::vector<std::string>& input_references() {
  static const std::vector<std::string> kInput = {"name", "user", "domain", "owner", "reference"};
  return kInput;
}

ParsedText parse_text(std::string_view text) {
  ParsedText parsed;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) parsed.parts.push_back({false, std::move(literal)});
    literal.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '$' || at + 1 == text.size() || (text[at + 1] != '$' && text[at + 1] != '{')) {
      literal += text[at++];
      continue;
    }
    if (text[at + 1] == '$') {
      literal += '$';
      at += 2;
      continue;
    }
    const std::size_t close = text.find('}', at);
    const std::size_t next = text.find("${", at + 2);
    if (close == text.npos || next < close) {
      parsed.mistakes.push_back(
          {at, 2, "the '${' is not closed", "add '}', or write '$${' for the text itself"});
      if (next == text.npos) break;
      at = next;
      continue;
    }
    const std::size_t length = close + 1 - at;
    const std::string_view path = text.substr(at + 2, length - 3);
    if (!is_path(path)) {
      parsed.mistakes.push_back({at, length, "this is no reference",
                                 "write one like '${name}' or '${steps.offer.offer_id}', without blanks"});
    } else {
      flush();
      parsed.parts.push_back({true, std::string{path}});
      parsed.references.push_back({at, length, std::string{path}});
    }
    at = close + 1;
  }
  flush();
  return parsed;
}

}  // namespace paynamed::pipeline
