#include "xml.hpp"

#include <expat.h>

#include <limits>
#include <memory>
#include <type_traits>

namespace paynamed::route53 {
namespace {

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using Parser = std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser>;

struct Reading {
  XML_Parser parser = nullptr;
  Element above;  // whose only child becomes the root
  std::vector<Element*> open{&above};
  std::size_t elements = 0;
  const char* refused = nullptr;

  void refuse(const char* why) {
    refused = why;
    XML_StopParser(parser, XML_FALSE);
  }
};

Reading& of(void* user) {
  return *static_cast<Reading*>(user);
}

// No exception may pass through expat, which is C.
template <class Work>
void guarded(Reading& reading, const Work& work) noexcept {
  if (reading.refused != nullptr) return;
  try {
    work();
  } catch (...) {
    reading.refuse("it does not fit the memory");
  }
}

void on_start(void* user, const XML_Char* name, const XML_Char**) {
  Reading& reading = of(user);
  guarded(reading, [&] {
    if (reading.open.size() > kMaxDepth) return reading.refuse("it is nested too deep");
    if (++reading.elements > kMaxElements) return reading.refuse("it has too many elements");
    const std::string_view whole(name);
    const auto colon = whole.rfind(':');
    Element& parent = *reading.open.back();
    // Pointers to elements stay valid: only the last child of an open element is open, and nothing is added
    // before it.
    parent.children.push_back({std::string(colon == whole.npos ? whole : whole.substr(colon + 1)), {}, {}});
    reading.open.push_back(&parent.children.back());
  });
}

void on_end(void* user, const XML_Char*) {
  Reading& reading = of(user);
  if (reading.open.size() > 1) reading.open.pop_back();
}

void on_text(void* user, const XML_Char* text, int size) {
  Reading& reading = of(user);
  guarded(reading, [&] { reading.open.back()->text.append(text, static_cast<std::size_t>(size)); });
}

void on_doctype(void* user, const XML_Char*, const XML_Char*, const XML_Char*, int) {
  of(user).refuse("it has a document type");
}

}  // namespace

const Element* Element::child(std::string_view wanted) const {
  for (const Element& each : children) {
    if (each.name == wanted) return &each;
  }
  return nullptr;
}

const std::string& Element::text_of(std::string_view wanted) const {
  static const std::string kNone;
  const Element* found = child(wanted);
  return found == nullptr ? kNone : found->text;
}

Result<Element> read_xml(std::string_view document) {
  const Parser parser(XML_ParserCreate("UTF-8"));
  if (!parser)
    return Error(Code::kInternal, "libexpat could not make a parser; the machine may be out of memory.");
  Reading reading;
  reading.parser = parser.get();
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  XML_SetStartDoctypeDeclHandler(parser.get(), on_doctype);
  const bool fits = document.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max());
  const auto status =
      fits ? XML_Parse(parser.get(), document.data(), static_cast<int>(document.size()), XML_TRUE)
           : XML_STATUS_ERROR;
  if (status != XML_STATUS_OK || reading.above.children.empty()) {
    const char* why =
        reading.refused != nullptr ? reading.refused : XML_ErrorString(XML_GetErrorCode(parser.get()));
    return Error(
        Code::kDataLoss,
        "The answer of Route 53 is not the XML that it should be; look whether a proxy stands between.",
        why == nullptr ? "it is too long" : why);
  }
  return std::move(reading.above.children.front());
}

std::string escape_xml(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

}  // namespace paynamed::route53
