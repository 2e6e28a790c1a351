// The whole value of a TXT content as the fake answers it; of the tests' own, so that they do not believe the
// plugin.
//
// Threads: pure.
#pragma once

#include <string>

namespace paynamed::fakes {

// `content` is well-formed: strings in quotes, \" \\ and \DDD.
inline std::string joined_txt(const std::string& content) {
  std::string value;
  bool inside = false;
  for (std::size_t i = 0; i < content.size(); ++i) {
    const char c = content[i];
    if (c == '"') {
      inside = !inside;
    } else if (c == '\\' && content[i + 1] >= '0' && content[i + 1] <= '9') {
      value += static_cast<char>(std::stoi(content.substr(i + 1, 3)));
      i += 3;
    } else if (c == '\\') {
      value += content[++i];
    } else if (inside) {
      value += c;
    }
  }
  return value;
}

}  // namespace paynamed::fakes
