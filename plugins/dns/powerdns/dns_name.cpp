#include "dns_name.hpp"

#include <ldns/ldns.h>

#include <memory>

namespace paynamed::powerdns {
namespace {

struct Free {
  void operator()(ldns_rdf* name) const { ldns_rdf_deep_free(name); }
  void operator()(char* text) const { LDNS_FREE(text); }
};

}  // namespace

std::optional<std::string> normal_name(const std::string& name) {
  // libldns reads a C string.
  if (name.empty() || name.find('\0') != std::string::npos) return std::nullopt;
  const std::unique_ptr<ldns_rdf, Free> parsed(ldns_dname_new_frm_str(name.c_str()));
  if (!parsed) return std::nullopt;
  ldns_dname2canonical(parsed.get());
  const std::unique_ptr<char, Free> text(ldns_rdf2str(parsed.get()));
  if (!text) return std::nullopt;
  std::string normal(text.get());
  if (normal.empty() || normal.back() != '.') normal += '.';
  return normal;
}

bool is_below(std::string_view name, std::string_view suffix) {
  if (suffix == ".") return name != ".";
  return name.size() > suffix.size() && name.ends_with(suffix) &&
         name[name.size() - suffix.size() - 1] == '.';
}

bool is_in_zone(std::string_view name, std::string_view zone) {
  return name == zone || is_below(name, zone);
}

}  // namespace paynamed::powerdns
