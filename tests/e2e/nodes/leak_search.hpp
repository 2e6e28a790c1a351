// LeakSearch: finds secrets in bytes that come from anywhere - a log, an answer, a database page - in every
// form in which they could have got there.
//
// Threads: one thread at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace paynamed::e2e {

class LeakSearch {
 public:
  // A rune: its text, parts of it, the bytes that the text stands for, and both in hex and base64.
  void add_rune(const std::string& name, const std::string& rune);
  // Each block of a PEM file: its lines and its DER.
  void add_pem(const std::string& name, const std::string& pem);
  // Any other text, and in hex and base64.
  void add_text(const std::string& name, const std::string& text);

  // "<name> as <form> in <where>" of each that is there.
  std::vector<std::string> found_in(const std::string& where, std::string_view bytes) const;

  struct Form {
    std::string name;  // "rune of bob as hex"
    std::string bytes;
  };
  const std::vector<Form>& forms() const { return forms_; }

 private:
  void add(const std::string& name, std::string bytes);
  void add_coded(const std::string& name, const std::string& bytes);

  std::vector<Form> forms_;
};

}  // namespace paynamed::e2e
