// Filter: which events somebody wants, or may see: types with a star at the end ("payment.*"), and payment
// names.
//
// Threads: immutable after it is made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "paynamed/error.hpp"

namespace paynamed::websocket {

class Filter {
 public:
  static constexpr std::size_t kMostTypes = 64;
  static constexpr std::size_t kMostNames = 1'000;

  // Everything.
  Filter() = default;
  // `types`: "payment.received", "payment.*" or "*"; none: all. `names`: payment names, folded; none: all,
  // also events that are about no name. INVALID_ARGUMENT otherwise.
  static Result<Filter> make(std::vector<std::string> types, std::vector<std::string> names);

  bool takes_all() const { return types_.empty() && names_.empty(); }
  bool matches(std::string_view type, std::string_view name) const;
  // Whether each of its names may be seen under `scope`; the first that may not, or empty.
  std::string name_outside(const Filter& scope) const;

 private:
  bool has_name(std::string_view name) const;

  std::vector<std::string> types_;
  std::vector<std::string> names_;  // in order
};

}  // namespace paynamed::websocket
