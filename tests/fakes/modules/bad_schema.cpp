// A schema with a keyword that would not be checked.
#include "fault.hpp"

const pn_module* paynamed_module() {
  static const pn_module module = [] {
    auto made = fault::module("bad_schema");
    made.config_schema = R"({"properties": {"server": {"type": "string", "format": "ipv4"}}})";
    return made;
  }();
  return &module;
}
