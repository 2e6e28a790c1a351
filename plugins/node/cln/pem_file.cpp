#include "pem_file.hpp"

#include <fstream>
#include <iterator>
#include <paynamed/error.hpp>

namespace paynamed::cln {

std::string read_pem(const std::string& path, const char* setting, const char* usual) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file || text.empty()) {
    throw Error(Code::kUnavailable, std::string("The file \"") + setting +
                                        "\" cannot be read or is empty; it is " + usual + " of the node.");
  }
  return text;
}

std::string read_pem(const PemSource& source, const char* setting, const char* usual) {
  if (!source.secret) return read_pem(source.file, setting, usual);
  return std::string(source.secret->read_now().reveal());
}

}  // namespace paynamed::cln
