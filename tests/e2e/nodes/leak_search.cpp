#include "tests/e2e/nodes/leak_search.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace paynamed::e2e {
namespace {

// Enough of a secret to be no accident.
constexpr std::size_t kPart = 24;

std::string to_base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string from_base64(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  const auto padding = static_cast<std::size_t>(std::count(text.begin(), text.end(), '='));
  std::string bytes(3 * (text.size() / 4), '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) throw std::runtime_error("this is no base64");
  bytes.resize(bytes.size() - padding);
  return bytes;
}

std::string to_hex(const std::string& bytes) {
  std::string hex;
  for (const char each : bytes) {
    const auto byte = static_cast<unsigned char>(each);
    hex += "0123456789abcdef"[byte >> 4U];
    hex += "0123456789abcdef"[byte & 15U];
  }
  return hex;
}

}  // namespace

void LeakSearch::add(const std::string& name, std::string bytes) {
  if (bytes.size() < kPart) throw std::runtime_error(name + " is too short to be looked for");
  forms_.push_back({name, std::move(bytes)});
}

// Base64 of what stands in the middle of other bytes depends on its offset, so a part without the ends is
// looked for.
void LeakSearch::add_coded(const std::string& name, const std::string& bytes) {
  add(name + " as hex", to_hex(bytes));
  for (std::size_t skip = 0; skip < 3; ++skip) {
    const auto whole = (bytes.size() - skip) / 3 * 3;
    add(name + " as base64", to_base64(bytes.substr(skip, whole)));
  }
}

void LeakSearch::add_text(const std::string& name, const std::string& text) {
  add(name, text);
  add_coded(name, text);
}

void LeakSearch::add_rune(const std::string& name, const std::string& rune) {
  add_text(name, rune);
  add("the first half of " + name, rune.substr(0, rune.size() / 2));
  add("the end of " + name, rune.substr(rune.size() - kPart - 8));
  const std::string bytes = from_base64(rune);
  add("the bytes of " + name, bytes);
  // The seal alone: the restrictions are no secret.
  add_coded("the seal of " + name, bytes.substr(0, 32));
}

void LeakSearch::add_pem(const std::string& name, const std::string& pem) {
  std::istringstream lines(pem);
  std::string body;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("-----BEGIN")) {
      body.clear();
    } else if (line.starts_with("-----END")) {
      add("the DER of " + name, from_base64(body));
      add("the end of the body of " + name, body.substr(body.size() - kPart));
    } else {
      if (line.size() >= kPart) add("a line of " + name, line);
      body += line;
    }
  }
  if (body.empty()) throw std::runtime_error(name + " is no PEM");
}

std::vector<std::string> LeakSearch::found_in(const std::string& where, std::string_view bytes) const {
  std::vector<std::string> found;
  for (const Form& form : forms_) {
    if (bytes.find(form.bytes) != bytes.npos) found.push_back(form.name + " in " + where);
  }
  return found;
}

}  // namespace paynamed::e2e
