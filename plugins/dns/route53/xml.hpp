// Xml: an answer as a tree, read by expat. What an answer of AWS never has is refused: a document type (and
// with it every entity of its own), more than kMaxDepth levels, more than kMaxElements elements.
//
// Threads: value types; the functions are pure.
#pragma once

#include <paynamed/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace paynamed::route53 {

inline constexpr std::size_t kMaxDepth = 16;
inline constexpr std::size_t kMaxElements = 200'000;

struct Element {
  std::string name;  // without a namespace's prefix
  std::string text;  // of its own, without its children's
  std::vector<Element> children;

  // The first child of that name, or null.
  const Element* child(std::string_view wanted) const;
  // Its text; empty without one.
  const std::string& text_of(std::string_view wanted) const;
};

// The root; DATA_LOSS with what is wrong when it is not XML, or not such as is read here.
Result<Element> read_xml(std::string_view document);

// Text for between two tags.
std::string escape_xml(std::string_view text);

}  // namespace paynamed::route53
